//! Reduction: which alternatives of a schedule only repeat, in another order, what another schedule does.
//!
//! Two steps are *independent* if they touch neither the same object, nor the same cache, nor the same actor. An
//! alternative that is independent of the step which is first in order may be *postponed*: the same alternative after
//! that step costs no more and leads to the same state. So it is taken only before a step that depends on it.
//!
//! What follows an alternative by itself counts too. In order, answers come first, then watch events, caches by their
//! oldest event, calls by their number within their actor, and deliveries. So before the step that was first, an
//! executed call may be followed by its answer, and nothing else; a cache that moves by an event of its watches; an
//! answer or an event by nothing, as the calls that its receiver then makes come later. With preemptions to spare, a
//! call that writes may also be followed by the move of a cache, and so on: then only what cannot reach the step within
//! those preemptions is postponed.
//!
//! A crash, a pause or an interference is postponed in the same way: it costs a fault at any step.
use sim::engine::{Access, Effects, Step, StepView};

/// What is left out of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// Nothing: every schedule runs.
    None,
    /// Schedules that meet a known state end there, and alternatives that may be postponed are not run.
    Full,
    /// The same, and a program's state is taken to be what it received, in any order, and what it sent. This rests on
    /// an assumption about the program.
    Converging,
    /// The full reduction with a dependency forgotten, which is wrong: tests show that it is noticed.
    Forgetting(Dependency),
}

/// Why two steps are not independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependency {
    /// They are calls, and one of them may write.
    Object,
    /// One is the move of a cache that feeds a watch of the other's actor.
    Cache,
    /// One actor receives both.
    Actor,
}

impl Reduction {
    fn knows(self, dependency: Dependency) -> bool {
        self != Reduction::Forgetting(dependency)
    }

    /// Whether `other` may be postponed until after `first`, which had these effects. `spare` is the number of
    /// preemptions, and of faults, that may follow.
    pub(super) fn postpones(self, first: &StepView, other: &StepView, effects: Effects, spare: (u32, u32)) -> bool {
        if self == Reduction::None {
            return false;
        }
        let same_actor = self.knows(Dependency::Actor) && first.replica == other.replica;
        let (preemptions, faults) = spare;
        let writes = matches!(other.access, Access::Write | Access::Collection);
        match (first.step, other.step) {
            (Step::Controller, _) | (_, Step::Controller) | (Step::Delivery, _) => false,
            // What the script received has its place among the commits.
            (Step::Answer | Step::WatchEvent, Step::Call) if effects.script && writes => false,
            (Step::Answer | Step::WatchEvent, Step::Answer | Step::WatchEvent | Step::Delivery) => {
                !same_actor && !effects.script && preemptions < 2
            }
            (Step::Answer | Step::WatchEvent, Step::Call) => !same_actor && (preemptions == 0 || !writes),
            (Step::Answer, Step::CacheAdvance) if preemptions == 0 => true,
            (Step::Answer | Step::WatchEvent, Step::CacheAdvance) => !self.feeds(other, first) && preemptions < 2,
            (Step::CacheAdvance, Step::Call) => other.access != Access::Collection,
            (Step::CacheAdvance, _) => preemptions < 2,
            (Step::Call, Step::Call) => preemptions + faults == 0 && !same_actor && !self.conflicts(first, other),
            (Step::Call, _) => false,
        }
    }

    fn feeds(self, cache: &StepView, receiver: &StepView) -> bool {
        let fed = receiver.replica.is_none_or(|replica| cache.feeds & (1 << (replica % 64)) != 0);
        self.knows(Dependency::Cache) && fed
    }

    /// Whether two calls touch the same thing. The order of two writes always counts: an oracle may judge it. So does
    /// that of a write and of a call that may end a delivery.
    fn conflicts(self, one: &StepView, other: &StepView) -> bool {
        let reads = |call: &StepView| call.access == Access::Read;
        let related = !reads(one) || !reads(other);
        self.knows(Dependency::Object) && related
    }

    /// Whether a crash or a pause of this replica may be postponed until after `first`.
    pub(super) fn postpones_disruption(self, first: &StepView, replica: u32, effects: Effects) -> bool {
        if self == Reduction::None || effects.script {
            return false;
        }
        let other = first.replica.is_some_and(|mine| mine != replica) || !self.knows(Dependency::Actor);
        match first.step {
            Step::Answer | Step::WatchEvent | Step::Delivery => other,
            Step::Call => other && first.access == Access::Read,
            Step::CacheAdvance => first.feeds & (1 << (replica % 64)) == 0 || !self.knows(Dependency::Cache),
            Step::Controller => false,
        }
    }

    /// Whether an interference may be postponed until after `first`: it depends on the store and on what is under way.
    pub(super) fn postpones_interference(self, first: &StepView, effects: Effects) -> bool {
        let local = matches!(first.step, Step::Answer | Step::WatchEvent) && !effects.sent && !effects.script;
        self != Reduction::None && (local || first.step == Step::CacheAdvance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(step: Step, replica: u32, access: Access) -> StepView {
        let (actor, replica) = (Some(replica << 16), Some(replica));
        StepView { step, actor, replica, ordinal: 0, access, resource: 1, object: 1, feeds: 0b01 }
    }

    fn postponed(first: &StepView, other: &StepView, spare: u32) -> bool {
        Reduction::Full.postpones(first, other, Effects::default(), (spare, 0))
    }

    #[test]
    fn inputs_of_one_replica_keep_their_order() {
        let [mine, theirs] = [0, 1].map(|replica| step(Step::Answer, replica, Access::None));
        assert!(postponed(&mine, &theirs, 0) && postponed(&mine, &theirs, 1));
        assert!(!postponed(&mine, &step(Step::WatchEvent, 0, Access::None), 0));
        assert!(!Reduction::None.postpones(&mine, &theirs, Effects::default(), (0, 0)));
    }

    #[test]
    fn a_cache_depends_on_those_it_feeds() {
        let cache = step(Step::CacheAdvance, 7, Access::None);
        let [fed, other] = [0, 1].map(|replica| step(Step::WatchEvent, replica, Access::None));
        assert!(!postponed(&fed, &cache, 0) && postponed(&other, &cache, 0));
        let wrong = Reduction::Forgetting(Dependency::Cache);
        assert!(wrong.postpones(&fed, &cache, Effects::default(), (0, 0)));
    }

    #[test]
    fn writes_keep_their_order() {
        let [read, write] = [Access::Read, Access::Write].map(|access| step(Step::Call, 1, access));
        let mine = step(Step::Call, 0, Access::Read);
        assert!(postponed(&mine, &read, 0) && !postponed(&mine, &write, 0) && !postponed(&mine, &read, 1));
    }

    #[test]
    fn spare_preemptions_postpone_less() {
        let (answer, write) = (step(Step::Answer, 0, Access::None), step(Step::Call, 1, Access::Write));
        assert!(postponed(&answer, &write, 0) && !postponed(&answer, &write, 1));
    }
}
