//! Results as tables: for a terminal, and as a page of the documentation.
use crate::live::latency::{
    Part,
    results::{Claim, Results, Row},
};
use std::fmt::Write as _;

/// Width of a page, and of the mark of an item.
const WIDTH: usize = 99;
const INDENT: usize = 2;
const HEAD: [&str; 9] = ["series", "replicas", "load", "requests", "failed", "P50", "P95", "P99", "max"];
const CLAIMS: [&str; 4] = ["what", "asked", "found", "met"];

/// For a terminal.
pub(super) fn text(results: &[Results]) -> String {
    let mut text = String::new();
    for Results { part, measured, .. } in results {
        let _ = writeln!(text, "{}\n", about(part));
        for table in [table(&HEAD, measured.rows.iter().map(cells)), claims(&measured.claims)] {
            let widths: Vec<usize> = (0..table.first().map_or(0, Vec::len))
                .map(|column| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
                .collect();
            if table.len() < 2 {
                continue;
            }
            for row in &table {
                let padded: Vec<String> =
                    row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
                let _ = writeln!(text, "  {}", padded.join("  ").trim_end());
            }
            text.push('\n');
        }
        for note in &measured.notes {
            let _ = writeln!(text, "  {note}");
        }
        text.push('\n');
    }
    text
}

/// As a page of the documentation, with a plot if there is one.
pub(super) fn markdown(results: &[Results], plot: Option<&str>) -> String {
    let mut page = String::from(
        "# Latency\n\n\
         Measured by `lockstep latency` on one machine: etcd, kube-apiserver, the gateways and the sender\n\
         share its processors. `lockstep latency --render --write-doc docs/latency.md` writes this page\n\
         from the results. Times are in milliseconds, from sending to the whole answer; at a fixed rate,\n\
         from when the request was due. *Bare* writes go to the API server without a gateway, in the same\n\
         rounds, over connections that stay open. A claim that is not met is said to be so.\n\n",
    );
    if let Some(first) = results.first() {
        let machine = &first.machine;
        let model = if machine.model.is_empty() { "processors of an unknown model" } else { &machine.model };
        let (date, _) = first.started.split_once('T').unwrap_or((&first.started, ""));
        let _ = writeln!(
            page,
            "Machine: {} processors ({model}), {} GiB. Date: {date}. Version: {}.\n",
            machine.processors, machine.memory, first.version
        );
    }
    if let Some(plot) = plot {
        let _ = writeln!(page, "![P50 and P99 of each series](images/{plot})\n");
    }
    for Results { part, measured, .. } in results {
        let _ = writeln!(page, "## {}{}\n\n{}\n", part[..1].to_uppercase(), &part[1..], about(part));
        for table in [table(&HEAD, measured.rows.iter().map(cells)), claims(&measured.claims)] {
            let [head, rows @ ..] = &table[..] else { continue };
            if rows.is_empty() {
                continue;
            }
            let _ = writeln!(page, "| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()));
            for row in rows {
                let _ = writeln!(page, "| {} |", row.join(" | "));
            }
            page.push('\n');
        }
        for note in &measured.notes {
            let _ = writeln!(page, "{}", item(note));
        }
        if !measured.notes.is_empty() {
            page.push('\n');
        }
    }
    page.trim_end().to_owned() + "\n"
}

/// A note as an item of a list, within the width of a page.
fn item(note: &str) -> String {
    format!("- {}", reports::text::wrapped(note, WIDTH - INDENT).join("\n  "))
}

fn about(part: &str) -> &'static str {
    part.parse::<Part>().map_or("", Part::about)
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<Vec<String>> {
    std::iter::once(head.iter().map(|cell| (*cell).to_owned()).collect()).chain(rows).collect()
}

fn cells(row: &Row) -> Vec<String> {
    let replicas = if row.replicas == 0 { "-".to_owned() } else { row.replicas.to_string() };
    let mut cells = vec![row.series.clone(), replicas, row.load.clone(), row.requests.to_string()];
    cells.push(row.failed.to_string());
    cells.extend([row.p50, row.p95, row.p99, row.max].map(|millis| format!("{millis:.1}")));
    cells
}

fn claims(claims: &[Claim]) -> Vec<Vec<String>> {
    let cells = |claim: &Claim| {
        let unit = if claim.unit.is_empty() { String::new() } else { format!(" {}", claim.unit) };
        let met = if claim.is_met() { "yes" } else { "**no**" };
        vec![
            claim.about.clone(),
            format!("≤ {}{unit}", claim.most),
            format!("{:.2}{unit}", claim.found),
            met.to_owned(),
        ]
    };
    table(&CLAIMS, claims.iter().map(cells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::latency::results::{FORMAT, Machine, Measured};

    #[test]
    fn notes_are_wrapped() {
        let note = "word ".repeat(50).trim_end().to_owned();
        let text = item(&note);
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        assert_eq!(text.lines().count(), 3, "{text}");
        assert_eq!(text.replace("\n ", ""), format!("- {note}"));
    }

    #[test]
    fn missed_claim_is_said_to_be_so() {
        let row = Row {
            series: "new signal".to_owned(),
            replicas: 3,
            load: "1 at a time".to_owned(),
            requests: 10,
            failed: 0,
            p50: 1.25,
            p95: 2.0,
            p99: 3.0,
            max: 4.0,
        };
        let claims = vec![Claim::new("a", 3.5, 3.6, ""), Claim::new("b", 10.0, 9.0, "ms")];
        let results = Results {
            lockstep_latency: FORMAT,
            part: "signals".to_owned(),
            version: "0.1.0".to_owned(),
            started: "2026-11-30T09:15:00Z".to_owned(),
            machine: Machine::default(),
            measured: Measured { rows: vec![row], claims, notes: vec!["A note.".to_owned()] },
        };
        let page = markdown(std::slice::from_ref(&results), Some("latency.svg"));
        assert!(page.contains("| new signal | 3 | 1 at a time | 10 | 0 | 1.2 | 2.0 | 3.0 | 4.0 |"), "{page}");
        assert!(page.contains("| a | ≤ 3.5 | 3.60 | **no** |\n| b | ≤ 10 ms | 9.00 ms | yes |"), "{page}");
        assert!(text(&[results]).contains("A note."));
    }
}
