//! A timeline as swim lanes that run downwards: one row per step, one narrow column per lane, the description
//! beside it.
//!
//! A description wraps and is never cut, however narrow the page. Bars are calls and signals under way, dots are
//! commits, numbered rings are the evidence, and the steps whose order decides are ringed A and B. Colours are classes
//! of the page's style sheet, for light, dark and paper.
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

/// The lanes as one HTML element; `label` describes it to screen readers.
pub(super) fn draw(timeline: &Timeline, label: &str) -> String {
    let shown = focus(timeline, ROWS);
    let lanes = used(timeline, &shown);
    let mut html = format!(r#"<table class="lanes" aria-label="{}">"#, Escaped(label));
    head(&mut html, timeline, &lanes);
    let mut spans = Spans::new(timeline);
    let (mut next, mut evidence) = (0, 0);
    for index in shown {
        gap(&mut html, lanes.len(), index - next);
        for between in next..index {
            spans.pass(between);
        }
        let states = spans.pass(index);
        evidence += usize::from(timeline.entries[index].critical);
        row(&mut html, (timeline, &lanes), index, &states, evidence);
        next = index + 1;
    }
    gap(&mut html, lanes.len(), timeline.entries.len() - next);
    html.push_str("</tbody></table>\n");
    html
}

/// The lanes on which something is shown, and those of replicas and the sender.
fn used(timeline: &Timeline, shown: &[usize]) -> Vec<usize> {
    let main = |lane: usize| matches!(timeline.lanes[lane].kind, LaneKind::Sender | LaneKind::Replica);
    let has = |lane: usize| shown.iter().any(|&index| timeline.entries[index].lane == lane);
    (0..timeline.lanes.len()).filter(|&lane| main(lane) || has(lane)).collect()
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

fn head(html: &mut String, timeline: &Timeline, lanes: &[usize]) {
    html.push_str("<caption>");
    for &lane in lanes {
        let (name, kind) = (Escaped(&timeline.lanes[lane].name), class(timeline.lanes[lane].kind));
        let _ =
            write!(html, r#"<span class="lane-name"><b class="{kind}">{}</b> {name}</span> "#, short(timeline, lane));
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
    html.push_str("<th>step</th></tr></thead><tbody>\n");
}

fn gap(html: &mut String, lanes: usize, steps: usize) {
    if steps > 0 {
        let plural = if steps == 1 { "step" } else { "steps" };
        let _ = writeln!(html, r#"<tr class="gap"><td colspan="{}">⋯ {steps} {plural}</td></tr>"#, lanes + 2);
    }
}

fn row(html: &mut String, (timeline, lanes): (&Timeline, &[usize]), index: usize, states: &[State], evidence: usize) {
    let entry = &timeline.entries[index];
    let pair = timeline.pair.iter().position(|&other| other == index);
    let marked = if pair.is_some() {
        " pair"
    } else if entry.critical {
        " critical"
    } else {
        ""
    };
    let _ = write!(html, r#"<tr class="row{marked}"><td class="time">{}</td>"#, moment(entry.at_us));
    for &lane in lanes {
        let state = &states[lane];
        let kind = class(timeline.lanes[lane].kind);
        let _ = write!(html, r#"<td class="cell {kind}{}">"#, state.classes());
        if lane == entry.lane {
            let _ = write!(html, r#"<i class="mark {}">{}</i>"#, mark_class(entry), mark(entry));
        }
        html.push_str("</td>");
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
