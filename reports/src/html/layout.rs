//! Where everything of a timeline goes: columns for entries, rows for lanes, and within a lane rows for what overlaps.
//!
//! A column per entry and not a scale of time: races happen within a millisecond and are waited for over half a minute.
use crate::{
    focus::{Thread, focus},
    timeline::{Entry, Happening, LaneKind, Timeline},
};
use std::collections::BTreeMap;

pub(super) const LABELS: i32 = 226;
pub(super) const AXIS: i32 = 34;
pub(super) const ROW: i32 = 20;
const OBJECT: i32 = 46;
/// Below the lanes: how many entries a column stands for.
pub(super) const FOOT: i32 = 18;
/// What the drawing of a short run is stretched to, so that its bars have room for words.
const PAGE: i32 = 1_366;
const NARROWEST: i32 = 27;
const WIDEST: i32 = 64;
const PADDING: i32 = 12;
/// How many columns fit on a page before its letters get too small to read.
const COLUMNS: usize = 44;

/// A call, or a signal's way: from its beginning to its end on one lane.
pub(super) struct Span<'a> {
    pub(super) thread: Thread,
    pub(super) lane: usize,
    /// Which row of the lane.
    pub(super) row: i32,
    pub(super) begin: usize,
    /// `None`: it never ended.
    pub(super) end: Option<usize>,
    pub(super) label: &'a str,
    /// Its answer's HTTP status, if any answer came.
    pub(super) status: Option<u16>,
    /// Whether it is a signal in a replica's hands.
    pub(super) handling: bool,
}

/// See the module.
pub(super) struct Layout<'a> {
    pub(super) timeline: &'a Timeline,
    /// Places of the entries shown.
    pub(super) shown: Vec<usize>,
    /// Columns that stand for entries left out: their place among the columns, and how many entries.
    pub(super) gaps: Vec<(i32, usize)>,
    pub(super) spans: Vec<Span<'a>>,
    /// By lane: its upper edge and its height.
    pub(super) lanes: Vec<(i32, i32)>,
    /// By entry, shown or not: its column.
    columns: Vec<i32>,
    /// How wide a column is.
    pub(super) column: i32,
    width: i32,
}

impl<'a> Layout<'a> {
    pub(super) fn of(timeline: &'a Timeline) -> Self {
        let shown = focus(timeline, COLUMNS);
        let (columns, gaps) = columns(&shown, timeline.entries.len());
        let mut spans = spans(&timeline.entries, &shown);
        let rows = stack(&mut spans, timeline.lanes.len(), &columns);
        let mut top = AXIS;
        let lanes = timeline
            .lanes
            .iter()
            .zip(rows)
            .map(|(lane, rows)| {
                let height = if lane.kind == LaneKind::Object { OBJECT } else { rows.max(1) * ROW + PADDING };
                top += height;
                (top - height, height)
            })
            .collect();
        let count = columns.last().map_or(1, |last| last + 2);
        let column = ((PAGE - LABELS) / count).clamp(NARROWEST, WIDEST);
        Self { timeline, shown, gaps, spans, lanes, columns, column, width: LABELS + count * column }
    }

    pub(super) const fn width(&self) -> i32 {
        self.width
    }

    pub(super) fn height(&self) -> i32 {
        self.lanes.last().map_or(AXIS, |(top, height)| top + height) + FOOT
    }

    /// The middle of an entry's column.
    pub(super) fn x(&self, place: usize) -> i32 {
        self.columns.get(place).map_or_else(|| self.width - self.column, |&column| self.column_x(column))
    }

    pub(super) const fn column_x(&self, column: i32) -> i32 {
        LABELS + column * self.column + self.column / 2
    }

    /// The middle of a row of a lane; of an object's lane, the height of its commits.
    pub(super) fn y(&self, lane: usize, row: i32) -> i32 {
        let (top, height) = self.lanes.get(lane).copied().unwrap_or((0, 0));
        match self.timeline.lanes.get(lane).map(|lane| lane.kind) {
            Some(LaneKind::Object) => top + height - 15,
            _ => top + PADDING / 2 + row * ROW + ROW / 2,
        }
    }

    pub(super) fn span(&self, thread: Thread, handling: bool) -> Option<&Span<'a>> {
        self.spans.iter().find(|span| span.thread == thread && span.handling == handling)
    }
}

/// For each entry its column, and for each column of entries left out how many they are.
fn columns(shown: &[usize], total: usize) -> (Vec<i32>, Vec<(i32, usize)>) {
    let mut columns = Vec::with_capacity(total);
    let mut gaps: Vec<(i32, usize)> = Vec::new();
    let (mut column, mut in_gap) = (-1, false);
    for place in 0..total {
        if shown.binary_search(&place).is_ok() {
            column += 1;
            in_gap = false;
        } else if in_gap {
            if let Some((_, entries)) = gaps.last_mut() {
                *entries += 1;
            }
        } else {
            column += 1;
            in_gap = true;
            gaps.push((column, 1));
        }
        columns.push(column);
    }
    (columns, gaps)
}

/// The spans of which at least one entry is shown, in the order of their beginning.
fn spans<'a>(entries: &'a [Entry], shown: &[usize]) -> Vec<Span<'a>> {
    let mut spans: Vec<Span<'a>> = Vec::new();
    let mut open: BTreeMap<(Thread, bool), usize> = BTreeMap::new();
    let mut seen: Vec<Thread> = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let Some(thread) = Thread::of(&entry.what) else { continue };
        if shown.binary_search(&place).is_ok() {
            seen.push(thread);
        }
        match &entry.what {
            Happening::SignalSent { .. } | Happening::SignalArrives { .. } | Happening::CallSent { .. } => {
                let handling = matches!(entry.what, Happening::SignalArrives { .. });
                open.insert((thread, handling), spans.len());
                let (lane, label) = (entry.lane, &*entry.text);
                spans.push(Span { thread, lane, row: 0, begin: place, end: None, label, status: None, handling });
            }
            Happening::SignalAnswered { status, .. } | Happening::CallAnswered { status, .. } => {
                for handling in [false, true] {
                    if let Some(span) = open.remove(&(thread, handling)) {
                        (spans[span].end, spans[span].status) = (Some(place), *status);
                    }
                }
            }
            _ => {}
        }
    }
    spans.retain(|span| seen.contains(&span.thread));
    spans
}

/// Gives overlapping spans of a lane rows of their own; returns how many rows each lane needs.
fn stack(spans: &mut [Span<'_>], lanes: usize, columns: &[i32]) -> Vec<i32> {
    let mut taken: Vec<Vec<i32>> = vec![Vec::new(); lanes];
    for span in spans {
        let Some(rows) = taken.get_mut(span.lane) else { continue };
        let begin = columns[span.begin];
        let end = span.end.map_or(i32::MAX, |end| columns[end]);
        let free = rows.iter().position(|&until| until < begin);
        let row = free.unwrap_or_else(|| {
            rows.push(0);
            rows.len() - 1
        });
        rows[row] = end;
        span.row = i32::try_from(row).unwrap_or(i32::MAX);
    }
    taken.into_iter().map(|rows| i32::try_from(rows.len()).unwrap_or(i32::MAX)).collect()
}
