//! What each lane shows at a row: calls and signals that are under way, the state of an object, what a replica
//! believes.
use crate::{
    focus::Thread,
    timeline::{Happening, LaneKind, ObjectState, Timeline},
};
use std::collections::BTreeMap;

/// One lane at one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    /// A call of this lane is under way.
    pub(super) calling: bool,
    /// A signal is sent or handled here.
    pub(super) handling: bool,
    /// The object is held or active, or it is free or ended; None for one that does not exist.
    pub(super) object: Option<ObjectState>,
    /// The replica believes that it holds the lease.
    pub(super) believes: bool,
    /// The replica is down or paused.
    pub(super) down: bool,
    /// This row commits a call whose caller had stopped waiting.
    pub(super) late: bool,
}

impl State {
    /// Classes of its cell.
    pub(super) fn classes(&self) -> String {
        let object = match self.object {
            Some(ObjectState::Live) => " live",
            Some(ObjectState::Idle) => " idle",
            Some(ObjectState::Gone) | None => "",
        };
        let flags = [
            (self.handling, " handling"),
            (self.calling, " calling"),
            (self.believes, " believes"),
            (self.down, " down"),
            (self.late, " late"),
        ];
        flags.iter().filter(|(set, _)| *set).fold(object.to_owned(), |classes, (_, class)| classes + class)
    }
}

/// Goes through a timeline, entry by entry.
pub(super) struct Spans<'a> {
    timeline: &'a Timeline,
    /// Lane of each call under way.
    calls: BTreeMap<u64, usize>,
    /// Replica lane of each signal under way.
    signals: BTreeMap<u32, usize>,
    objects: Vec<Option<ObjectState>>,
    down: Vec<bool>,
}

impl<'a> Spans<'a> {
    pub(super) fn new(timeline: &'a Timeline) -> Self {
        let lanes = timeline.lanes.len();
        Self {
            timeline,
            calls: BTreeMap::new(),
            signals: BTreeMap::new(),
            objects: vec![None; lanes],
            down: vec![false; lanes],
        }
    }

    /// Takes in the next entry, and gives the state of every lane at it.
    pub(super) fn pass(&mut self, index: usize) -> Vec<State> {
        let entry = &self.timeline.entries[index];
        let before = self.states(index);
        let mut late = false;
        match &entry.what {
            Happening::CallSent { call, .. } => _ = self.calls.insert(*call, entry.lane),
            Happening::CallCommitted { call, state, .. } => {
                late = !self.calls.contains_key(call) && entry.replica.is_some();
                self.objects[entry.lane] = Some(*state);
            }
            Happening::CallAnswered { call, .. } => _ = self.calls.remove(call),
            Happening::SignalArrives { signal } => _ = self.signals.insert(*signal, entry.lane),
            Happening::SignalAnswered { signal, .. } => _ = self.signals.remove(signal),
            Happening::Crash | Happening::Pause => self.down[entry.lane] = true,
            Happening::Restart | Happening::Resume => self.down[entry.lane] = false,
            Happening::SignalSent { .. } | Happening::WatchEvent | Happening::Fault => {}
        }
        let ends = matches!(entry.what, Happening::CallAnswered { .. } | Happening::SignalAnswered { .. });
        // The row in which something ends still shows it.
        let mut states = if ends && Thread::of(&entry.what).is_some() { before } else { self.states(index) };
        states[entry.lane].late = late;
        states
    }

    fn states(&self, index: usize) -> Vec<State> {
        let believes = |lane: usize| {
            self.timeline.beliefs.iter().any(|belief| {
                belief.lane == lane && belief.from <= index && belief.until.is_none_or(|until| index < until)
            })
        };
        let state = |(lane, info): (usize, &crate::timeline::Lane)| State {
            calling: self.calls.values().any(|&other| other == lane),
            handling: self.signals.values().any(|&other| other == lane),
            object: self.objects[lane].filter(|_| info.kind == LaneKind::Object),
            believes: believes(lane),
            down: self.down[lane],
            late: false,
        };
        self.timeline.lanes.iter().enumerate().map(state).collect()
    }
}
