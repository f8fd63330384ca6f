//! The report as GitHub workflow commands: annotations on the run, and on the file that replays it.
//!
//! An expectation that another invariant explains is folded into its annotation, as on the first screen.
//!
//! GitHub shows ten errors and ten warnings per step and drops the rest, so the last annotation counts the rest.
use crate::{
    causes,
    export::mermaid,
    report::{Mutant, RunReport, portable},
    summary::{headline, verdict_word},
};
use model::Verdict;
use std::fmt::Write;

/// Number of annotations of one level that GitHub shows per step.
const SHOWN: usize = 10;

/// Number of failures that the page of a run draws: it may have 1 MiB.
const DIAGRAMS: usize = 3;

/// The report as lines for standard output.
pub fn render(report: &RunReport) -> String {
    let causes = report.failures.iter().filter(|failure| causes::explanation(report, failure).is_none());
    let errors: Vec<_> = causes
        .map(|failure| {
            let title = format!("{} · {}, {}", failure.invariant, failure.scenario, failure.protocol);
            let mut message = failure.sentence.clone();
            for expectation in causes::explained_by(report, failure) {
                message += &format!("\nThe scenario's expectation fails too: {}", expectation.sentence);
            }
            message += &format!("\n{}", failure.portable_replay());
            command("error", failure.file.as_deref().map(portable), &title, &message)
        })
        .collect();
    let survivors = report.mutants.iter().flatten().filter(|mutant| mutant.survived());
    let survived = |mutant: &Mutant| {
        command("error", None, &format!("{} survived", mutant.name), &format!("{} did not catch it", mutant.invariant))
    };
    let errors: Vec<_> = errors.into_iter().chain(survivors.map(survived)).collect();
    let warnings: Vec<_> =
        report.unmet.iter().map(|unmet| command("warning", None, "Requirement not met", unmet)).collect();
    let mut text = String::new();
    write_level(&mut text, "error", &errors);
    write_level(&mut text, "warning", &warnings);
    let title = format!("lockstep {}: {}", report.command, verdict_word(report.verdict));
    let level = if report.verdict == Verdict::Inconclusive { "warning" } else { "notice" };
    let _ = writeln!(text, "{}", command(level, None, &title, &headline(report)));
    text
}

/// The report as Markdown, for the page of the workflow's run.
pub fn summary(report: &RunReport) -> String {
    let cell = |text: &str| text.replace('|', "\\|").replace(['\r', '\n'], " ");
    let mut text = format!("### {} · lockstep {}\n\n", verdict_word(report.verdict), report.command);
    let _ = writeln!(text, "{}\n", headline(report));
    let causes = causes::of(report);
    if !causes.is_empty() {
        text += "| invariant | scenario | what happened | again |\n|---|---|---|---|\n";
    }
    for cause in causes.iter().map(|cause| cause.smallest) {
        let what = cause.smallest.as_ref().map_or(&cause.sentence, |smallest| &smallest.because);
        let (what, again) = (cell(what), cell(&cause.portable_replay()));
        let _ =
            writeln!(text, "| `{}` | {}, {} | {what} | `{again}` |", cause.invariant, cause.scenario, cause.protocol);
    }
    for cause in causes.iter().map(|cause| cause.smallest).take(DIAGRAMS) {
        let small = cause.smallest.as_ref().and_then(|smallest| smallest.timeline.as_ref());
        if let Some(timeline) = small.or(cause.timeline.as_ref()) {
            let title = format!("{} in {}, step by step", cause.invariant, cause.scenario);
            let diagram = mermaid::render(timeline);
            let _ = writeln!(text, "\n<details><summary>{title}</summary>\n\n```mermaid\n{diagram}```\n\n</details>");
        }
    }
    for unmet in &report.unmet {
        let _ = writeln!(text, "- not met: {unmet}");
    }
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
