//! Views of steps: what a source may know about a step before it is taken.
//!
//! A search compares two steps by their views, and a strategy sees which actor each step belongs to. Actors are named
//! by keys that do not depend on the order in which they appeared: two runs that differ only in the order of
//! independent steps give them the same keys.
use super::alternative::Step;

/// What a source wants to know of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Nothing but the number of alternatives.
    Picks,
    /// A view of each step that is possible.
    Steps,
    /// The state before each step, too.
    States,
    /// The same, with what a program received compared as a set, and what it sent in order. That two runs with the same
    /// state continue alike is then an assumption about the programs: that what they keep of their inputs, besides what
    /// they send, does not depend on the order.
    Outputs,
}

/// What an API call does to objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// It touches no object.
    None,
    /// It reads one object.
    Read,
    /// It may write.
    Write,
    /// It reads a collection, or opens a watch.
    Collection,
}

/// A step that is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepView {
    /// Its kind.
    pub step: Step,
    /// Key of the actor that receives the answer, the event or the delivery, or that sent the call.
    pub actor: Option<u32>,
    /// The replica that the actor is a process of.
    pub replica: Option<u32>,
    /// Number of the call, of the event or of the delivery among those of its actor.
    pub ordinal: u32,
    /// Access of the call to objects.
    pub access: Access,
    /// Hash of the resource that it touches; number of the resource of a watch event or of a cache.
    pub resource: u64,
    /// Hash of the object that it touches.
    pub object: u64,
    /// Replicas whose watches the cache feeds, one bit each.
    pub feeds: u64,
}

/// Names of the parts of a state, in the order of [`Parts`].
pub const PARTS: [&str; 7] = [
    "the time",
    "what is under way",
    "what the programs received",
    "what the programs sent",
    "the commits",
    "what else an observer saw",
    "what the script received",
];

/// One hash for each part of a state.
pub type Parts = [u64; PARTS.len()];

/// The moment before a step.
#[derive(Debug)]
pub struct Moment<'a> {
    /// Number of choices so far.
    pub choices: usize,
    /// Digest of the state; 0 if the source does not want it.
    pub state: u64,
    /// The parts of the state, each as a hash; likewise.
    pub parts: Parts,
    /// Number of replicas that run and are not paused.
    pub running: usize,
    /// Simulated time, in microseconds.
    pub at: u64,
    /// The steps that are possible, in order: the first is the one that happens unless the source departs from it.
    pub steps: &'a [StepView],
    /// Effects of the step before.
    pub before: Effects,
}

/// What a step did besides its own change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effects {
    /// Whether the script was reached: a delivery was answered.
    pub script: bool,
    /// Whether an API call or a delivery was sent.
    pub sent: bool,
    /// Whether an API call was sent that may write, or that touches a collection.
    pub writes: bool,
    /// Whether an API call was sent that may create an object.
    pub creates: bool,
    /// Whether the script sent a delivery or an API call.
    pub reacts: bool,
}

impl Effects {
    /// Everything that a step may do besides.
    pub const ANY: Effects = Effects { script: true, sent: true, writes: true, creates: true, reacts: true };
}

/// Whether a run continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It continues.
    Continue,
    /// It stops here: its source knows what follows.
    Stop,
}
