//! Positions of everything in a drawn timeline: columns for entries, rows for lanes, and rows within a lane for what
//! overlaps.
//!
//! There is a column per entry instead of a scale of time, since a race takes a millisecond and the wait before it may
//! take half a minute.
use crate::{
    focus::{Thread, focus},
    timeline::{Entry, Happening, LaneKind, Timeline},
};
use std::collections::BTreeMap;

pub(super) const LABELS: i32 = 226;
pub(super) const AXIS: i32 = 34;
pub(super) const ROW: i32 = 20;
const OBJECT: i32 = 46;
/// Height below the lanes, for the number of entries that a gap stands for.
pub(super) const FOOT: i32 = 18;
/// Width to which the drawing of a short run is stretched, so that its bars have room for labels.
const PAGE: i32 = 1_366;
const NARROWEST: i32 = 27;
const WIDEST: i32 = 64;
const PADDING: i32 = 12;
/// Number of columns that fit on a page with readable letters.
const COLUMNS: usize = 44;

/// A call or a signal, from its beginning to its end on one lane.
pub(super) struct Span<'a> {
    pub(super) thread: Thread,
    pub(super) lane: usize,
    /// Row within the lane.
    pub(super) row: i32,
    pub(super) begin: usize,
    /// `None` if it never ended.
    pub(super) end: Option<usize>,
    pub(super) label: &'a str,
    /// HTTP status of its answer, if one came.
    pub(super) status: Option<u16>,
    /// Whether it is a replica's handling of a signal.
    pub(super) handling: bool,
}

/// Positions of the entries of one timeline.
pub(super) struct Layout<'a> {
    pub(super) timeline: &'a Timeline,
    /// Indexes of the entries shown.
    pub(super) shown: Vec<usize>,
    /// Gaps: the column of each, and the number of entries that it stands for.
    pub(super) gaps: Vec<(i32, usize)>,
    pub(super) spans: Vec<Span<'a>>,
    /// Upper edge and height of each lane.
    pub(super) lanes: Vec<(i32, i32)>,
    /// Column of each entry, shown or not.
    columns: Vec<i32>,
    /// Width of a column.
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
    pub(super) fn x(&self, index: usize) -> i32 {
        self.columns.get(index).map_or_else(|| self.width - self.column, |&column| self.column_x(column))
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

/// The column of each entry, and the gaps with the number of entries in each.
fn columns(shown: &[usize], total: usize) -> (Vec<i32>, Vec<(i32, usize)>) {
    let mut columns = Vec::with_capacity(total);
    let mut gaps: Vec<(i32, usize)> = Vec::new();
    let (mut column, mut in_gap) = (-1, false);
    for index in 0..total {
        if shown.binary_search(&index).is_ok() {
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

/// The spans with at least one entry shown, in the order of their beginning.
fn spans<'a>(entries: &'a [Entry], shown: &[usize]) -> Vec<Span<'a>> {
    let mut spans: Vec<Span<'a>> = Vec::new();
    let mut open: BTreeMap<(Thread, bool), usize> = BTreeMap::new();
    let mut seen: Vec<Thread> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let Some(thread) = Thread::of(&entry.what) else { continue };
        if shown.binary_search(&index).is_ok() {
            seen.push(thread);
        }
        match &entry.what {
            Happening::SignalSent { .. } | Happening::SignalArrives { .. } | Happening::CallSent { .. } => {
                let handling = matches!(entry.what, Happening::SignalArrives { .. });
                open.insert((thread, handling), spans.len());
                let (lane, label) = (entry.lane, &*entry.text);
                spans.push(Span { thread, lane, row: 0, begin: index, end: None, label, status: None, handling });
            }
            Happening::SignalAnswered { status, .. } | Happening::CallAnswered { status, .. } => {
                for handling in [false, true] {
                    if let Some(span) = open.remove(&(thread, handling)) {
                        (spans[span].end, spans[span].status) = (Some(index), *status);
                    }
                }
            }
            _ => {}
        }
    }
    spans.retain(|span| seen.contains(&span.thread));
    spans
}

/// Gives overlapping spans of a lane rows of their own. Returns the number of rows of each lane.
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
