//! Schedules: what was chosen in a run, and the schedules that differ from it in one more choice.
use super::{
    reduction::Reduction,
    scope::{Cost, alternatives},
    searcher::Point,
};
use sim::{
    FaultKind,
    engine::{Label, Pick},
};
use std::sync::Arc;

/// Part of a search that several machines share: schedules are divided by their first deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Number of this part, from 0.
    pub index: usize,
    /// Number of parts.
    pub of: usize,
}

impl Shard {
    /// The whole search.
    pub const WHOLE: Shard = Shard { index: 0, of: 1 };
}

/// The picks with which every schedule of a search begins: time moves only when nothing else can happen.
pub(super) const BEGINNING: [Pick; 1] = [Pick { label: Label::Pace, of: 2, picked: 1 }];

/// A schedule that ran.
pub(super) struct Node {
    record: Box<[Pick]>,
    further: Box<[Further]>,
}

/// A schedule that differs from one that ran in one more choice.
#[derive(Debug, Clone, Copy)]
struct Further {
    at: u32,
    picked: u32,
    /// Replicas that a disruption need not strike there, one bit each.
    spared: u64,
}

/// A schedule to run: the one of `node` with another pick at one choice.
pub(super) struct Task {
    node: Option<Arc<Node>>,
    pub(super) at: usize,
    picked: u32,
    spared: u64,
    pub(super) cost: Cost,
}

/// What a search compares schedules by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) bound: Cost,
    pub(super) reduction: Reduction,
    pub(super) replicas: u32,
}

impl Task {
    /// The schedule without deviations.
    pub(super) fn root() -> Self {
        Self { node: None, at: 0, picked: 1, spared: 0, cost: Cost::default() }
    }

    pub(super) fn picks(&self) -> Vec<Pick> {
        let Some(node) = &self.node else { return BEGINNING.to_vec() };
        let mut picks = node.record[..=self.at].to_vec();
        picks[self.at].picked = self.picked;
        picks
    }

    /// Whether it strikes the first replica only to learn which others there are. What follows it is not searched, so
    /// it must not count as known.
    pub(super) fn may_be_vain(&self) -> bool {
        self.spared & 1 != 0
    }

    /// The schedule after it ran, and the number of those beyond it that may be postponed.
    pub(super) fn ran(&self, record: Box<[Pick]>, points: &[Point], with: Bounds) -> (Node, u64) {
        let seen = Seen { last: self.at, spared: self.spared, record: &record, points, with };
        let (mut further, mut postponed) = (Vec::new(), 0);
        for at in self.at + 1..record.len() {
            for picked in alternatives(record[at]) {
                let cost = self.cost.plus(Cost::of(record[at].label, picked));
                if !cost.within(with.bound) {
                    continue;
                }
                match seen.postpones(at, picked, cost) {
                    true => postponed += 1,
                    false => {
                        let spared = seen.spared_at(at, picked);
                        further.push(Further { at: at as u32, picked, spared });
                    }
                }
            }
        }
        let kept = further.last().map_or(0, |further| further.at as usize + 1);
        (Node { further: further.into(), record: record[..kept].into() }, postponed)
    }
}

impl Node {
    /// The schedules that differ from the one of `node`, which costs `cost`, in one more choice, of this cost.
    pub(super) fn beyond(node: &Arc<Node>, cost: Cost, step: Cost) -> impl Iterator<Item = Task> {
        (0..node.further.len()).filter_map(move |index| {
            let Further { at, picked, spared } = node.further[index];
            let at = at as usize;
            let fits = Cost::of(node.record[at].label, picked) == step;
            fits.then(|| Task { node: Some(Arc::clone(node)), at, picked, spared, cost: cost.plus(step) })
        })
    }
}

/// A run as the search sees it.
struct Seen<'a> {
    /// Place of its last deviation.
    last: usize,
    /// Replicas that this deviation need not strike.
    spared: u64,
    record: &'a [Pick],
    points: &'a [Point],
    with: Bounds,
}

impl Seen<'_> {
    /// The moment before the choice at `at`, and the one after its step.
    fn around(&self, at: usize) -> Option<(&Point, Option<&Point>)> {
        let after = self.points.partition_point(|point| point.at <= at);
        Some((&self.points[after.checked_sub(1)?], self.points.get(after)))
    }

    /// Whether the schedule with this pick may be postponed until after the step that is first in order.
    fn postpones(&self, at: usize, picked: u32, cost: Cost) -> bool {
        let (choice, Bounds { bound, reduction, .. }) = (self.record[at], self.with);
        let Some((point, next)) = self.around(at).filter(|_| reduction != Reduction::None) else { return false };
        let Some(first) = point.steps.first() else { return false };
        if self.strikes_a_spared_one(at, picked) {
            return true;
        }
        if point.at <= self.last {
            return false;
        }
        let spare = (bound.preemptions - cost.preemptions, bound.faults - cost.faults);
        let later = next.is_some_and(|next| next.time == point.time);
        match choice.label {
            Label::Next => {
                let other = point.steps.get(picked as usize).filter(|_| later);
                other.is_some_and(|other| reduction.postpones(first, other, point.effects, spare))
            }
            Label::WorldFault => strikes_a_replica(choice, picked) && self.spared_at(at, picked) == self.all(),
            Label::Interference => later && reduction.postpones_interference(first, point.effects),
            _ => false,
        }
    }

    /// Whether the schedule with this pick strikes a replica that its last deviation need not strike. The first replica
    /// is struck by the schedule that is run, so that the others are known.
    fn strikes_a_spared_one(&self, at: usize, picked: u32) -> bool {
        let victim = self.record.get(self.last + 1);
        if !victim.is_some_and(|victim| victim.label == Label::Victim && victim.of == self.with.replicas) {
            return false;
        }
        let struck = if at == self.last + 1 { picked } else { self.record[self.last + 1].picked };
        self.spared & (1 << struck) != 0
    }

    fn all(&self) -> u64 {
        (1 << self.with.replicas) - 1
    }

    /// Replicas that the disruption which is picked may strike after the step that is first in order as well.
    fn spared_at(&self, at: usize, picked: u32) -> u64 {
        let Some((point, Some(next))) = self.around(at) else { return 0 };
        let Some(first) = point.steps.first() else { return 0 };
        if !strikes_a_replica(self.record[at], picked) || next.time != point.time {
            return 0;
        }
        let spared = |replica: &u32| self.with.reduction.postpones_disruption(first, *replica, point.effects);
        (0..self.with.replicas).filter(spared).fold(0, |bits, replica| bits | 1 << replica)
    }
}

fn strikes_a_replica(choice: Pick, picked: u32) -> bool {
    let kind = choice.alternative(picked).fault();
    choice.label == Label::WorldFault && matches!(kind, Some(FaultKind::Crash | FaultKind::Pause))
}
