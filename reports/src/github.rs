//! The report as GitHub workflow commands: annotations on the run, and on the file that replays it.
//!
//! GitHub shows ten errors and ten warnings per step and drops the rest, so the last annotation counts the rest.
use crate::{
    report::RunReport,
    summary::{headline, verdict_word},
};
use std::fmt::Write;

/// Number of annotations of one level that GitHub shows per step.
const SHOWN: usize = 10;

/// The report as lines for standard output.
pub fn render(report: &RunReport) -> String {
    let errors: Vec<_> = report
        .failures
        .iter()
        .map(|failure| {
            let title = format!("{} · {}, {}", failure.invariant, failure.scenario, failure.protocol);
            let message = format!("{}\n{}", failure.sentence, failure.replay);
            command("error", failure.file.as_deref(), &title, &message)
        })
        .collect();
    let warnings: Vec<_> =
        report.unmet.iter().map(|unmet| command("warning", None, "Requirement not met", unmet)).collect();
    let mut text = String::new();
    write_level(&mut text, "error", &errors);
    write_level(&mut text, "warning", &warnings);
    let title = format!("lockstep {}: {}", report.command, verdict_word(report.verdict));
    let _ = writeln!(text, "{}", command("notice", None, &title, &headline(report)));
    text
}

fn write_level(text: &mut String, level: &str, commands: &[String]) {
    let fits = if commands.len() > SHOWN { SHOWN - 1 } else { commands.len() };
    for command in &commands[..fits] {
        let _ = writeln!(text, "{command}");
    }
    if commands.len() > fits {
        let rest = format!("{} more are in the report", commands.len() - fits);
        let _ = writeln!(text, "{}", command(level, None, "lockstep", &rest));
    }
}

fn command(level: &str, file: Option<&str>, title: &str, message: &str) -> String {
    let file = file.map_or_else(String::new, |file| format!("file={},", property(file)));
    format!("::{level} {file}title={}::{}", property(title), data(message))
}

/// Escapes the text after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property: it ends at a comma, and the list of properties at a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{SHOWN, command, write_level};

    #[test]
    fn properties_and_messages_are_escaped() {
        let line = command("error", Some("a,b.json"), "50 %: x", "one\r\ntwo: 100 %, ok");
        assert_eq!(line, "::error file=a%2Cb.json,title=50 %25%3A x::one%0D%0Atwo: 100 %25, ok");
    }

    #[test]
    fn annotations_beyond_the_limit_are_counted() {
        let mut text = String::new();
        write_level(&mut text, "error", &vec!["::error ::x".to_owned(); 25]);
        assert_eq!(text.lines().count(), SHOWN);
        assert!(text.lines().last().is_some_and(|line| line.ends_with("16 more are in the report")));
    }
}
