//! One replica: a name that stays, and processes that start and end.
use crate::{clock::Skew, event::ActorId, hosts::Process};
use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
};

/// A replica of the host.
pub(crate) struct Replica {
    /// Name of the pod.
    pub(crate) name: Arc<str>,
    /// The running process.
    pub(crate) process: Option<Box<dyn Process>>,
    /// Whether the process takes requests.
    pub(crate) ready: bool,
    /// Number of processes that have ended.
    pub(crate) incarnation: u16,
    /// The actor that the process is.
    pub(crate) actor: Option<ActorId>,
    pub(crate) skew: Skew,
    /// Milliseconds by which its wall clock was set forward since the run began.
    pub(crate) stepped_ms: Arc<AtomicI64>,
    pub(crate) paused_until: Arc<AtomicU64>,
}

impl Replica {
    pub(crate) fn new(name: Arc<str>, skew: Skew) -> Self {
        let (stepped_ms, paused_until) = (Arc::default(), Arc::default());
        Self { name, process: None, ready: false, incarnation: 0, actor: None, skew, stepped_ms, paused_until }
    }

    /// Simulated time, in microseconds, until which it is paused.
    pub(crate) fn paused_until(&self) -> u64 {
        self.paused_until.load(Relaxed)
    }

    /// Sets the wall clock: it is wrong by this many milliseconds from now on.
    pub(crate) fn set_clock(&self, offset_ms: i64) {
        self.stepped_ms.store(offset_ms - self.skew.offset_ms, Relaxed);
    }

    /// Whether a process runs, and is not paused at this time.
    pub(crate) fn running(&self, now: u64) -> bool {
        self.process.is_some() && self.paused_until() <= now
    }
}
