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
    /// It believes so, and no lease names it as the holder.
    pub(super) mistaken: bool,
    /// The replica that the lease names as its holder.
    pub(super) holder: Option<u8>,
    /// The replica crashed or is paused: the word for it.
    pub(super) down: Option<&'static str>,
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
            (self.mistaken, " mistaken"),
            (self.down.is_some(), " down"),
            (self.late, " late"),
        ];
        flags.iter().filter(|(set, _)| *set).fold(object.to_owned(), |classes, (_, class)| classes + class)
    }

    /// What a replica does and believes, in words.
    pub(super) fn words(&self) -> String {
        let words = [
            self.down,
            self.handling.then_some("handles a delivery"),
            self.calling.then_some("waits for an answer"),
            match (self.believes, self.mistaken) {
                (false, _) => None,
                (true, false) => Some("believes that it holds the lease, and holds it"),
                (true, true) => Some("believes that it holds the lease, and does not"),
            },
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join(" · ")
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
    /// Replica that holds each lease.
    holders: Vec<Option<u8>>,
    down: Vec<Option<&'static str>>,
    /// Whether each lane's replica believes that it holds a lease, and the entries at which that changes.
    believes: Vec<bool>,
    changes: BTreeMap<usize, Vec<(usize, bool)>>,
}

impl<'a> Spans<'a> {
    pub(super) fn new(timeline: &'a Timeline) -> Self {
        let lanes = timeline.lanes.len();
        let mut changes: BTreeMap<usize, Vec<(usize, bool)>> = BTreeMap::new();
        for belief in &timeline.beliefs {
            changes.entry(belief.from).or_default().push((belief.lane, true));
            if let Some(until) = belief.until {
                changes.entry(until).or_default().push((belief.lane, false));
            }
        }
        Self {
            timeline,
            calls: BTreeMap::new(),
            signals: BTreeMap::new(),
            objects: vec![None; lanes],
            holders: vec![None; lanes],
            down: vec![None; lanes],
            believes: vec![false; lanes],
            changes,
        }
    }

    /// Takes in the next entry, and gives the state of every lane at it.
    pub(super) fn pass(&mut self, index: usize) -> Vec<State> {
        let entry = &self.timeline.entries[index];
        for (lane, believes) in self.changes.remove(&index).unwrap_or_default() {
            self.believes[lane] = believes;
        }
        let before = self.states();
        let mut late = false;
        match &entry.what {
            Happening::CallSent { call, .. } => _ = self.calls.insert(*call, entry.lane),
            Happening::CallCommitted { call, state, .. } => {
                late = !self.calls.contains_key(call) && entry.replica.is_some();
                self.objects[entry.lane] = Some(*state);
                self.holders[entry.lane] =
                    entry.replica.filter(|_| *state == ObjectState::Live && self.is_lease(entry.lane));
            }
            Happening::CallAnswered { call, .. } => _ = self.calls.remove(call),
            Happening::SignalArrives { signal } => _ = self.signals.insert(*signal, entry.lane),
            Happening::SignalAnswered { signal, .. } => _ = self.signals.remove(signal),
            Happening::Crash => self.down[entry.lane] = Some("crashed"),
            Happening::Pause => self.down[entry.lane] = Some("paused"),
            Happening::Restart | Happening::Resume => self.down[entry.lane] = None,
            Happening::SignalSent { .. } | Happening::WatchEvent | Happening::Fault => {}
        }
        let ends = matches!(entry.what, Happening::CallAnswered { .. } | Happening::SignalAnswered { .. });
        // The row in which something ends still shows it.
        let mut states = if ends && Thread::of(&entry.what).is_some() { before } else { self.states() };
        states[entry.lane].late = late;
        states
    }

    /// Whether the lane shows a lease.
    fn is_lease(&self, lane: usize) -> bool {
        let lane = &self.timeline.lanes[lane];
        lane.kind == LaneKind::Object && lane.name.get(..6).is_some_and(|kind| kind.eq_ignore_ascii_case("lease "))
    }

    /// Whether no lease names this lane's replica as its holder.
    fn holds_nothing(&self, lane: usize) -> bool {
        let replicas = self.timeline.lanes[..lane].iter().filter(|lane| lane.kind == LaneKind::Replica);
        let number = u8::try_from(replicas.count()).ok();
        !self.holders.iter().any(|holder| holder.is_some() && *holder == number)
    }

    fn states(&self) -> Vec<State> {
        let state = |(lane, info): (usize, &crate::timeline::Lane)| State {
            calling: self.calls.values().any(|&other| other == lane),
            handling: self.signals.values().any(|&other| other == lane),
            object: self.objects[lane].filter(|_| info.kind == LaneKind::Object),
            believes: self.believes[lane],
            mistaken: self.believes[lane] && self.holds_nothing(lane),
            holder: self.holders[lane],
            down: self.down[lane],
            late: false,
        };
        self.timeline.lanes.iter().enumerate().map(state).collect()
    }
}
