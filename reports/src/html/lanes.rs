//! Draws a timeline as swim lanes: bars are calls and signals, dots on an object's lane are commits, and numbered rings
//! mark the evidence.
use super::{
    layout::{AXIS, FOOT, LABELS, Layout, ROW, Span},
    svg::Svg,
};
use crate::{
    figures::moment,
    focus::Thread,
    timeline::{Entry, Happening, LaneKind, ObjectState, Timeline},
};

/// Smallest distance between two times on the axis.
const TICK: i32 = 78;

/// The timeline as one SVG element.
pub(super) fn draw(timeline: &Timeline, label: &str) -> String {
    let layout = Layout::of(timeline);
    let mut svg = Svg::new(layout.width(), layout.height());
    rails(&mut svg, &layout);
    axis(&mut svg, &layout);
    stretches(&mut svg, &layout);
    bands(&mut svg, &layout);
    connectors(&mut svg, &layout);
    for span in &layout.spans {
        bar(&mut svg, &layout, span);
    }
    for &index in &layout.shown {
        happening(&mut svg, &layout, index);
    }
    rings(&mut svg, &layout);
    svg.finish(label)
}

fn rails(svg: &mut Svg, layout: &Layout<'_>) {
    for (lane, &(top, height)) in layout.timeline.lanes.iter().zip(&layout.lanes) {
        let class = match lane.kind {
            LaneKind::Sender => "lane sender",
            LaneKind::Replica => "lane replica",
            LaneKind::Actor => "lane actor",
            LaneKind::Object => "lane object",
        };
        svg.rect(class, (0, top + 1), (layout.width(), height - 2), "");
        svg.rect("name-box", (0, top + 1), (LABELS - 10, height - 2), &lane.name);
        svg.fitted("name", (10, top + height / 2 + 4), &middle(&lane.name, 27), LABELS - 20);
    }
}

/// Shortens a name in its middle, since names of Kubernetes objects differ at their ends.
fn middle(name: &str, most: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= most {
        return name.to_owned();
    }
    let end = (most - 1) / 2;
    let begin = most - 1 - end;
    letters[..begin].iter().chain(['…'].iter()).chain(&letters[letters.len() - end..]).collect()
}

fn axis(svg: &mut Svg, layout: &Layout<'_>) {
    let half = layout.column / 2;
    let mut free_from = 0;
    let mut last: Option<u64> = None;
    for &index in &layout.shown {
        let (x, at) = (layout.x(index), layout.timeline.entries[index].at_us);
        let jump = last.and_then(|last| at.checked_sub(last)).filter(|&jump| jump >= 1_000_000);
        if let Some(jump) = jump {
            svg.line("jump", (x - half, AXIS - 6), (x - half, layout.height() - FOOT));
            svg.text("jump-text", (x - half, 12), &format!("+ {}.{} s", jump / 1_000_000, jump / 100_000 % 10));
        }
        if last != Some(at) && x >= free_from {
            svg.text("tick", (x, 26), &short_moment(at));
            free_from = x + TICK;
        }
        last = Some(at);
    }
    for &(column, entries) in &layout.gaps {
        let x = layout.column_x(column);
        svg.rect(
            "gap",
            (x - half + 3, AXIS),
            (layout.column - 6, layout.height() - AXIS - FOOT),
            &format!("{entries} steps not shown"),
        );
        svg.text("gap-text", (x, layout.height() - 5), &format!("⋯ {entries}"));
    }
}

/// Seconds without trailing zeros, at least to the millisecond.
fn short_moment(at_us: u64) -> String {
    let text = moment(at_us);
    let text = text.strip_suffix("000").unwrap_or(&text);
    format!("{text} s")
}

/// Draws the times at which a replica did not run, because it had crashed or was paused.
fn stretches(svg: &mut Svg, layout: &Layout<'_>) {
    let entries = &layout.timeline.entries;
    for (begin, entry) in entries.iter().enumerate() {
        let class = match entry.what {
            Happening::Crash => "down",
            Happening::Pause => "paused",
            _ => continue,
        };
        let ends =
            |later: &Entry| later.lane == entry.lane && matches!(later.what, Happening::Restart | Happening::Resume);
        let end = entries.iter().skip(begin + 1).position(ends).map(|offset| begin + 1 + offset);
        let (left, right) = (layout.x(begin), end.map_or_else(|| layout.width(), |end| layout.x(end)));
        let Some(&(top, height)) = layout.lanes.get(entry.lane) else { continue };
        svg.rect(class, (left, top + 2), (right - left, height - 4), &entry.text);
    }
}

/// Draws the state of each object between its commits.
fn bands(svg: &mut Svg, layout: &Layout<'_>) {
    for (lane, _) in layout.timeline.lanes.iter().enumerate() {
        let commits: Vec<_> = layout
            .timeline
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.lane == lane)
            .filter_map(|(index, entry)| match &entry.what {
                Happening::CallCommitted { state, .. } => Some((index, *state, entry)),
                _ => None,
            })
            .collect();
        for (number, &(index, state, entry)) in commits.iter().enumerate() {
            let (left, y) = (layout.x(index), layout.y(lane, 0));
            let right = commits.get(number + 1).map_or_else(|| layout.width() - 4, |(next, ..)| layout.x(*next));
            let class = match state {
                ObjectState::Live => "live",
                ObjectState::Idle => "idle",
                ObjectState::Gone => "gone",
            };
            if state != ObjectState::Gone && right > left {
                svg.rect(class, (left, y - 5), (right - left, 10), &entry.text);
            }
            if layout.shown.binary_search(&index).is_ok() {
                svg.fitted("state", (left + 8, y - 11), &entry.text, right - left - 8);
            }
        }
    }
}

/// Draws lines from a call to its commit, and from a signal's sending to its arrival and back.
fn connectors(svg: &mut Svg, layout: &Layout<'_>) {
    for &index in &layout.shown {
        let entry = &layout.timeline.entries[index];
        let Some(thread) = Thread::of(&entry.what) else { continue };
        let x = layout.x(index);
        match &entry.what {
            Happening::CallCommitted { .. } => {
                let Some(span) = layout.span(thread, false) else { continue };
                let (from, to) = (layout.y(span.lane, span.row), layout.y(entry.lane, 0));
                match span.end.filter(|&end| end < index) {
                    // The write took effect after its caller had stopped waiting.
                    Some(end) => svg.line("late", (layout.x(end), from), (x, to)),
                    None => svg.line("to-commit", (x, from), (x, to)),
                }
            }
            Happening::SignalArrives { .. } | Happening::SignalAnswered { .. } => {
                let Some((sender, handling)) = layout.span(thread, false).zip(layout.span(thread, true)) else {
                    continue;
                };
                svg.line("hop", (x, layout.y(sender.lane, sender.row)), (x, layout.y(handling.lane, handling.row)));
            }
            _ => {}
        }
    }
}

fn bar(svg: &mut Svg, layout: &Layout<'_>, span: &Span<'_>) {
    let left = layout.x(span.begin);
    let right = span.end.map_or_else(|| layout.width() - 4, |end| layout.x(end)).max(left + 6);
    let y = layout.y(span.lane, span.row);
    let outcome = match (span.end, span.status) {
        (None, _) | (_, None) => "lost",
        (_, Some(200..=399)) => "ok",
        (_, Some(400..=499)) => "refused",
        _ => "failed",
    };
    let kind = match (span.handling, span.thread) {
        (true, _) => "handling",
        (false, Thread::Signal(_)) => "signal",
        (false, Thread::Call(_)) => "call",
    };
    let status = match (span.end, span.status) {
        (None, _) => "no end".to_owned(),
        (Some(_), None) => "✕".to_owned(),
        (Some(_), Some(status)) => status.to_string(),
    };
    let label = if span.handling { span.label.to_owned() } else { format!("{} → {status}", span.label) };
    svg.rect(&format!("bar {kind} {outcome}"), (left, y - ROW / 2 + 2), (right - left, ROW - 4), &label);
    let room = right - left - 6;
    if span.handling || i32::try_from(label.chars().count()).unwrap_or(i32::MAX) * 6 <= room {
        svg.fitted("bar-text", (left + 5, y + 4), &label, room);
    } else {
        // Too long: the status matters more than the end of the label.
        let cells = i32::try_from(status.chars().count()).unwrap_or(0) * 7 + 4;
        svg.fitted("bar-text", (left + 5, y + 4), span.label, room - cells);
        svg.text("bar-end", (right - 4, y + 4), &status);
    }
}

fn happening(svg: &mut Svg, layout: &Layout<'_>, index: usize) {
    let entry = &layout.timeline.entries[index];
    let at = (layout.x(index), layout.y(entry.lane, 0));
    match &entry.what {
        Happening::CallCommitted { state: ObjectState::Gone, .. } => svg.cross("end", at, 5, &entry.text),
        Happening::CallCommitted { .. } => svg.circle("commit", at, 5, &entry.text),
        Happening::WatchEvent => svg.circle("watch", at, 4, &entry.text),
        Happening::Restart | Happening::Resume => svg.circle("restart", at, 5, &entry.text),
        Happening::Crash | Happening::Fault | Happening::Pause => {
            svg.cross("fault", at, 6, &entry.text);
            svg.fitted("fault-text", (at.0 + 10, at.1 + 4), &entry.text, 190);
        }
        _ => {}
    }
}

fn rings(svg: &mut Svg, layout: &Layout<'_>) {
    for (number, &index) in (1..).zip(layout.shown.iter().filter(|&&index| layout.timeline.entries[index].critical)) {
        let entry = &layout.timeline.entries[index];
        let thread = Thread::of(&entry.what);
        let span = thread.and_then(|thread| layout.span(thread, false)).filter(|span| span.lane == entry.lane);
        let (x, y) = (layout.x(index), layout.y(entry.lane, span.map_or(0, |span| span.row)));
        svg.circle("ring", (x, y), 9, &entry.text);
        svg.circle("number-box", (x - 10, y - 10), 7, "");
        svg.text("number", (x - 10, y - 6), &number.to_string());
    }
}
