//! Facts of one run that a comparison needs: which fingerprints had two active requests, and the calls of replicas.
use crate::{
    objects::{is_terminal, phase_of},
    observe::Recorder,
};
use apiserver::Change;
use sim::engine::{ActorId, Event, Observer};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Facts of one run.
#[derive(Debug, Default)]
pub(super) struct Seen {
    replicas: BTreeSet<ActorId>,
    /// Fingerprint of each request that is active, by uid.
    active: BTreeMap<String, String>,
    /// Fingerprints that had two active requests at some moment.
    pub(super) doubled: BTreeSet<String>,
    /// Calls of replicas on Leases and RemediationRequests, without watches.
    pub(super) api_calls: u64,
}

impl Seen {
    /// Fingerprints that have two active requests now.
    pub(super) fn still_doubled(&self) -> usize {
        let mut count: BTreeMap<&str, u32> = BTreeMap::new();
        self.active.values().for_each(|fingerprint| *count.entry(fingerprint).or_default() += 1);
        count.values().filter(|active| **active > 1).count()
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Started { actor, .. } => _ = self.replicas.insert(*actor),
            Event::CallSent { actor, target, .. } if self.replicas.contains(actor) => {
                let ours =
                    target.starts_with("/apis/coordination.k8s.io/") || target.starts_with("/apis/kubernaut.ai/");
                self.api_calls += u64::from(ours && !target.contains("watch="));
            }
            Event::Committed(commit) if commit.after["kind"] == "RemediationRequest" => {
                let uid = commit.after["metadata"]["uid"].as_str().unwrap_or_default();
                if commit.change == Change::Deleted || is_terminal(phase_of(&commit.after)) {
                    self.active.remove(uid);
                    return;
                }
                let fingerprint = commit.after["spec"]["signalFingerprint"].as_str().unwrap_or_default();
                self.active.insert(uid.to_owned(), fingerprint.to_owned());
                if self.active.values().filter(|other| *other == fingerprint).count() > 1 {
                    self.doubled.insert(fingerprint.to_owned());
                }
            }
            _ => {}
        }
    }
}

/// Facts that an observer and its reader share.
#[derive(Clone, Default)]
pub(super) struct Facts(Arc<Mutex<Seen>>);

impl Facts {
    /// An observer that notes facts, and passes events on.
    pub(super) fn observer(&self, recorder: Recorder) -> Box<dyn Observer> {
        Box::new(Noting { recorder, facts: self.clone() })
    }

    /// The facts so far.
    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Noting {
    recorder: Recorder,
    facts: Facts,
}

impl Observer for Noting {
    fn event(&mut self, at: u64, event: &Event) {
        self.facts.seen().event(event);
        self.recorder.event(at, event);
    }
}
