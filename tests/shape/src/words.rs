//! Rules about language: the words that the glossary bans, and habits that make a sentence hard to read.
//!
//! Words are looked for in comments, in identifiers (split at `_` and at capitals) and in the prose of Markdown. Code,
//! inline code and literals are left alone: a metric or a JSON field keeps its name.
use crate::{source::Source, violation::Violation};
use regex::Regex;

/// Longest doc comment that can be a bare question word.
const BARE_CHARS_MAX: usize = 27;

/// A word that the project does not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banned {
    /// Lower case; a phrase has spaces.
    pub word: String,
    /// Replacement.
    pub instead: String,
}

/// The words of the table below `## Not used`: in the first column, each in backticks; the second says what to write.
pub fn banned(glossary: &str) -> Vec<Banned> {
    let section = glossary.split("\n## Not used").nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let words = rows.flat_map(|(words, instead)| {
        let instead = instead.trim_end_matches('|').trim().to_owned();
        words.split('`').skip(1).step_by(2).map(move |word| Banned { word: word.to_owned(), instead: instead.clone() })
    });
    words.collect()
}

/// First column of the glossary's other tables.
pub fn terms(glossary: &str) -> Vec<String> {
    let tables = glossary.split("\n## Not used").next().unwrap_or_default();
    let rows = tables.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let terms = rows.filter(|(term, _)| *term != "term").flat_map(|(term, _)| term.split(", "));
    terms.map(str::to_owned).collect()
}

/// Each term is defined once, and none is banned.
pub fn terms_are_unique(path: &str, glossary: &str) -> Vec<Violation> {
    let terms = terms(glossary);
    let banned = banned(glossary);
    let twice = |at: usize, term: &str| terms[..at].iter().any(|earlier| earlier == term);
    let bad = terms
        .iter()
        .enumerate()
        .filter(|(at, term)| twice(*at, term) || banned.iter().any(|banned| banned.word == **term));
    let violation = |(_, term): (usize, &String)| Violation {
        file: path.to_owned(),
        line: 1,
        rule: "one meaning",
        what_to_do: format!("`{term}` is defined twice, or also banned: decide"),
    };
    bad.map(violation).collect()
}

/// No banned word.
pub fn no_banned_word(source: &Source, banned: &[Banned]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (line, text) in prose(source) {
        let padded = format!(" {} ", separated(&text));
        let found = banned.iter().filter(|banned| padded.contains(&format!(" {} ", banned.word)));
        for Banned { word, instead } in found {
            violations.push(Violation {
                file: source.path.clone(),
                line,
                rule: "a word of the glossary",
                what_to_do: format!("`{word}`: write {instead}"),
            });
        }
    }
    violations
}

/// Lower-case words with one space between them: `toldOnce` and `told_once` are two words each.
fn separated(text: &str) -> String {
    let mut separated = String::new();
    let mut before = ' ';
    for c in text.chars() {
        if !c.is_alphanumeric() && c != '\'' {
            separated.push(' ');
        } else {
            if c.is_uppercase() && before.is_lowercase() {
                separated.push(' ');
            }
            separated.extend(c.to_lowercase());
        }
        before = c;
    }
    separated.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines that are looked at: comments and identifiers of Rust, Markdown without code.
fn prose(source: &Source) -> Vec<(usize, String)> {
    if source.path.ends_with(".rs") {
        let lines = source.comments.lines().zip(source.code.lines()).enumerate();
        return lines.map(|(at, (comment, code))| (at + 1, format!("{} {code}", without_code(comment)))).collect();
    }
    let mut fenced = false;
    let mut lines = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        if !fenced {
            lines.push((at + 1, without_code(line)));
        }
    }
    lines
}

/// A line without what stands between backticks, and without the targets of links.
fn without_code(line: &str) -> String {
    let text: Vec<&str> = line.split('`').step_by(2).collect();
    let text = text.join(" ` ");
    let mut parts = text.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + " " + part.split_once(')').map_or(part, |(_, after)| after))
}

/// The English of comments and of Markdown, by line.
fn english(source: &Source) -> Vec<(usize, String)> {
    if source.path.ends_with(".rs") {
        let lines = source.comments.lines().enumerate();
        return lines.map(|(at, line)| (at + 1, without_code(line))).collect();
    }
    prose(source)
}

/// A thing `is not a X`; it never `is no X` or `is none`.
pub fn says_what_is_not(source: &Source) -> Vec<Violation> {
    const COMPARED: &str = "longer|more|less|other|doubt|need|better|worse|later|earlier|faster|slower|different";
    let habit = Regex::new(&format!(
        r"(?i)(\bthere |\bthan )?\b(?:is|are|was|were|be|being|been) (?:no|none)\b( (?:{COMPARED})\b)?"
    ))
    .expect("a regular expression");
    let bad = |line: &str| habit.captures_iter(line).any(|found| found.get(1).is_none() && found.get(2).is_none());
    let lines = english(source).into_iter().filter(|(_, line)| bad(line));
    let violation = |(line, _)| Violation {
        file: source.path.clone(),
        line,
        rule: "is not a",
        what_to_do: "write \"is not a …\" or \"there is no …\"".to_owned(),
    };
    lines.map(violation).collect()
}

/// A doc comment names the thing. `/// Which.` does not.
pub fn names_the_thing(source: &Source) -> Vec<Violation> {
    const QUESTIONS: [&str; 9] = ["Which", "Why", "When", "Whose", "Whom", "What", "Where", "Who", "How"];
    const EMPTY: [&str; 4] = ["Everything.", "There.", "See the module.", "It."];
    let lines: Vec<&str> = source.comments.lines().map(str::trim).collect();
    let is_doc = |at: Option<usize>| at.and_then(|at| lines.get(at)).is_some_and(|line| line.starts_with("///"));
    let mut violations = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(text) = line.strip_prefix("/// ") else { continue };
        let alone = !is_doc(at.checked_sub(1)) && !is_doc(Some(at + 1));
        let first = text.split([' ', '.', ',', ';']).next().unwrap_or_default();
        let bare = QUESTIONS.contains(&first) && text.chars().count() <= BARE_CHARS_MAX;
        if alone && (bare || EMPTY.contains(&text)) {
            let what_to_do = format!("\"{text}\": name the thing, \"Path of the file.\"");
            violations.push(Violation { file: source.path.clone(), line: at + 1, rule: "names the thing", what_to_do });
        }
    }
    violations
}

/// The simulation does not know the service that it runs.
pub fn no_gateway(source: &Source) -> Vec<Violation> {
    let noun = Regex::new(r"(?i)kubernaut|remediation|gateway").expect("a regular expression");
    let http = Regex::new(r"(?i)gateway[ _]?timeout|bad[ _]?gateway").expect("a regular expression");
    let lines = source.text.lines().enumerate();
    let bad = lines.filter(|(_, line)| noun.is_match(&http.replace_all(line, "")));
    let violation = |(at, _)| Violation {
        file: source.path.clone(),
        line: at + 1,
        rule: "sim knows no gateway",
        what_to_do: "take the name or the fault from the caller: `scenarios` hands it in".to_owned(),
    };
    bad.map(violation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(rule: impl Fn(&Source) -> Vec<Violation>, path: &str, text: &str) -> Vec<usize> {
        rule(&Source::new(path, text.to_owned())).iter().map(|violation| violation.line).collect()
    }

    const GLOSSARY: &str = "# G\n| term | meaning |\n|---|---|\n| run | A run. |\n| boot, explore | Phases. |\n\
        | run | A mile. |\n\n## Not used\n\n| not used | instead |\n|---|---|\n\
        | `told`, `hang up` | report, disconnect |\n";

    #[test]
    fn glossary_is_read() {
        assert_eq!(terms(GLOSSARY), ["run", "boot", "explore", "run"]);
        let words: Vec<_> = banned(GLOSSARY).into_iter().map(|banned| banned.word).collect();
        assert_eq!(words, ["told", "hang up"]);
        assert_eq!(terms_are_unique("g.md", GLOSSARY).len(), 1);
    }

    #[test]
    fn banned_words_are_found() {
        let banned = banned(GLOSSARY);
        let found = |path, text| lines_of(|source| no_banned_word(source, &banned), path, text);
        assert_eq!(found("a.rs", "// was told.\nlet told_once = isTold;\nlet a = \"told\"; // `told`\n"), [1, 2]);
        assert_eq!(found("a.rs", "struct Told;\nlet stolde = 1;\n// They hang up.\n"), [1, 3]);
        assert_eq!(found("a.md", "A `told`, [a](told.md).\n```\ntold\n```\nTold.\n"), [5]);
    }

    #[test]
    fn things_that_are_no_things_are_found() {
        let text =
            "// It is no lease.\n// There is no lease.\n// It is no longer one.\nlet is = no;\n// These are none.\n";
        assert_eq!(lines_of(says_what_is_not, "a.rs", text), [1, 5]);
        assert_eq!(lines_of(says_what_is_not, "a.md", "That is no `x`.\n"), [1]);
    }

    #[test]
    fn bare_questions_are_found() {
        let text = "/// Which.\n/// Path of the file.\n\n/// Everything.\n\n/// Why.\n/// And how.\n\n/// How many.\n";
        assert_eq!(lines_of(names_the_thing, "a.rs", &text.replace("/// Path", "\n/// Path")), [1, 5, 10]);
    }

    #[test]
    fn nouns_of_the_gateway_are_found() {
        let text = "// 504 Gateway Timeout, BAD_GATEWAY\nlet a = \"kubernaut\";\nBadGateway(GatewayPod)\n";
        assert_eq!(lines_of(no_gateway, "sim/src/a.rs", text), [2, 3]);
    }
}
