//! Spans of a timeline: what has a beginning and an end on one lane.
use crate::timeline::{Entry, Happening, Timeline};

/// A signal, a call, or a time in which a replica did not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span<'a> {
    pub(super) kind: SpanKind,
    /// Number of the signal or the call; of a replica's absence, the position of its first entry.
    pub(super) number: u64,
    pub(super) lane: usize,
    /// Description, such as `create remediationrequests`.
    pub(super) name: &'a str,
    pub(super) begin_us: u64,
    pub(super) end_us: u64,
    /// HTTP status of the answer; `None` if no answer came.
    pub(super) status: Option<u16>,
    /// Whether its end is in the timeline: a crash cuts calls off.
    pub(super) ended: bool,
    /// Whether one of its entries is evidence of the violation.
    pub(super) critical: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SpanKind {
    Signal,
    Call,
    /// From a crash until the replica is ready again.
    Down,
    Paused,
}

impl SpanKind {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Call => "call",
            Self::Down => "down",
            Self::Paused => "paused",
        }
    }

    /// Kind and number of the span that an entry begins.
    fn begun_by(entry: &Entry) -> Option<(Self, u64)> {
        match entry.what {
            Happening::SignalSent { signal } => Some((Self::Signal, u64::from(signal))),
            Happening::CallSent { call, .. } => Some((Self::Call, call)),
            Happening::Crash => Some((Self::Down, entry.ordinal)),
            Happening::Pause => Some((Self::Paused, entry.ordinal)),
            _ => None,
        }
    }
}

impl Span<'_> {
    fn is_ended_by(&self, entry: &Entry) -> bool {
        match (self.kind, &entry.what) {
            (SpanKind::Signal, Happening::SignalAnswered { signal, .. }) => self.number == u64::from(*signal),
            (SpanKind::Call, Happening::CallAnswered { call, .. }) => self.number == *call,
            (SpanKind::Down, Happening::Restart) => self.lane == entry.lane,
            (SpanKind::Paused, Happening::Resume | Happening::Crash) => self.lane == entry.lane,
            _ => false,
        }
    }
}

/// The spans of a timeline, in the order of their beginnings. One without an end lasts as long as the timeline.
pub(super) fn of(timeline: &Timeline) -> Vec<Span<'_>> {
    let last = timeline.entries.iter().map(|entry| entry.at_us).max().unwrap_or(0);
    let mut spans: Vec<Span<'_>> = Vec::new();
    for entry in &timeline.entries {
        if let Some((kind, number)) = SpanKind::begun_by(entry) {
            spans.push(Span {
                kind,
                number,
                lane: entry.lane,
                name: &entry.text,
                begin_us: entry.at_us,
                end_us: last,
                status: None,
                ended: false,
                critical: entry.critical,
            });
        }
        for span in spans.iter_mut().filter(|span| !span.ended && span.is_ended_by(entry)) {
            (span.ended, span.end_us) = (true, entry.at_us);
            span.critical |= entry.critical;
            if let Happening::SignalAnswered { status, .. } | Happening::CallAnswered { status, .. } = entry.what {
                span.status = status;
            }
        }
    }
    spans
}
