//! A timeline on a terminal: one row per entry, one narrow column per lane, the description at the right.
//!
//! The names of Kubernetes objects are too wide for a column, so each lane has one letter: `S` for the sender, digits
//! for the replicas, and `A`, `B` … for objects and other actors, whose names are in the header.
use super::layout::{LABEL, Sheet, WIDTH, paragraph, wrapped};
use crate::{
    figures::moment,
    focus::focus,
    timeline::{Entry, Happening, Lane, LaneKind, Timeline},
};
use std::fmt::Write;

/// Narrowest description of an entry, in characters.
const NARROWEST: usize = 16;

/// Explains columns and marks.
pub(super) fn legend(text: &mut Sheet) {
    let columns =
        "columns   S sender · 0 1 2 replicas · A B C objects and other actors, named in each header · > evidence";
    let marks = "marks     › sent · » arrived · ‹ answered · ● commit · ◉ commit that is evidence · ~ watch event";
    let faults = "          ! fault · ✕ crash · ↑ restart or resume · ‖ pause";
    if text.width >= WIDTH {
        let _ = writeln!(text, "{columns}\n{marks}\n{faults}");
        return;
    }
    for (label, words) in [columns, marks, faults].map(|line| line.split_at(LABEL)) {
        paragraph(text, label.trim_end(), words);
    }
}

/// Writes the timeline. With `rows`, it writes only the evidence and the entries most relevant to it, in that many
/// rows.
pub(super) fn write(text: &mut Sheet, timeline: &Timeline, indent: &str, rows: Option<usize>) {
    let letters = letters(&timeline.lanes);
    let names: Vec<_> = timeline
        .lanes
        .iter()
        .zip(&letters)
        .filter(|(lane, _)| matches!(lane.kind, LaneKind::Object | LaneKind::Actor))
        .map(|(lane, letter)| format!("{letter} {}", lane.name))
        .collect();
    let header: Vec<_> = letters.iter().map(char::to_string).collect();
    let begin = format!("{indent}   {:>12}  {}  ", "seconds", header.join(" "));
    if text.width >= WIDTH {
        let _ = writeln!(text, "{begin}{}", names.join(" · "));
    } else {
        // Names do not fit beside the columns of a narrow terminal, so they come first.
        for name in &names {
            let _ = writeln!(text, "{indent}   {name}");
        }
        let _ = writeln!(text, "{}", begin.trim_end());
    }
    let mut next = 0;
    for index in rows.map_or_else(|| (0..timeline.entries.len()).collect(), |rows| focus(timeline, rows)) {
        skipped(text, indent, index - next);
        row(text, timeline, index, indent);
        next = index + 1;
    }
    skipped(text, indent, timeline.entries.len() - next);
}

fn letters(lanes: &[Lane]) -> Vec<char> {
    let (mut replicas, mut others) = ('0'..='9', 'A'..='R');
    let mut lettered = Vec::with_capacity(lanes.len());
    for lane in lanes {
        let letter = match lane.kind {
            LaneKind::Sender => 'S',
            LaneKind::Replica => replicas.next().unwrap_or('+'),
            LaneKind::Object | LaneKind::Actor => others.next().unwrap_or('+'),
        };
        lettered.push(letter);
    }
    lettered
}

fn skipped(text: &mut Sheet, indent: &str, steps: usize) {
    match steps {
        0 => {}
        1 => drop(writeln!(text, "{indent}   {:>12}", "… 1 step …")),
        steps => drop(writeln!(text, "{indent}   {:>12}", format!("… {steps} steps …"))),
    }
}

fn row(text: &mut Sheet, timeline: &Timeline, index: usize, indent: &str) {
    let entry = &timeline.entries[index];
    let marks: Vec<_> = (0..timeline.lanes.len())
        .map(|lane| if lane == entry.lane { mark(entry).to_string() } else { "·".to_owned() })
        .collect();
    let own = timeline.lanes.get(entry.lane).is_some_and(|lane| lane.kind == LaneKind::Replica);
    let lane = timeline.lanes.get(entry.lane).map_or("?", |lane| &lane.name);
    let cause = entry.replica.filter(|_| !own);
    let cause = cause.map_or_else(String::new, |replica| format!(" (replica {replica})"));
    let pointer = match timeline.pair.iter().position(|&other| other == index) {
        Some(0) => 'A',
        Some(_) => 'B',
        None if entry.critical => '>',
        None => ' ',
    };
    let begin = format!("{indent} {pointer} {:>12}  {}  ", moment(entry.at_us), marks.join(" "));
    let margin = begin.chars().count();
    // A narrow terminal gets more lines for the description, as long as there is room for words.
    let room = text.width.saturating_sub(margin).max(NARROWEST);
    let room = if text.width < WIDTH { room } else { usize::MAX };
    for (index, line) in broken(&format!("{lane}: {}{cause}", entry.text), room).into_iter().enumerate() {
        let _ = if index == 0 { writeln!(text, "{begin}{line}") } else { writeln!(text, "{:margin$}{line}", "") };
    }
}

/// Lines of at most `room` characters: a word that is longer, such as a path, is broken.
fn broken(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in wrapped(text, room) {
        let letters: Vec<char> = line.chars().collect();
        lines.extend(letters.chunks(room.max(1)).map(String::from_iter));
    }
    lines
}

const fn mark(entry: &Entry) -> char {
    match entry.what {
        Happening::SignalSent { .. } | Happening::CallSent { .. } => '›',
        Happening::SignalAnswered { .. } | Happening::CallAnswered { .. } => '‹',
        Happening::SignalArrives { .. } => '»',
        Happening::CallCommitted { .. } => {
            if entry.critical {
                '◉'
            } else {
                '●'
            }
        }
        Happening::WatchEvent => '~',
        Happening::Fault => '!',
        Happening::Crash => '✕',
        Happening::Restart | Happening::Resume => '↑',
        Happening::Pause => '‖',
    }
}
