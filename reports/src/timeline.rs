//! The events of one run as plain data, ready to be drawn.
//!
//! A lane is a column of a text timeline and a row of a drawn one: the sender, each replica, then each API object that
//! matters. A call begins and ends on its caller's lane, and its commit is on its object's lane.
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The lanes of one run and what happened on them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Lanes in the order in which they are drawn.
    pub lanes: Vec<Lane>,
    /// Entries in the order in which they happened.
    pub entries: Vec<Entry>,
    /// Indexes of the two entries whose order decides, if they are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pair: Vec<usize>,
    /// When replicas believed that they held a lease, from the answers to their own writes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beliefs: Vec<Belief>,
    /// Versions of the objects, in the order in which they were written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Version>,
    /// Copies of the store that were behind it: the caches of API servers, and what replicas watch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<Copied>,
    /// What the watches of replicas showed them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<View>,
}

/// One version of an object: the store has it from an entry on, until the next version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Lane of the object.
    pub lane: usize,
    /// Index of the entry that wrote it.
    pub entry: usize,
    /// The object; None once it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Value>,
}

/// A copy of one kind of objects, and how far it is behind the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// Name, such as `cache of API server 0: Lease` or `watch of replica 1: Lease`.
    pub name: String,
    /// Changes of its distance from the store, ascending.
    pub behind: Vec<Behind>,
}

/// The distance of a copy from the store, from an entry on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// Index of the first entry at which it is so.
    pub from: usize,
    /// Number of writes that the copy lacks.
    pub writes: u64,
}

/// A replica's view of an object, from an entry on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Lane of the replica.
    pub lane: usize,
    /// Index of the first entry at which it is so.
    pub from: usize,
    /// Lane of the object.
    pub object: usize,
    /// Index into [`Timeline::versions`]; None if the replica knows of no such object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<usize>,
}

impl Copied {
    /// Number of writes that the copy lacks at an entry.
    pub fn behind_at(&self, entry: usize) -> u64 {
        let later = self.behind.partition_point(|behind| behind.from <= entry);
        later.checked_sub(1).map_or(0, |index| self.behind[index].writes)
    }
}

/// A stretch in which a replica believed that it held a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Belief {
    /// Lane of the replica.
    pub lane: usize,
    /// Index of the entry with which it begins.
    pub from: usize,
    /// Index of the entry with which it ends; None if it never ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<usize>,
}

/// One lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// Name, such as `sender`, `replica 0` or `lease gw-lock-…`.
    pub name: String,
    /// Kind of thing that the lane shows.
    pub kind: LaneKind,
}

/// Kind of thing that a lane shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneKind {
    /// The senders of signals.
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
    /// Microseconds of simulated time since the run began.
    pub at_us: u64,
    /// Position among all events of the run.
    pub ordinal: u64,
    /// Index into [`Timeline::lanes`].
    pub lane: usize,
    /// Kind of entry, with its details.
    #[serde(flatten)]
    pub what: Happening,
    /// Short description, without the time and the lane's name.
    pub text: String,
    /// The replica that caused it, if the lane is not a replica's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica: Option<u8>,
    /// Whether it is evidence of the violation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub critical: bool,
}

/// Kinds of entries. Calls and signals have a number that joins their beginning and their end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    /// A sender handed a signal to the network (on the sender's lane).
    SignalSent {
        /// Number of the signal.
        signal: u32,
    },
    /// The signal reached a replica (on the replica's lane).
    SignalArrives {
        /// Number of the signal.
        signal: u32,
    },
    /// The signal was answered, or its sender stopped waiting (on the sender's lane).
    SignalAnswered {
        /// Number of the signal.
        signal: u32,
        /// HTTP status; `None` if no answer came.
        status: Option<u16>,
    },
    /// A replica or another actor sent an API request (on its lane).
    CallSent {
        /// Number of the call.
        call: u64,
        /// `get`, `create`, `update`, `patch`, `delete` or `list`.
        verb: String,
        /// Object or collection that the request names, such as `lease gw-lock-…`.
        object: String,
    },
    /// The request took effect (on the object's lane).
    CallCommitted {
        /// Number of the call.
        call: u64,
        /// Verb, as in [`Self::CallSent`].
        verb: String,
        /// The store's revision.
        revision: u64,
        /// State of the object afterwards.
        #[serde(rename = "standing")]
        state: ObjectState,
    },
    /// The answer arrived, or the caller stopped waiting (on the caller's lane).
    CallAnswered {
        /// Number of the call.
        call: u64,
        /// HTTP status; `None` if no answer came.
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
    /// A replica paused: garbage collection, SIGSTOP.
    Pause,
    /// The replica resumed.
    Resume,
}

/// State of an object after a commit, drawn as a band until the next commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectState {
    /// A held lease or an active request.
    Live,
    /// A free lease or an ended request.
    Idle,
    /// A deleted object.
    Gone,
}
