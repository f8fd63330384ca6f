//! Schedules: what was chosen in a run, and the schedules that differ from it in one more choice.
use super::{
    reduction::{Pair, Reduction, spares_reads},
    scope::{Cost, alternatives},
    searcher::Point,
};
use sim::{
    FaultKind,
    engine::{Access, Effects, Label, Pick, Step, StepView},
};
use std::{collections::BTreeSet, sync::Arc};

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
    /// The replica that a disruption strikes, where that is the next choice.
    victim: Option<u32>,
    /// The step that is taken and the one that was first in order, where it departs from the order.
    steps: Option<(Step, Step)>,
}

/// A schedule to run: the one of `node` with another pick at one choice.
pub(super) struct Task {
    node: Option<Arc<Node>>,
    further: Further,
    /// Number of replicas.
    replicas: u32,
    pub(super) cost: Cost,
}

/// What a search compares schedules by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds<'a> {
    pub(super) bound: Cost,
    pub(super) reduction: Reduction,
    pub(super) replicas: u32,
    /// Resources that are known to be written.
    pub(super) written: &'a BTreeSet<u64>,
}

impl Task {
    /// The schedule without deviations.
    pub(super) fn root() -> Self {
        let further = Further { at: 0, picked: 1, victim: None, steps: None };
        Self { node: None, further, replicas: 0, cost: Cost::default() }
    }

    pub(super) fn picks(&self) -> Vec<Pick> {
        let Some(node) = &self.node else { return BEGINNING.to_vec() };
        let at = self.further.at as usize;
        let mut picks = node.record[..=at].to_vec();
        picks[at].picked = self.further.picked;
        picks.extend(self.further.victim.map(|picked| Pick { label: Label::Victim, of: self.replicas, picked }));
        picks
    }

    /// Kind of its last deviation.
    pub(super) fn deviation(&self) -> String {
        let Some(node) = &self.node else { return "none".to_owned() };
        if let Some((taken, first)) = self.further.steps {
            return format!("{taken} before {first}");
        }
        let choice = node.record[self.further.at as usize];
        choice.alternative(self.further.picked).fault().map_or(choice.label.text(), FaultKind::name).to_owned()
    }

    /// Place of its last pick.
    fn last(&self) -> usize {
        self.further.at as usize + usize::from(self.further.victim.is_some())
    }

    /// The schedule after it ran, and the number of those beyond it that need not run.
    pub(super) fn ran(&self, record: Box<[Pick]>, points: &[Point], with: Bounds<'_>) -> (Node, u64) {
        let reactive = points.iter().any(|point| point.effects.reacts);
        let seen = Seen { last: self.last(), record: &record, points, with, reactive };
        let (mut further, mut postponed) = (Vec::new(), 0);
        for at in self.last() + 1..record.len() {
            for picked in alternatives(record[at]) {
                let cost = self.cost.plus(Cost::of(record[at].label, picked));
                if !cost.within(with.bound) {
                    continue;
                }
                postponed += seen.further(at, picked, cost, &mut further);
            }
        }
        let kept = further.last().map_or(0, |further| further.at as usize + 1);
        (Node { further: further.into(), record: record[..kept].into() }, postponed)
    }
}

impl Node {
    /// The schedules that differ from the one of `node`, which costs `cost`, in one more choice, of this cost.
    pub(super) fn beyond(node: &Arc<Node>, cost: Cost, step: Cost, replicas: u32) -> impl Iterator<Item = Task> {
        (0..node.further.len()).filter_map(move |index| {
            let further = node.further[index];
            let fits = Cost::of(node.record[further.at as usize].label, further.picked) == step;
            fits.then(|| Task { node: Some(Arc::clone(node)), further, replicas, cost: cost.plus(step) })
        })
    }
}

/// A run as the search sees it.
struct Seen<'a> {
    /// Place of its last deviation.
    last: usize,
    record: &'a [Pick],
    points: &'a [Point],
    with: Bounds<'a>,
    /// Whether the script has answered something at once.
    reactive: bool,
}

impl Seen<'_> {
    /// Adds the schedules with this pick, and counts those that may be postponed until after the step that is first in
    /// order.
    fn further(&self, at: usize, picked: u32, cost: Cost, further: &mut Vec<Further>) -> u64 {
        let one = Further { at: at as u32, picked, victim: None, steps: self.steps(at, picked) };
        let Some(index) = self.before(at).filter(|_| self.with.reduction != Reduction::None) else {
            further.push(one);
            return 0;
        };
        let Some(kind) = self.disruption(at, picked) else {
            let postponed = self.postpones(index, at, picked, cost);
            if !postponed {
                further.push(one);
            }
            return u64::from(postponed);
        };
        let replicas = self.with.replicas;
        let spare = self.with.bound.preemptions - cost.preemptions;
        let spared = |replica: u32| self.spares(index, kind, replica, spare);
        // A victim is chosen where there are several, and all replicas are among them.
        if self.points[index].running == replicas && replicas > 1 {
            let struck = (0..replicas).filter(|&replica| !spared(replica));
            let before = further.len();
            further.extend(struck.map(|replica| Further { victim: Some(replica), ..one }));
            return u64::from(replicas) - (further.len() - before) as u64;
        }
        let all = (0..replicas).all(spared);
        if !all {
            further.push(one);
        }
        u64::from(all)
    }

    /// Index of the moment before the choice at `at`.
    fn before(&self, at: usize) -> Option<usize> {
        self.points.partition_point(|point| point.at <= at).checked_sub(1)
    }

    fn disruption(&self, at: usize, picked: u32) -> Option<FaultKind> {
        let kind = self.record[at].alternative(picked).fault();
        let kind = kind.filter(|kind| matches!(kind, FaultKind::Crash | FaultKind::Pause));
        kind.filter(|_| self.record[at].label == Label::WorldFault)
    }

    /// The step that is first in order at this moment, if time does not move before the next one.
    fn first(&self, index: usize) -> Option<&StepView> {
        let (point, next) = (&self.points[index], self.points.get(index + 1)?);
        point.steps.first().filter(|_| point.at > self.last && next.time == point.time)
    }

    /// Whether the schedule with this pick, which is not a disruption, may be postponed.
    fn postpones(&self, index: usize, at: usize, picked: u32, cost: Cost) -> bool {
        let (point, Bounds { bound, reduction, .. }) = (&self.points[index], self.with);
        let choice = self.record[at];
        if choice.label == Label::CallFault {
            let reads = self.taken(index).is_some_and(|step| step.access == Access::Read);
            return reads && choice.alternative(picked).fault().is_some_and(spares_reads);
        }
        let Some(first) = self.first(index) else { return false };
        match choice.label {
            Label::Next => point.steps.get(picked as usize).is_some_and(|other| {
                let spare = (bound.preemptions - cost.preemptions, bound.faults - cost.faults);
                reduction.postpones(self.pair(index, first, other), spare) || self.sleeps(index, other, spare)
            }),
            Label::Interference => {
                reduction.postpones_interference(first, point.effects, bound.preemptions - cost.preemptions)
            }
            _ => false,
        }
    }

    /// A step that is first at this moment, and another that is possible.
    fn pair<'b>(&self, index: usize, first: &'b StepView, other: &'b StepView) -> Pair<'b> {
        let constant = |step: &StepView| step.access == Access::Read && !self.with.written.contains(&step.resource);
        Pair {
            first,
            effects: self.points[index].effects,
            other,
            follows: self.effects_of(index, other),
            reads: self.reads_ahead(index, other),
            constant: constant(first) || constant(other),
            reactive: self.reactive,
        }
    }

    /// Whether this step need not be taken at this moment because it was taken at the moment before: what was first
    /// there would be first after it, and both orders lead to the same state.
    fn sleeps(&self, index: usize, other: &StepView, spare: (u32, u32)) -> bool {
        let Some(before) = index.checked_sub(1) else { return false };
        let Some(first) = self.first(before) else { return false };
        let Some(known) = self.points[before].steps[1..].iter().find(|step| same(step, other)) else { return false };
        let pair = self.pair(before, first, known);
        self.with.reduction.swaps(pair) && !self.with.reduction.postpones(pair, spare)
    }

    /// The step with this pick, and the one that was first, if the choice is one of steps.
    fn steps(&self, at: usize, picked: u32) -> Option<(Step, Step)> {
        let point = &self.points[self.before(at).filter(|_| self.record[at].label == Label::Next)?];
        Some((point.steps.get(picked as usize)?.step, point.steps.first()?.step))
    }

    /// Number of further calls of the sender of this call, until one that may write: at least 1. Its reads are those of
    /// the run if nothing was written, and nothing else reached it, before them.
    fn reads_ahead(&self, index: usize, call: &StepView) -> u32 {
        let (mut sent, mut ahead) = (false, 1);
        for later in index..self.points.len() {
            let Some(taken) = self.taken(later) else { break };
            let mine = taken.replica == call.replica;
            let input = mine && matches!(taken.step, Step::WatchEvent | Step::Delivery);
            let writes = taken.step == Step::Call && taken.access != Access::Read;
            if input || writes || self.points[later].time != self.points[index].time {
                break;
            }
            ahead += u32::from(sent && mine && taken.step == Step::Call);
            sent |= same(taken, call);
        }
        ahead
    }

    /// Whether a disruption need not strike this replica at this moment, with so many preemptions left.
    fn spares(&self, index: usize, kind: FaultKind, replica: u32, preemptions: u32) -> bool {
        let Point { steps, effects, .. } = &self.points[index];
        let own = |step: &StepView| step.step == Step::Call && step.replica == Some(replica);
        let writes = steps.iter().any(|step| own(step) && step.access != Access::Read);
        let postpones = |first: &StepView| {
            let reduction = self.with.reduction;
            reduction.postpones_disruption(kind, replica, (first, *effects), (writes, preemptions))
        };
        self.first(index).is_some_and(postpones)
    }

    /// The step that was taken at this moment; None where a fault struck instead.
    fn taken(&self, index: usize) -> Option<&StepView> {
        let point = &self.points[index];
        let until = self.points.get(index + 1).map_or(self.record.len(), |next| next.at);
        let mut choices = self.record.get(point.at..until)?.iter();
        let struck = |choice: &&Pick| {
            let instead = matches!(choice.label, Label::WorldFault | Label::ServerFault | Label::Interference);
            choice.label == Label::Next || instead && choice.picked > 0
        };
        match choices.find(struck) {
            Some(choice) if choice.label == Label::Next => point.steps.get(choice.picked as usize),
            Some(_) => None,
            None => point.steps.first(),
        }
    }

    /// What a step that was possible at this moment did when it was taken later, if its receiver had got nothing in
    /// between.
    fn effects_of(&self, index: usize, step: &StepView) -> Option<Effects> {
        for later in index + 1..self.points.len() {
            let taken = self.taken(later).filter(|_| self.points[later].time == self.points[index].time)?;
            if same(taken, step) {
                return Some(self.points[later].effects);
            }
            let receipt = matches!(taken.step, Step::Answer | Step::WatchEvent | Step::Delivery);
            if receipt && taken.replica == step.replica {
                return None;
            }
        }
        None
    }
}

/// Resources that calls of a run may write.
pub(super) fn written(points: &[Point]) -> BTreeSet<u64> {
    let calls = points.iter().flat_map(|point| &point.steps).filter(|step| step.step == Step::Call);
    calls.filter(|call| call.access == Access::Write).map(|call| call.resource).collect()
}

/// Whether these are views of one step, at two moments.
fn same(one: &StepView, other: &StepView) -> bool {
    let name = |step: &StepView| (step.step, step.actor, step.ordinal, step.resource, step.object);
    name(one) == name(other)
}
