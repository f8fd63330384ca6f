//! Rules about one file's text.
use crate::{source::Source, violation::Violation};

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;
const TEST_LINES_MAX: usize = 40;
const LINE_CHARS_MAX: usize = 120;

/// A violation in a file.
pub(crate) fn broken(source: &Source, line: usize, rule: &'static str, what_to_do: impl Into<String>) -> Violation {
    Violation { file: source.path.clone(), line, rule, what_to_do: what_to_do.into() }
}

/// One violation for each line of `view` that `bad` has advice for.
fn per_line<'a>(
    source: &Source,
    view: &'a str,
    rule: &'static str,
    mut bad: impl FnMut(&'a str) -> Option<String>,
) -> Vec<Violation> {
    let lines = view.lines().enumerate();
    lines.filter_map(|(at, line)| Some(broken(source, at + 1, rule, bad(line)?))).collect()
}

/// Every file opens with `//!`.
pub fn opens_with_doc(source: &Source) -> Vec<Violation> {
    if source.text.starts_with("//! ") {
        return Vec::new();
    }
    vec![broken(source, 1, "opens with //!", "say in the first line what this file is, then why it is so")]
}

/// Files have at most 600 lines.
pub fn short_file(source: &Source) -> Vec<Violation> {
    let lines = source.text.lines().count();
    if lines <= FILE_LINES_MAX {
        return Vec::new();
    }
    vec![broken(source, lines, "short file", format!("{lines} lines of at most {FILE_LINES_MAX}: split it by noun"))]
}

/// Functions have at most 70 lines, tests 40.
pub fn short_functions(source: &Source) -> Vec<Violation> {
    let mut violations = Vec::new();
    for function in source.functions() {
        let most = if function.is_test { TEST_LINES_MAX } else { FUNCTION_LINES_MAX };
        if function.lines > most {
            let advice = format!("`{}` has {} lines of at most {most}: split it", function.name, function.lines);
            violations.push(broken(source, function.line, "short function", advice));
        }
    }
    violations
}

/// Lines have at most 120 characters, as rustfmt breaks them.
pub fn short_lines(source: &Source) -> Vec<Violation> {
    let advice = |line: &str| {
        let chars = line.chars().count();
        (chars > LINE_CHARS_MAX).then(|| format!("{chars} characters of at most {LINE_CHARS_MAX}: break it"))
    };
    per_line(source, &source.text, "short line", advice)
}

/// An example in a doc comment is an included file of `examples/`, which is compiled and run as a test. Doc-tests are
/// off: their output would come after the list of what was left out.
pub fn no_doc_test(source: &Source) -> Vec<Violation> {
    let mut inside = false;
    let fences = |line: &str| {
        let fence = line.trim().trim_start_matches(['/', '!']).trim().strip_prefix("```")?;
        inside = !inside;
        let is_rust = inside && matches!(fence, "" | "rust" | "no_run" | "should_panic");
        is_rust.then(|| "move the example into `examples/` and include it".to_owned())
    };
    per_line(source, &source.comments, "no doc-test", fences)
}

/// No skipped test, no placeholder, no note to oneself.
pub fn nothing_unfinished(source: &Source) -> Vec<Violation> {
    let in_code = |line: &str| {
        let found = ["#[ignore", "todo!", "unimplemented!", "dbg!"].into_iter().find(|word| line.contains(word))?;
        Some(format!("`{found}`: finish it, or leave it out and say so in the documents"))
    };
    let in_comments = |line: &str| {
        let found = ["FIXME", "TODO", "XXX"].into_iter().find(|word| line.contains(word))?;
        Some(format!("`{found}`: do it, or write down what is deliberately absent"))
    };
    let mut violations = per_line(source, &source.code, "finished", in_code);
    violations.extend(per_line(source, &source.comments, "finished", in_comments));
    violations
}

/// In the gateway, conditional compilation is for tests, the binary and the operating system alone.
pub fn no_hook_for_simulation(source: &Source) -> Vec<Violation> {
    const ALLOWED: [&str; 4] = ["(test)", "(unix)", "(not(unix))", "(feature = \"bin\")"];
    if !source.path.starts_with("gateway/") {
        return Vec::new();
    }
    let mut violations = Vec::new();
    for (at, (code, text)) in source.code.lines().zip(source.text.lines()).enumerate() {
        let conditional = ["cfg(", "cfg_attr(", "cfg!("].iter().any(|word| code.contains(word));
        if conditional && !ALLOWED.iter().any(|allowed| text.contains(allowed)) {
            let advice = "production has no cfg for a simulation: draw the line at the transport, the clock or entropy";
            violations.push(broken(source, at + 1, "no hook for simulation", advice));
        }
    }
    violations
}

/// No path that exists on one machine only.
pub fn no_machine_path(source: &Source) -> Vec<Violation> {
    // Cut in two, so that this file does not break its own rule.
    const HOMES: [&str; 4] =
        [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
    let starts_path = |line: &str, at: usize| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-}".contains(c))
    };
    let advice = |line: &str| {
        let found = HOMES.iter().find(|home| line.match_indices(*home).any(|(at, _)| starts_path(line, at)))?;
        Some(format!("`{found}…` is a path of one machine: make it relative, or take it from an argument"))
    };
    per_line(source, &source.text, "no machine path", advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(rule: fn(&Source) -> Vec<Violation>, path: &str, text: &str) -> Vec<usize> {
        rule(&Source::new(path, text.to_owned())).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn file_without_doc_is_found() {
        assert_eq!(lines_of(opens_with_doc, "a.rs", "use b;\n"), [1]);
        assert!(lines_of(opens_with_doc, "a.rs", "//! A file.\n").is_empty());
    }

    #[test]
    fn long_file_is_found() {
        assert_eq!(lines_of(short_file, "a.rs", &"\n".repeat(601)), [601]);
        assert!(lines_of(short_file, "a.rs", &"\n".repeat(600)).is_empty());
    }

    #[test]
    fn long_functions_are_found() {
        let function = |lines: usize| format!("fn a() {{\n{}}}\n", "b();\n".repeat(lines - 2));
        assert_eq!(lines_of(short_functions, "a.rs", &function(71)), [1]);
        assert!(lines_of(short_functions, "a.rs", &function(70)).is_empty());
        assert_eq!(lines_of(short_functions, "a.rs", &format!("#[test]\n{}", function(41))), [2]);
        assert!(lines_of(short_functions, "a.rs", &format!("#[test]\n{}", function(40))).is_empty());
    }

    #[test]
    fn long_lines_are_found() {
        assert_eq!(lines_of(short_lines, "a.rs", &format!("\n{}", "é".repeat(121))), [2]);
        assert!(lines_of(short_lines, "a.rs", &"é".repeat(120)).is_empty());
    }

    #[test]
    fn doc_tests_are_found() {
        let text = "/// ```\n/// a();\n/// ```\nfn b() {}\n//! ```text\n//! c\n//! ```\n/// ```rust\n/// ```\n";
        assert_eq!(lines_of(no_doc_test, "a.rs", text), [1, 8]);
    }

    #[test]
    fn unfinished_work_is_found() {
        let text = "#[ignore]\nfn a() { todo!() }\n// FIXME later\nlet b = \"TODO\";\ndbg!(c);\n";
        assert_eq!(lines_of(nothing_unfinished, "a.rs", text), [1, 2, 5, 3]);
    }

    #[test]
    fn hooks_for_simulation_are_found() {
        let text = "#[cfg(test)]\n#[cfg(feature = \"sim\")]\nif cfg!(loom) {}\n#[cfg(feature = \"bin\")]\n";
        assert_eq!(lines_of(no_hook_for_simulation, "gateway/src/a.rs", text), [2, 3]);
        assert!(lines_of(no_hook_for_simulation, "sim/src/a.rs", text).is_empty());
    }

    #[test]
    fn machine_paths_are_found() {
        let text = concat!("see /wo", "rk/main\n<https://a.example/wo", "rk/b>\n\"/ho", "me/me/x\"\n");
        assert_eq!(lines_of(no_machine_path, "a.md", text), [1, 3]);
    }
}
