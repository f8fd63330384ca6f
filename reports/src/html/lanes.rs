//! A timeline as swim lanes that run downwards: one row per step, one narrow column per lane, the description
//! beside it.
//!
//! A description wraps and is never cut, however narrow the page. Bars are calls and signals under way, dots are
//! commits, numbered rings are the evidence, and the steps whose order decides are ringed A and B. The bar of a lease
//! has the number of the replica that it names, and the edge of a replica says what that believes. A column of its own
//! is hatched while a copy of the store is behind. Colours are classes of the page's style sheet, for light, dark and
//! paper.
use super::{
    escape::Escaped,
    spans::{Spans, State},
};
use crate::{
    figures::moment,
    focus::focus,
    timeline::{Entry, Happening, LaneKind, ObjectState, Timeline},
};
use std::fmt::Write;

/// Largest number of rows: a longer run shows what is nearest to the evidence.
const ROWS: usize = 60;

/// Largest number of columns for copies of the store: those that are furthest behind.
const COPIES: usize = 3;

/// The columns of a drawing, by their indexes in the timeline.
struct Columns<'a> {
    timeline: &'a Timeline,
    lanes: Vec<usize>,
    copies: Vec<usize>,
}

/// The lanes as one HTML element; `label` describes it to screen readers, and `run` names the run whose steps the rows
/// are.
pub(super) fn draw(timeline: &Timeline, label: &str, run: &str) -> String {
    let shown = focus(timeline, ROWS);
    let columns = Columns { timeline, lanes: used(timeline, &shown), copies: behind(timeline, &shown) };
    let mut html = format!(r#"<table class="lanes" data-of="{}" aria-label="{}">"#, Escaped(run), Escaped(label));
    head(&mut html, &columns);
    let width = columns.lanes.len() + columns.copies.len() + 2;
    let mut spans = Spans::new(timeline);
    let (mut next, mut evidence) = (0, 0);
    for index in shown {
        gap(&mut html, width, index - next);
        for between in next..index {
            spans.pass(between);
        }
        let states = spans.pass(index);
        evidence += usize::from(timeline.entries[index].critical);
        row(&mut html, &columns, index, &states, evidence);
        next = index + 1;
    }
    gap(&mut html, width, timeline.entries.len() - next);
    html.push_str("</tbody></table>\n");
    html
}

/// The lanes on which something is shown, and those of replicas and the sender.
fn used(timeline: &Timeline, shown: &[usize]) -> Vec<usize> {
    let main = |lane: usize| matches!(timeline.lanes[lane].kind, LaneKind::Sender | LaneKind::Replica);
    let has = |lane: usize| shown.iter().any(|&index| timeline.entries[index].lane == lane);
    (0..timeline.lanes.len()).filter(|&lane| main(lane) || has(lane)).collect()
}

/// The copies that are behind at a shown row: those that are furthest behind, in the order of the timeline.
fn behind(timeline: &Timeline, shown: &[usize]) -> Vec<usize> {
    let most = |copy: &usize| shown.iter().map(|&index| timeline.copies[*copy].behind_at(index)).max().unwrap_or(0);
    let mut copies: Vec<usize> = (0..timeline.copies.len()).filter(|copy| most(copy) > 0).collect();
    copies.sort_by_key(|copy| std::cmp::Reverse(most(copy)));
    copies.truncate(COPIES);
    copies.sort_unstable();
    copies
}

/// A short name for a narrow column.
fn short(timeline: &Timeline, lane: usize) -> String {
    let number = timeline.lanes[..lane].iter().filter(|other| other.kind == timeline.lanes[lane].kind).count();
    match timeline.lanes[lane].kind {
        LaneKind::Sender => "S".to_owned(),
        LaneKind::Replica => number.to_string(),
        LaneKind::Actor => format!("W{}", number + 1),
        LaneKind::Object => format!("O{}", number + 1),
    }
}

const fn class(kind: LaneKind) -> &'static str {
    match kind {
        LaneKind::Sender => "sender",
        LaneKind::Replica => "replica",
        LaneKind::Actor => "actor",
        LaneKind::Object => "object",
    }
}

fn head(html: &mut String, Columns { timeline, lanes, copies }: &Columns<'_>) {
    html.push_str("<caption>");
    for &lane in lanes {
        let (name, kind) = (Escaped(&timeline.lanes[lane].name), class(timeline.lanes[lane].kind));
        let _ =
            write!(html, r#"<span class="lane-name"><b class="{kind}">{}</b> {name}</span> "#, short(timeline, lane));
    }
    for (number, &copy) in (1..).zip(copies) {
        let name = Escaped(&timeline.copies[copy].name);
        let _ = write!(html, r#"<span class="lane-name"><b class="copy">C{number}</b> {name}</span> "#);
    }
    html.push_str(r#"</caption><thead><tr><th class="time">seconds</th>"#);
    for &lane in lanes {
        let kind = class(timeline.lanes[lane].kind);
        let _ = write!(
            html,
            r#"<th class="{kind}" title="{}">{}</th>"#,
            Escaped(&timeline.lanes[lane].name),
            short(timeline, lane)
        );
    }
    for (number, &copy) in (1..).zip(copies) {
        let name = Escaped(&timeline.copies[copy].name);
        let _ = write!(html, r#"<th class="copy" title="{name}">C{number}</th>"#);
    }
    html.push_str("<th>step</th></tr></thead><tbody>\n");
}

fn gap(html: &mut String, width: usize, steps: usize) {
    if steps > 0 {
        let plural = if steps == 1 { "step" } else { "steps" };
        let _ = writeln!(html, r#"<tr class="gap"><td colspan="{width}">⋯ {steps} {plural}</td></tr>"#);
    }
}

fn row(html: &mut String, columns: &Columns<'_>, index: usize, states: &[State], evidence: usize) {
    let Columns { timeline, lanes, copies } = columns;
    let entry = &timeline.entries[index];
    let pair = timeline.pair.iter().position(|&other| other == index);
    let marked = if pair.is_some() {
        " pair"
    } else if entry.critical {
        " critical"
    } else {
        ""
    };
    let time = moment(entry.at_us);
    let _ = write!(html, r#"<tr class="row{marked}" data-step="{index}"><td class="time">{time}</td>"#);
    for &lane in lanes {
        let state = &states[lane];
        let kind = class(timeline.lanes[lane].kind);
        let _ = write!(html, r#"<td class="cell {kind}{}">"#, state.classes());
        if lane == entry.lane {
            let _ = write!(html, r#"<i class="mark {}">{}</i>"#, mark_class(entry), mark(entry));
        } else if let Some(holder) = state.holder {
            let _ = write!(html, r#"<i class="holder">{holder}</i>"#);
        }
        html.push_str("</td>");
    }
    for &copy in copies {
        let _ = match timeline.copies[copy].behind_at(index) {
            0 => write!(html, r#"<td class="cell copy"></td>"#),
            writes => write!(html, r#"<td class="cell copy behind"><i>{writes}</i></td>"#),
        };
    }
    html.push_str(r#"<td class="step">"#);
    if let Some(pair) = pair {
        let _ = write!(html, r#"<b class="pair-ring">{}</b> "#, if pair == 0 { 'A' } else { 'B' });
    }
    if entry.critical {
        let _ = write!(html, r#"<b class="ring">{evidence}</b> "#);
    }
    let _ = writeln!(html, "{}</td></tr>", Escaped(&words(timeline, entry, states)));
}

/// The description of a row, with the lane's name.
fn words(timeline: &Timeline, entry: &Entry, states: &[State]) -> String {
    let lane = timeline.lanes.get(entry.lane);
    let own = lane.is_some_and(|lane| lane.kind == LaneKind::Replica);
    let name = lane.map_or("?", |lane| &lane.name);
    let by = entry.replica.filter(|_| !own).map_or_else(String::new, |replica| format!(", by replica {replica}"));
    let late = if states.iter().any(|state| state.late) { " (late: its caller had stopped waiting)" } else { "" };
    format!("{name}: {}{by}{late}", entry.text)
}

const fn mark(entry: &Entry) -> char {
    match entry.what {
        Happening::SignalSent { .. } | Happening::CallSent { .. } => '›',
        Happening::SignalAnswered { .. } | Happening::CallAnswered { .. } => '‹',
        Happening::SignalArrives { .. } => '»',
        Happening::CallCommitted { state: ObjectState::Gone, .. } => '○',
        Happening::CallCommitted { .. } => '●',
        Happening::WatchEvent => '~',
        Happening::Fault => '!',
        Happening::Crash => '✕',
        Happening::Restart | Happening::Resume => '↑',
        Happening::Pause => '‖',
    }
}

const fn mark_class(entry: &Entry) -> &'static str {
    match entry.what {
        Happening::CallCommitted { .. } => "commit",
        Happening::Fault | Happening::Crash | Happening::Pause => "fault",
        Happening::SignalAnswered { status, .. } | Happening::CallAnswered { status, .. } => match status {
            None | Some(500..) => "failed",
            Some(400..=499) => "refused",
            Some(_) => "fine",
        },
        _ => "fine",
    }
}
