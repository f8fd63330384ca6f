//! The history of a run, as far as checks ask for it: writes, and the replicas that made them.
use crate::event::{ActorId, Event};
use apiserver::{Change, Commit};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Writes of replicas so far.
#[derive(Default)]
pub(super) struct History {
    replicas: BTreeMap<u32, usize>,
    created: BTreeSet<String>,
    faults_stopped: bool,
    /// Number of replicas that were restarted in the end.
    pub(super) restarts: u64,
    /// Time of the last write.
    pub(super) last_write: Duration,
    /// The first write after the restart in the end, in words.
    pub(super) after_restart: Option<String>,
    /// Number of writing calls of replicas while faults were possible.
    pub(super) writing_calls: u32,
}

impl History {
    /// Follows the run by one event other than a commit.
    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Started { replica, actor, .. } => _ = self.replicas.insert(actor.0, *replica),
            Event::CallSent { actor: ActorId(actor), method, .. } => {
                let counts = !self.faults_stopped && method != http::Method::GET && self.replicas.contains_key(actor);
                self.writing_calls += u32::from(counts);
            }
            Event::FaultsStopped => self.faults_stopped = true,
            Event::Crashed { .. } => self.restarts += u64::from(self.faults_stopped),
            _ => {}
        }
    }

    /// Follows the run by one commit. Writes of leases and events are a program's heartbeat and do not count.
    pub(super) fn commit(&mut self, at: Duration, commit: &Commit) {
        let Some(replica) = self.replica(commit) else { return };
        if commit.change == Change::Created
            && let Some(uid) = commit.after["metadata"]["uid"].as_str()
        {
            self.created.insert(uid.to_owned());
        }
        if is_heartbeat(&commit.after) {
            return;
        }
        self.last_write = at;
        if self.restarts > 0 && self.after_restart.is_none() {
            let change = match commit.change {
                Change::Created => "created",
                Change::Modified => "changed",
                Change::Deleted => "deleted",
            };
            self.after_restart = Some(format!("replica-{replica} {change} {}", named(&commit.after)));
        }
    }

    /// The replica that made a commit; None for another client.
    pub(super) fn replica(&self, commit: &Commit) -> Option<usize> {
        self.replicas.get(&commit.actor).copied()
    }

    /// Whether a replica created this object.
    pub(super) fn created_by_replica(&self, object: &Value) -> bool {
        object["metadata"]["uid"].as_str().is_some_and(|uid| self.created.contains(uid))
    }
}

/// Leases and events: programs write them although nothing changes.
pub(super) fn is_heartbeat(object: &Value) -> bool {
    object["kind"] == "Event"
        || object["kind"] == "Lease"
            && object["apiVersion"].as_str().is_some_and(|version| version.starts_with("coordination.k8s.io/"))
}

/// An object: `ConfigMap default/hello`.
pub(super) fn named(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    }
}
