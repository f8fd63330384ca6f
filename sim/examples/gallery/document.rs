//! The document of the gallery, made of the runs.
use super::exhibit::{Exhibit, HELD, SEARCHED, Shown};
use std::fmt::Write;

/// Steps of a story that the document shows.
const STEPS: usize = 14;

/// The whole document.
pub(crate) fn document(shown: &[(&Exhibit, Shown)]) -> String {
    let count = shown.len();
    let mut text = format!(
        "# Gallery of controller bugs\n\n\
         <!-- generated: LOCKSTEP_RECORD=1 cargo test -p lockstep-sim --example gallery -->\n\
         {count} bugs from public reports, each as a small kube-rs controller of our own with the bug and its fix, in\n\
         [sim/examples/gallery](../sim/examples/gallery). {count} of {count} are found within {SEARCHED} runs,\n\
         from seed 0 on, and every fix holds for {HELD} runs under the same faults.\n\n\
         *Departures* are the choices of the run that differ from \"in order, no fault\": of the run that found the\n\
         bug, and after `shrink`. *Steps* are the events of the shrunk run up to the violation.\n\n\
         | bug | report | found in run | departures, shrunk | steps | faults of the shrunk run |\n\
         |---|---|--:|--:|--:|---|\n"
    );
    for (exhibit, shown) in shown {
        let Exhibit { name, file, report, .. } = exhibit;
        let (departures, shrunk) = (shown.departures, shown.shrunk.departures.len());
        let issue = report.trim_start_matches("https://github.com/");
        let (runs, steps, faults) = (shown.runs, shown.steps(), &shown.failure().delivered);
        let _ = writeln!(
            text,
            "| [{name}](../sim/examples/gallery/{file}) | [{issue}]({report}) | {runs} | {departures} → {shrunk} \
             | {steps} | {faults} |",
        );
    }
    for (exhibit, shown) in shown {
        section(&mut text, exhibit, shown);
    }
    text.push_str("<!-- end -->\n");
    text
}

fn section(text: &mut String, exhibit: &Exhibit, shown: &Shown) {
    let failure = shown.failure();
    let _ = write!(
        text,
        "\n## {}\n\n{} **Fix:** {}\n\nThe run violates *{}*: {}.\n\n```text\n",
        exhibit.name, exhibit.bug, exhibit.fix, failure.check, failure.sentence
    );
    let steps = shown.steps();
    for step in &failure.story[steps.saturating_sub(STEPS)..steps] {
        let _ = writeln!(text, "{step}");
    }
    text.push_str("```\n");
}
