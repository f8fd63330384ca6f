//! Cells: which API calls were struck by which faults, in which phase of the request that was written last; and of the
//! faults of the gateway's environment also in which state of the lock.
use apiserver::{Change, Commit};
use sim::{
    Fault,
    engine::{CallId, Event, Observer},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// Method and resource of the call; what was struck, if it was not a call.
    pub call: String,
    /// Name of the fault.
    pub fault: &'static str,
    /// Phase of the RemediationRequest that was written last; `none` before the first.
    pub phase: String,
    /// State of the lease that was written last, for a fault of the gateway's environment; empty for any other.
    pub lock: &'static str,
}

/// States of a lock, as cells name them.
pub const LOCKS: [&str; 4] = ["absent", "free", "held", "going"];

impl Cell {
    pub(crate) fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        Hash::hash(self, &mut hasher);
        hasher.finish()
    }
}

/// The cells that a run has reached.
pub type Cells = Arc<Mutex<BTreeSet<Cell>>>;

/// Notes the cells of a run, and passes its events on.
pub(super) struct CellObserver {
    inner: Box<dyn Observer>,
    reached: Cells,
    /// Method and target of each call that has no answer yet.
    calls: BTreeMap<CallId, (http::Method, Arc<str>)>,
    state: State,
    /// State before the commit that was the last event: a write of the environment is counted right after it.
    before: Option<State>,
}

/// State of the objects that were written last.
#[derive(Clone)]
struct State {
    phase: String,
    lock: &'static str,
}

impl CellObserver {
    pub(super) fn new(inner: impl Observer + 'static, reached: Cells) -> Self {
        let state = State { phase: "none".to_owned(), lock: LOCKS[0] };
        Self { inner: Box::new(inner), reached, calls: BTreeMap::new(), state, before: None }
    }
}

impl Observer for CellObserver {
    fn event(&mut self, at: u64, event: &Event) {
        let before = self.before.take();
        match event {
            Event::CallSent { call, method, target, .. } => {
                self.calls.insert(*call, (method.clone(), Arc::clone(target)));
            }
            Event::CallAnswered { call, .. } => _ = self.calls.remove(call),
            Event::Committed(commit) => {
                self.before = Some(before.unwrap_or_else(|| self.state.clone()));
                self.state.note(commit);
            }
            Event::Fault { fault, call, replica } => {
                let other = if replica.is_some() { "a replica" } else { "the cluster" };
                let call = call.and_then(|call| self.calls.get(&call));
                let name = |(method, target): &(http::Method, Arc<str>)| format!("{method} {}", resource(target));
                let call = call.map_or_else(|| other.to_owned(), name);
                let state = before.unwrap_or_else(|| self.state.clone());
                let lock = if matches!(fault, Fault::Named(_)) { state.lock } else { "" };
                let cell = Cell { call, fault: fault.name(), phase: state.phase, lock };
                self.reached.lock().unwrap_or_else(PoisonError::into_inner).insert(cell);
            }
            _ => {}
        }
        self.inner.event(at, event);
    }
}

impl State {
    fn note(&mut self, commit: &Commit) {
        let object = &commit.after;
        match object["kind"].as_str() {
            Some("RemediationRequest") => {
                let phase = object["status"]["overallPhase"].as_str().filter(|phase| !phase.is_empty());
                phase.unwrap_or("new").clone_into(&mut self.phase);
            }
            Some("Lease") => self.lock = lock(commit),
            _ => {}
        }
    }
}

fn lock(commit: &Commit) -> &'static str {
    let lease = &commit.after;
    let holder = lease["spec"]["holderIdentity"].as_str().unwrap_or_default();
    match commit.change {
        Change::Deleted => LOCKS[0],
        _ if lease["metadata"].get("deletionTimestamp").is_some() => LOCKS[3],
        _ if holder.is_empty() => LOCKS[1],
        _ => LOCKS[2],
    }
}

/// The plural and the subresource of a path.
fn resource(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.drain(..parts.len().min(if parts.first() == Some(&"apis") { 3 } else { 2 }));
    if parts.first() == Some(&"namespaces") && parts.len() > 2 {
        parts.drain(..2);
    }
    match parts[..] {
        [] => path.to_owned(),
        [plural, _, below, ..] => format!("{plural}/{below}"),
        [plural, ..] => plural.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_named_by_their_resource() {
        for (target, name) in [
            ("/apis/kubernaut.ai/v1/namespaces/a/remediationrequests/x/status?dryRun", "remediationrequests/status"),
            ("/apis/coordination.k8s.io/v1/namespaces/a/leases", "leases"),
            ("/api/v1/namespaces/a/pods/x", "pods"),
            ("/api/v1/namespaces/a", "namespaces"),
            ("/version", "/version"),
        ] {
            assert_eq!(resource(target), name, "{target}");
        }
    }
}
