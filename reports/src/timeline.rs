//! What happened in one run, as plain data: who did what when, ready to be drawn.
//!
//! Lanes are the columns of a text timeline and the rows of a drawn one: the sender, each replica, then one per API object
//! that matters. A call begins and ends on its caller's lane and takes effect on its object's.
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// In the order in which they are drawn.
    pub lanes: Vec<Lane>,
    /// In the order in which they happened.
    pub entries: Vec<Entry>,
}

/// One line of life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// `sender`, `replica 0`, `lease gw-lock-…`.
    pub name: String,
    /// What it is.
    pub kind: LaneKind,
}

/// What a lane stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneKind {
    /// Whoever sends signals.
    Sender,
    /// A replica of the gateway.
    Replica,
    /// Another actor: the orchestrator, an administrator.
    Actor,
    /// An object in the API server's store.
    Object,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When: microseconds of true time since the run began.
    pub at_us: u64,
    /// Its place among everything that happened in the run.
    pub ordinal: u64,
    /// Where: a place in [`Timeline::lanes`].
    pub lane: usize,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
    /// What, in words: short, without the time and the lane's name.
    pub text: String,
    /// Whose doing it was, where it is not a replica's own lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica: Option<u8>,
    /// Whether the violation rests on it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub critical: bool,
}

/// What can happen. Calls and signals carry their number, by which their beginning and end are joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    /// The sender hands a signal to the network (on its lane).
    SignalSent {
        /// Which.
        signal: u32,
    },
    /// It reaches a replica (on the replica's lane).
    SignalArrives {
        /// Which.
        signal: u32,
    },
    /// It was answered, or its sender stopped waiting (on the sender's lane).
    SignalAnswered {
        /// Which.
        signal: u32,
        /// The HTTP status; `None` when no answer came.
        status: Option<u16>,
    },
    /// A replica or another actor sends an API request (on its lane).
    CallSent {
        /// Which.
        call: u64,
        /// `get`, `create`, `update`, `patch`, `delete`, `list`.
        verb: String,
        /// What the request is about: `lease gw-lock-…`.
        object: String,
    },
    /// It took effect (on the object's lane).
    CallCommitted {
        /// Which.
        call: u64,
        /// As in [`Self::CallSent`].
        verb: String,
        /// The store's revision.
        revision: u64,
        /// The object afterwards.
        standing: Standing,
    },
    /// Its answer arrived, or will not (on the caller's lane).
    CallAnswered {
        /// Which.
        call: u64,
        /// The HTTP status; `None` when no answer came.
        status: Option<u16>,
    },
    /// A watch event reached a replica (on its lane).
    WatchEvent,
    /// A fault took effect.
    Fault,
    /// A replica crashed.
    Crash,
    /// A replica is ready again.
    Restart,
    /// A replica stopped running: garbage collection, SIGSTOP.
    Pause,
    /// It goes on.
    Resume,
}

/// How an object stands after a commit: drawn as a band until its next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A lease that is held, a request that is active.
    Live,
    /// A free lease, a request that is over.
    Idle,
    /// Deleted.
    Gone,
}
