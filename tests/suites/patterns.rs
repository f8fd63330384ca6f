//! Patterns mean the same here and in Go: generated ones are compiled and matched by both.
//!
//! `PATTERNS=100000 cargo test -p tests --test patterns` searches longer, another `PATTERNS_SEED` elsewhere.
use apiserver::Pattern;
use serde_json::{Value, json};
use tests::{
    go::asked,
    numbers::{Numbers, number},
};

/// Pieces of patterns: what Go and the `regex` crate read differently is among them.
const PIECES: [&str; 96] = [
    "a",
    "b",
    "k",
    "K",
    "é",
    "1",
    " ",
    "-",
    "_",
    "\\n",
    ".",
    "^",
    "$",
    "|",
    "(",
    ")",
    "(?:",
    "(?i)",
    "(?i:",
    "(?s)",
    "(?m)",
    "(?U)",
    "(?-i)",
    "(?P<n>",
    "(?<m>",
    "(?x)",
    "(?=",
    "[",
    "]",
    "[^",
    "[a-c]",
    "[a--b]",
    "[a&&b]",
    "[]a]",
    "[^]a]",
    "[[:alpha:]]",
    "[[:^alpha:]]",
    "[[:word:]]",
    "[[:bad:]]",
    "[\\d-]",
    "[^\\D1]",
    "[\\w.-]",
    "[^\\s]",
    "*",
    "+",
    "?",
    "*?",
    "+?",
    "??",
    "{2}",
    "{1,2}",
    "{,2}",
    "{2,}",
    "{2,1}",
    "{0}",
    "{1001}",
    "{",
    "}",
    "\\d",
    "\\D",
    "\\w",
    "\\W",
    "\\s",
    "\\S",
    "\\b",
    "\\B",
    "\\A",
    "\\z",
    "\\Z",
    "\\C",
    "\\Q",
    "\\E",
    "\\<",
    "\\-",
    "\\_",
    "\\x41",
    "\\x{e9}",
    "\\x{d800}",
    "\\x{110000}",
    "\\101",
    "\\1",
    "\\0",
    "\\8",
    "\\pL",
    "\\PN",
    "\\p{Lu}",
    "\\p{^Greek}",
    "\\p{greek}",
    "\\p{Old_Italic}",
    "\\p{Letter}",
    "\\a",
    "\\v",
    "\\e",
    "\\",
    "&&",
    "~~",
];
/// Characters of texts.
const CHARACTERS: [&str; 20] = [
    "a", "b", "c", "k", "K", "\u{212a}", "\u{17f}", "é", "α", "1", "٣", " ", "\t", "\u{a0}", "\n", "-", "_", "~", "&",
    "(",
];
const TEXTS: usize = 4;

fn questions() -> Vec<Value> {
    let mut numbers = Numbers::new(number("PATTERNS_SEED", 1));
    let count = number("PATTERNS", 20_000);
    let question = |_| {
        let pattern = numbers.text(&PIECES, 6);
        let texts: Vec<String> = (0..TEXTS).map(|_| numbers.text(&CHARACTERS, 5)).collect();
        json!({"pattern": pattern, "texts": texts})
    };
    (0..count).map(question).collect()
}

/// What the simulated server makes of a question, in the form of Go's answer.
fn own(question: &Value) -> Value {
    let texts = question["texts"].as_array().into_iter().flatten().filter_map(Value::as_str);
    match Pattern::new(question["pattern"].as_str().unwrap_or_default()) {
        Err(why) => json!({"error": why.to_string(), "matches": [], "all": []}),
        Ok(pattern) => {
            let (matches, all): (Vec<_>, Vec<_>) =
                texts.map(|text| (pattern.is_match(text), pattern.find_all(text).collect::<Vec<_>>())).unzip();
            json!({"error": "", "matches": matches, "all": all})
        }
    }
}

#[test]
#[cfg_attr(not(go), ignore = "needs Go")]
fn generated_patterns_mean_the_same_in_go() {
    let questions = questions();
    let answers = asked("regexp", &questions);
    let different: Vec<String> = questions
        .iter()
        .zip(&answers)
        .filter(|(question, answer)| own(question) != **answer)
        .map(|(question, answer)| format!("{question}\n  Go:   {answer}\n  here: {}", own(question)))
        .collect();
    let compiled = answers.iter().filter(|answer| answer["error"] == "").count();
    println!("{} patterns, {compiled} of them compile, {} differ", questions.len(), different.len());
    assert!(compiled > questions.len() / 5, "most patterns say nothing about matches");
    assert!(
        different.is_empty(),
        "{} differ, e.g.\n{}",
        different.len(),
        different[..different.len().min(10)].join("\n")
    );
}
