//! Reduction: which alternatives of a schedule only repeat, in another order, what another schedule does.
//!
//! An alternative may be *postponed* past the step that is first in order if the same alternative after that step costs
//! no more and leads to the same state. So it is taken only before a step that depends on it.
//!
//! Two steps *depend* on each other if one actor receives both, if they touch the same object and one may write, if one
//! is the move of a cache that feeds a watch of the other's actor, or if both reach the script. All writes depend on
//! each other, since an oracle may judge their order.
//!
//! What follows an alternative by itself counts too, and what a schedule may still place before the step that was
//! first. So the relation is a *distance*: the number of further preemptions that it takes until something that
//! depends on the first step has happened before it. In order, answers come first, then watch events, caches by their
//! oldest event, calls by their number within their actor, and deliveries: what comes earlier follows for nothing. An
//! alternative is postponed if the schedule has fewer preemptions left than that. What was there besides, and does not
//! depend on the alternative, is not counted: it can be taken before the alternative.
//!
//! A crash, a pause or an interference is postponed in the same way: it costs a fault at any step.
use sim::{
    FaultKind,
    engine::{Access, Effects, Step, StepView},
};

/// Distance at which nothing follows.
const NEVER: u32 = u32::MAX;

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
    /// What follows one of them depends on the other.
    Consequence,
}

/// A step that is first in order, and another that may be postponed past it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) first: &'a StepView,
    /// Effects of the first step.
    pub(super) effects: Effects,
    pub(super) other: &'a StepView,
    /// Effects of the other step when it was taken after the first, if it would have had the same before.
    pub(super) follows: Option<Effects>,
    /// Number of further calls of the sender of the other step, a call, until one that may write.
    pub(super) reads: u32,
    /// Whether one of the two is a call that reads what no call has written.
    pub(super) constant: bool,
    /// Whether the script has answered something at once in this run.
    pub(super) reactive: bool,
}

impl Reduction {
    fn knows(self, dependency: Dependency) -> bool {
        self != Reduction::Forgetting(dependency)
    }

    /// Whether the other step may be postponed past the first. The schedule has so many preemptions and faults left.
    pub(super) fn postpones(self, pair: Pair<'_>, (preemptions, faults): (u32, u32)) -> bool {
        if self == Reduction::None || faults > 0 && enables_faults(pair) {
            return false;
        }
        match self.distance(pair) {
            0 => false,
            _ if !self.knows(Dependency::Consequence) => true,
            distance => preemptions < distance,
        }
    }

    /// Number of further preemptions after the other step until something that depends on the first may have happened
    /// before it; 0 if the other step itself depends on it.
    fn distance(self, pair: Pair<'_>) -> u32 {
        let Pair { first, other, .. } = pair;
        let together = self.knows(Dependency::Actor) && first.replica == other.replica;
        match (first.step, other.step) {
            (Step::Controller | Step::Delivery, _) | (_, Step::Controller) => 0,
            (Step::Call, Step::Call) if together || self.conflict(first, other) => 0,
            // The answer comes by itself; what its caller then sends comes later, until it writes.
            (Step::Call, Step::Call) => pair.reads,
            (Step::Call, _) => 0,
            (Step::Answer | Step::WatchEvent, Step::Call) if together => 0,
            (Step::Answer | Step::WatchEvent, Step::Call) => from_call(pair),
            (Step::Answer | Step::WatchEvent, Step::CacheAdvance) => match (self.feeds(other, first), first.step) {
                (true, Step::Answer) => 1,
                // What a cache appends to the same stream comes after the event that is first.
                (true, _) if first.resource == other.resource => 1,
                (true, _) => 0,
                (false, _) => 2,
            },
            (Step::Answer | Step::WatchEvent, _) if together => 0,
            (Step::Answer | Step::WatchEvent, _) => from_receipt(pair),
            (Step::CacheAdvance, Step::CacheAdvance)
                if self.knows(Dependency::Cache) && first.feeds & other.feeds != 0 =>
            {
                0
            }
            (Step::CacheAdvance, Step::Call) => match other.access {
                Access::Collection => 0,
                // The cache of another resource may follow the write first, and its event come before that of this one.
                Access::Write => 1,
                Access::None | Access::Read => pair.reads + 1,
            },
            (Step::CacheAdvance, _) => 2,
        }
    }

    /// Whether the two may be swapped wherever they are neighbours: the first step would be first after the other, too,
    /// and both orders lead to the same state.
    pub(super) fn swaps(self, pair: Pair<'_>) -> bool {
        let Pair { first, effects, other, .. } = pair;
        let together = self.knows(Dependency::Actor) && first.replica == other.replica;
        let place = |step: &StepView| (step.ordinal, step.actor);
        let writes = matches!(other.access, Access::Write | Access::Collection);
        match (first.step, other.step) {
            (Step::Answer, Step::CacheAdvance) | (Step::CacheAdvance, Step::Delivery) => true,
            (Step::Answer | Step::WatchEvent, Step::Answer | Step::WatchEvent | Step::Delivery) => {
                !together && !effects.script && first.replica.is_some()
            }
            // The answer to the call comes after the one that was first.
            (Step::Answer, Step::Call) => {
                !together && place(other) > place(first) && !(effects.script && writes) && first.replica.is_some()
            }
            _ => false,
        }
    }

    fn feeds(self, cache: &StepView, receiver: &StepView) -> bool {
        let fed = receiver.replica.is_none_or(|replica| cache.feeds & (1 << (replica % 64)) != 0);
        self.knows(Dependency::Cache) && fed
    }

    /// Whether two calls touch the same thing. The order of two writes always counts: an oracle may judge it. So does
    /// that of a write and of a call that may end a delivery.
    fn conflict(self, one: &StepView, other: &StepView) -> bool {
        let reads = |call: &StepView| call.access == Access::Read;
        self.knows(Dependency::Object) && (!reads(one) || !reads(other))
    }

    /// Whether a crash or a pause of this replica may be postponed past `first`, which had these effects, by a schedule
    /// with so many preemptions left. `writes` says whether the replica has a call under way that may write.
    pub(super) fn postpones_disruption(
        self,
        kind: FaultKind,
        replica: u32,
        (first, effects): (&StepView, Effects),
        (writes, preemptions): (bool, u32),
    ) -> bool {
        if self == Reduction::None || effects.script {
            return false;
        }
        let other = first.replica.is_some_and(|mine| mine != replica) || !self.knows(Dependency::Actor);
        let independent = match first.step {
            // A process that has crashed does not know what it received last.
            Step::Answer | Step::WatchEvent => other || kind == FaultKind::Crash && !effects.sent,
            Step::Delivery => other,
            // A pause holds back what its replica receives, and nothing else. Nobody reads the answer to a process that
            // has crashed. An oracle may judge either and a write by their order.
            Step::Call => first.access == Access::Read,
            // The event of the cache is not received yet.
            Step::CacheAdvance => true,
            Step::Controller => false,
        };
        // The write of a process that has crashed is another one: it may be dropped, too.
        let distance = match first.step {
            _ if kind == FaultKind::Pause || !writes => NEVER,
            Step::Call => 1,
            _ => 1 + seen_before(first),
        };
        independent && preemptions < distance
    }

    /// Whether an interference may be postponed past `first` by a schedule with so many preemptions left. It depends on
    /// the store and on the creations that are under way, and is itself a write.
    pub(super) fn postpones_interference(self, first: &StepView, effects: Effects, preemptions: u32) -> bool {
        let local = matches!(first.step, Step::Answer | Step::WatchEvent) && !effects.creates && !effects.script;
        let independent = local || first.step == Step::CacheAdvance;
        self != Reduction::None && independent && preemptions < seen_before(first)
    }
}

/// Preemptions that it takes until a write is seen before `first`, a receipt or the move of a cache: that of another
/// cache, and of its event.
fn seen_before(first: &StepView) -> u32 {
    1 + last_move(first)
}

/// Preemptions that it takes to deliver a watch event before `first`: answers come before events.
fn last_move(first: &StepView) -> u32 {
    u32::from(first.step == Step::Answer)
}

/// Distance from a call of another actor to what depends on the receipt of an answer or an event.
fn from_call(Pair { first, effects, other, reads, reactive, .. }: Pair<'_>) -> u32 {
    let writes = matches!(other.access, Access::Write | Access::Collection);
    match () {
        // What the script receives has its place among the commits.
        () if effects.script && writes => 0,
        () if first.replica.is_none() || other.replica.is_none() || reactive => u32::from(!writes),
        // A cache, and its event.
        () if writes => seen_before(first),
        // The answer by itself, calls of its caller up to a write, a cache and its event.
        () => reads + seen_before(first),
    }
}

/// Distance from what another actor receives to what depends on the receipt of an answer or an event.
fn from_receipt(Pair { first, effects, follows, reactive, other, .. }: Pair<'_>) -> u32 {
    let script = effects.script || first.replica.is_none();
    let Some(follows) = follows else {
        return if script || reactive { u32::from(!script) } else { 2 };
    };
    match follows {
        _ if script && (follows.script || other.replica.is_none()) => 0,
        Effects { reacts: true, .. } => 1,
        Effects { sent: false, .. } => NEVER,
        // The write.
        Effects { writes, .. } if script => 2 - u32::from(writes),
        // The write, a cache and its event.
        Effects { writes, .. } => 3 - u32::from(writes) + last_move(first),
    }
}

/// Whether a fault that depends on both may strike between the two: an interference that the other step makes possible
/// or impossible, and the first one too.
fn enables_faults(Pair { first, effects, other, constant, .. }: Pair<'_>) -> bool {
    let writes = matches!(other.access, Access::Write | Access::Collection);
    match (first.step, other.step) {
        (Step::Call, Step::Call) => !constant,
        (Step::Answer | Step::WatchEvent, Step::Call) => writes && effects.creates,
        _ => false,
    }
}

/// Whether this fault of a call changes nothing about a call that only reads.
pub(super) fn spares_reads(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::LostAnswer | FaultKind::LateWrite | FaultKind::Conflict | FaultKind::SentTwice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(step: Step, replica: u32, access: Access) -> StepView {
        let (actor, replica) = (Some(replica << 16), Some(replica));
        StepView { step, actor, replica, ordinal: 0, access, resource: 1, object: 1, feeds: 0b01 }
    }

    fn pair<'a>(first: &'a StepView, other: &'a StepView) -> Pair<'a> {
        let effects = Effects::default();
        Pair { first, effects, other, follows: None, reads: 1, constant: false, reactive: false }
    }

    fn distance(first: &StepView, other: &StepView) -> u32 {
        Reduction::Full.distance(pair(first, other))
    }

    #[test]
    fn inputs_of_one_replica_keep_their_order() {
        let [mine, theirs] = [0, 1].map(|replica| step(Step::Answer, replica, Access::None));
        assert_eq!(distance(&mine, &theirs), 2);
        assert_eq!(distance(&mine, &step(Step::WatchEvent, 0, Access::None)), 0);
        assert!(!Reduction::None.postpones(pair(&mine, &theirs), (0, 0)));
        let nothing = Pair { follows: Some(Effects::default()), ..pair(&mine, &theirs) };
        assert_eq!(Reduction::Full.distance(nothing), NEVER);
    }

    #[test]
    fn a_cache_depends_on_those_it_feeds() {
        let cache = StepView { resource: 2, ..step(Step::CacheAdvance, 7, Access::None) };
        let [fed, other] = [0, 1].map(|replica| step(Step::WatchEvent, replica, Access::None));
        assert_eq!((distance(&fed, &cache), distance(&other, &cache)), (0, 2));
        let wrong = Reduction::Forgetting(Dependency::Cache);
        assert!(wrong.postpones(pair(&fed, &cache), (0, 0)));
    }

    #[test]
    fn a_write_may_be_seen_before_an_older_one() {
        let cache = step(Step::CacheAdvance, 7, Access::None);
        let [read, write] = [Access::Read, Access::Write].map(|access| step(Step::Call, 0, access));
        assert_eq!((distance(&cache, &write), distance(&cache, &read)), (1, 2));
    }

    #[test]
    fn writes_keep_their_order() {
        let [read, write] = [Access::Read, Access::Write].map(|access| step(Step::Call, 1, access));
        let mine = step(Step::Call, 0, Access::Read);
        assert_eq!((distance(&mine, &read), distance(&mine, &write)), (1, 0));
    }

    #[test]
    fn spare_preemptions_postpone_less() {
        let (answer, write) = (step(Step::Answer, 0, Access::None), step(Step::Call, 1, Access::Write));
        let postponed = |spare| Reduction::Full.postpones(pair(&answer, &write), (spare, 0));
        assert!(postponed(0) && postponed(1) && !postponed(2));
        let forgetful = Reduction::Forgetting(Dependency::Consequence);
        assert!(forgetful.postpones(pair(&answer, &write), (2, 0)));
    }

    #[test]
    fn spare_preemptions_let_an_interference_be_seen_first() {
        let event = step(Step::WatchEvent, 0, Access::None);
        let postponed = |spare| Reduction::Full.postpones_interference(&event, Effects::default(), spare);
        assert!(postponed(0) && !postponed(1));
        let crash = |writes, spare| {
            let first = (&event, Effects::default());
            Reduction::Full.postpones_disruption(FaultKind::Crash, 1, first, (writes, spare))
        };
        assert!(crash(false, 2) && crash(true, 1) && !crash(true, 2));
    }

    #[test]
    fn a_pause_waits_for_what_its_replica_receives() {
        let postponed = |kind, first: &StepView| {
            let effects = Effects { sent: true, ..Effects::default() };
            Reduction::Full.postpones_disruption(kind, 0, (first, effects), (false, 0))
        };
        let [mine, theirs] = [0, 1].map(|replica| step(Step::Answer, replica, Access::None));
        let write = step(Step::Call, 0, Access::Write);
        for kind in [FaultKind::Crash, FaultKind::Pause] {
            assert!(!postponed(kind, &mine) && postponed(kind, &theirs));
        }
        let read = step(Step::Call, 0, Access::Read);
        assert!(postponed(FaultKind::Pause, &read) && !postponed(FaultKind::Pause, &write));
    }
}
