//! A comparison as the document `docs/comparison.md`.
use super::{Comparison, tables};
use std::fmt::Write;

/// The document; its drawings are the files of [`plots`](super::plots), in `images/`.
pub fn markdown(comparison: &Comparison, command: &str) -> String {
    let mut text = format!(
        "# Protocols compared\n\n<!-- generated: {command} -->\n\
         Every baseline protocol and the shipped one (`fenced-lease`) in the same situations, {} runs of each, from \
         the same seeds. Options A to F are those that the documents of the existing gateway weighed before it had a \
         lock; the last four baselines are the ways in which four crates lock. Each baseline makes real calls on the \
         simulated API server, mistakes included ([scenarios/src/baselines](../scenarios/src/baselines)).\n\n\
         `{command}` writes this page; `lockstep compare --report DIR` writes the same as one HTML file.\n",
        comparison.runs
    );
    text.push_str("\n| protocol | what it is |\n|---|---|\n");
    for row in &comparison.rows {
        let _ = writeln!(text, "| `{}` | {} |", row.protocol, row.about);
    }
    text.push_str("\n| situation | what happens |\n|---|---|\n");
    for situation in &comparison.situations {
        let _ = writeln!(text, "| {} | {} |", situation.name, situation.story);
    }
    for (name, about) in [
        ("races", "Share of fingerprints with two active requests, by protocol and situation"),
        ("cost", "API calls per signal and latency, by protocol"),
        ("sweep", "Recovery by lease duration, and two active requests by clock error"),
    ] {
        let _ = writeln!(text, "\n![{about}](images/comparison-{name}.svg)");
    }
    for table in tables::tables(comparison) {
        let _ = writeln!(text, "\n## {}\n\n{}\n", table.title, table.about);
        let _ = writeln!(text, "| {} |", table.header.join(" | "));
        let rules = (0..table.header.len()).map(|column| if column == 0 { "---" } else { "--:" });
        let _ = writeln!(text, "|{}|", rules.collect::<Vec<_>>().join("|"));
        for row in &table.rows {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
    }
    text
}
