//! Rules about documents, and about what lies at the top of the project.
use crate::{rules::broken, source::Source, violation::Violation};
use std::path::Path;

const PROSE_CHARS_MAX: usize = 100;

const TOP_LEVEL: [&str; 22] = [
    ".ci",
    ".containerignore",
    ".github",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "docs",
    "gateway",
    "model",
    "reports",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "scenarios",
    "sim",
    "tests",
];

/// One `#` title per Markdown file, and it comes first.
pub fn one_title(source: &Source) -> Vec<Violation> {
    let mut fenced = false;
    let mut titles = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        if !fenced && line.starts_with("# ") {
            titles.push(at + 1);
        }
    }
    let (line, advice) = match titles[..] {
        [] => (1, "begin the document with a `# ` title"),
        [first, ..] if first != 1 => (first, "move the `# ` title to the first line"),
        [_, second, ..] => (second, "make this a `## ` section"),
        [_] => return Vec::new(),
    };
    vec![broken(source, line, "one title", advice)]
}

/// Relative links lead somewhere: `exists` says whether there is a file or directory, by its path from the root.
pub fn links_lead_somewhere(source: &Source, exists: impl Fn(&Path) -> bool) -> Vec<Violation> {
    let directory = Path::new(&source.path).parent().unwrap_or(Path::new(""));
    let mut violations = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        for rest in line.split("](").skip(1) {
            let target = rest.split([')', '#']).next().unwrap_or_default();
            let elsewhere = target.is_empty() || target.contains(':');
            if !elsewhere && !exists(&directory.join(target)) {
                let advice = format!("there is no `{target}`: mend the link");
                violations.push(broken(source, at + 1, "links lead somewhere", advice));
            }
        }
    }
    violations
}

/// The table has each of these rows, word for word, and no other invariant.
pub fn invariants_listed(source: &Source, expected: &[String]) -> Vec<Violation> {
    const RULE: &str = "invariants listed";
    let rows: Vec<(usize, &str)> =
        source.text.lines().enumerate().filter(|(_, line)| line.starts_with("| `")).collect();
    let missing = expected.iter().filter(|wanted| !rows.iter().any(|(_, row)| row == wanted));
    let unknown = rows.iter().filter(|(_, row)| !expected.iter().any(|wanted| row == wanted));
    let add = missing.map(|row| broken(source, 1, RULE, format!("the model has this row, add it: {row}")));
    let remove = unknown.map(|(at, _)| broken(source, at + 1, RULE, "the model has no such row: remove it"));
    add.chain(remove).collect()
}

/// Prose has at most 100 characters a line. Tables, links and code cannot be broken; what lies between `<!-- generated`
/// and `<!-- end -->` is written by a command.
pub fn narrow_prose(source: &Source) -> Vec<Violation> {
    let (mut fenced, mut generated) = (false, false);
    let mut violations = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        generated = line.starts_with("<!-- generated") || generated && line != "<!-- end -->";
        let chars = line.chars().count();
        let breakable = !fenced
            && !generated
            && !line.trim_start().starts_with('|')
            && !line.contains("](")
            && !line.contains("://");
        if breakable && chars > PROSE_CHARS_MAX {
            let advice = format!("{chars} characters of at most {PROSE_CHARS_MAX}: break the line");
            violations.push(broken(source, at + 1, "narrow prose", advice));
        }
    }
    violations
}

/// Only these names at the top: what the project consists of, and the files that people and tools look for there.
pub fn known_at_the_top(names: &[String]) -> Vec<Violation> {
    let unknown = names.iter().filter(|name| !TOP_LEVEL.contains(&name.as_str()));
    let violation = |name: &String| Violation {
        file: name.clone(),
        line: 1,
        rule: "top level",
        what_to_do: "move it into the folder that it belongs to".to_owned(),
    };
    unknown.map(violation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(rule: fn(&Source) -> Vec<Violation>, path: &str, text: &str) -> Vec<usize> {
        rule(&Source::new(path, text.to_owned())).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn second_titles_are_found() {
        assert_eq!(lines_of(one_title, "a.md", "# A\n```sh\n# comment\n```\n# B\n"), [5]);
        assert_eq!(lines_of(one_title, "a.md", "text\n# A\n"), [2]);
        assert_eq!(lines_of(one_title, "a.md", "## A\n"), [1]);
        assert!(lines_of(one_title, "a.md", "# A\n## B\n").is_empty());
    }

    #[test]
    fn dead_links_are_found() {
        let text = "[a](b.md) [c](https://d.example/e) [f](#g)\n![h](../i.png) [j](k.md#l)\n".to_owned();
        let found = links_lead_somewhere(&Source::new("docs/m.md", text), |path| path == Path::new("docs/b.md"));
        assert_eq!(found.iter().map(|violation| violation.line).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn rows_missing_or_unknown_are_found() {
        let source = Source::new("a.md", "# A\n| `one` | says |\n| `two` | no longer says |\n".to_owned());
        let expected = ["| `one` | says |".to_owned(), "| `two` | says |".to_owned()];
        let found = invariants_listed(&source, &expected);
        assert_eq!(found.iter().map(|violation| violation.line).collect::<Vec<_>>(), [1, 3]);
        assert!(found[0].what_to_do.ends_with("| `two` | says |"));
    }

    #[test]
    fn wide_prose_is_found() {
        let wide = "a ".repeat(51);
        let text = format!("# A\n{wide}\n| {wide} |\n```\n{wide}\n```\n{}\n", &wide[..100]);
        assert_eq!(lines_of(narrow_prose, "a.md", &text), [2]);
        let text = format!("<!-- generated: a -->\n{wide}\n<!-- end -->\n{wide}\n");
        assert_eq!(lines_of(narrow_prose, "a.md", &text), [4]);
    }

    #[test]
    fn strangers_at_the_top_are_found() {
        let names = ["sim", "weakened", "Cargo.toml"].map(str::to_owned);
        let found = known_at_the_top(&names);
        assert_eq!(found.iter().map(|violation| violation.file.as_str()).collect::<Vec<_>>(), ["weakened"]);
    }
}
