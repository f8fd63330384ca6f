//! Asks a Go program: lines of JSON in, lines of JSON out.
use serde_json::Value;
use std::{
    fmt::Write as _,
    io::{Seek, Write as _},
    path::Path,
    process::Command,
};

/// What the program in `tests/tools/TOOL` answers to the questions.
///
/// # Panics
/// When Go is missing, or the program fails.
pub fn asked(tool: &str, questions: &[Value]) -> Vec<Value> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools").join(tool);
    let lines = questions.iter().fold(String::new(), |mut lines, question| {
        writeln!(lines, "{question}").expect("a String takes everything");
        lines
    });
    let mut input = tempfile::tempfile().expect("a temporary file");
    input.write_all(lines.as_bytes()).and_then(|()| input.rewind()).expect("a file that can be written");
    let mut go = Command::new("go");
    let output = go.args(["run", "."]).current_dir(directory).stdin(input).output().expect("Go is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let answers: Vec<_> = text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert_eq!(questions.len(), answers.len());
    answers
}
