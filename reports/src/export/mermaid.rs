//! A sequence diagram in Mermaid's language, which GitHub and GitLab draw inside Markdown.
//!
//! It is for people, so it has the entries nearest to the evidence only; a note says how many are left out between
//! them.
use crate::{
    focus::focus,
    timeline::{Entry, Happening, LaneKind, Timeline},
};
use std::{collections::BTreeSet, fmt::Write};

/// Largest number of steps and gaps that a diagram shows.
const ROWS: usize = 40;

/// The diagram, without the fence of Markdown.
pub fn render(timeline: &Timeline) -> String {
    let shown = focus(timeline, ROWS);
    let used: BTreeSet<usize> = shown.iter().flat_map(|&index| ends(timeline, index)).collect();
    let mut text = "sequenceDiagram\n".to_owned();
    for &lane in &used {
        let word = if timeline.lanes[lane].kind == LaneKind::Object { "participant" } else { "actor" };
        let _ = writeln!(text, "    {word} L{lane} as {}", label(&timeline.lanes[lane].name));
    }
    let mut next = 0;
    for index in shown {
        gap(&mut text, &used, index - next);
        next = index + 1;
        step(&mut text, timeline, index);
    }
    gap(&mut text, &used, timeline.entries.len() - next);
    text
}

/// Says how many entries are left out.
fn gap(text: &mut String, used: &BTreeSet<usize>, entries: usize) {
    if let (Some(first), Some(last), true) = (used.first(), used.last(), entries > 0) {
        let over = if first == last { format!("L{first}") } else { format!("L{first},L{last}") };
        let plural = if entries == 1 { "step" } else { "steps" };
        let _ = writeln!(text, "    Note over {over}: {entries} {plural}");
    }
}

/// The lanes between which an entry is drawn: where it comes from, if that is another lane, and its own.
fn ends(timeline: &Timeline, index: usize) -> Vec<usize> {
    let entry = &timeline.entries[index];
    from(timeline, entry).into_iter().chain([entry.lane]).collect()
}

fn from(timeline: &Timeline, entry: &Entry) -> Option<usize> {
    let lane = match &entry.what {
        Happening::CallCommitted { call, .. } => {
            let sent = |other: &&Entry| matches!(&other.what, Happening::CallSent { call: sent, .. } if sent == call);
            timeline.entries.iter().find(sent).map(|sent| sent.lane)
        }
        Happening::SignalArrives { .. } => timeline.lanes.iter().position(|lane| lane.kind == LaneKind::Sender),
        _ => None,
    };
    lane.filter(|lane| *lane != entry.lane)
}

fn step(text: &mut String, timeline: &Timeline, index: usize) {
    let entry = &timeline.entries[index];
    let time = format!("{:.3} s", entry.at_us as f64 / 1e6);
    let pair = match timeline.pair.iter().position(|&other| other == index) {
        Some(0) => " (A)",
        Some(_) => " (B)",
        None => "",
    };
    let mark = if entry.critical { format!("{pair} ◀") } else { pair.to_owned() };
    let words = label(&entry.text);
    let line = match from(timeline, entry) {
        Some(from) => format!("L{from}->>L{}: {time} {words}{mark}", entry.lane),
        None => format!("Note over L{}: {time} {words}{mark}", entry.lane),
    };
    let _ = writeln!(text, "    {line}");
}

/// Text without the characters that end a statement or begin an entity in Mermaid.
fn label(text: &str) -> String {
    text.replace(';', ",").replace('#', "no. ").replace(['\n', '\r'], " ")
}
