//! A scenario: a cluster, a workload, faults and expectations, written as a typed literal that reads as a story.
use crate::{
    baselines::Terms,
    gateway_faults,
    objects::NAMESPACE,
    workload::{Act, Interference, Payload, Retry},
};
use serde::{Deserialize, Serialize};
use sim::{Effect, Fault, FaultKind, Faults, Trigger};
use std::{borrow::Cow, time::Duration};

/// Size of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterShape {
    /// Number of gateway replicas.
    pub replicas: usize,
    /// Number of API servers over one store, each with its own watch caches.
    pub servers: usize,
    /// Whether the API server supports the CRD's selectable fields. Otherwise it answers field selectors with 400.
    pub selectable_fields: bool,
    /// Whether each object that alerts are about is labelled as managed. Otherwise their namespace is.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub objects_labelled: bool,
    /// Number of RemediationRequests of other fingerprints that exist from the beginning.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub other_requests: usize,
    /// Simulated time that follows the last answer: late calls arrive, leases expire, sweepers run.
    pub tail: Duration,
}

impl ClusterShape {
    /// Long enough to see that nothing retries forever and that leases are swept.
    pub const LONG_TAIL: Duration = Duration::from_secs(450);
    /// Three replicas, two API servers.
    pub const USUAL: ClusterShape = ClusterShape {
        replicas: 3,
        servers: 2,
        selectable_fields: true,
        objects_labelled: true,
        other_requests: 0,
        tail: Duration::from_secs(75),
    };
}

fn is_zero(value: &usize) -> bool {
    *value == 0
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

/// An expectation of a scenario, besides the invariants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expect {
    /// Number of RemediationRequests that exist at the end.
    Requests(usize),
    /// Every firing signal is accepted in the end, redeliveries included.
    AllAccepted,
    /// Every firing signal is answered with this status.
    AllRefused(u16),
    /// Every replica answers at least one delivery.
    EveryReplicaServes,
    /// Signals of this payload are answered within this simulated time.
    AnsweredWithin(Payload, Duration),
    /// Signals of every [`Payload::Distinct`] are answered within this simulated time.
    EachWithin(Duration),
    /// Number of signals of this payload that are counted on its RemediationRequests.
    Counted(Payload, u32),
    /// Every question whether a replica is ready is answered with yes.
    AlwaysReady,
    /// Some replica says that it is not ready, with this in its reason, and each is ready when it is asked last.
    UnreadyFor(Cow<'static, str>),
    /// Of each alert, a signal is accepted within this simulated time after the first was sent.
    FirstAcceptWithin(Duration),
}

/// One scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Name on the command line.
    pub name: Cow<'static, str>,
    /// Description of what happens and why it matters, in a sentence or two.
    pub story: Cow<'static, str>,
    /// Size of the cluster.
    pub cluster: ClusterShape,
    /// Protocols of the first replicas, if they differ from the rest, as during a rolling update.
    pub mixed_replicas: Cow<'static, [&'static str]>,
    /// Simulated time after which the senders must be done.
    pub time_limit: Duration,
    /// Script of the workload.
    pub acts: Cow<'static, [Act]>,
    /// Faults that may happen at random.
    pub faults: Faults,
    /// Faults that strike a given call for certain.
    pub triggers: Cow<'static, [Trigger]>,
    /// Expectations besides the invariants.
    pub expect: Cow<'static, [Expect]>,
    /// Namespaces that replicas keep their locks in, by turns. More than one is a wrong deployment.
    pub lock_namespaces: Cow<'static, [&'static str]>,
    /// Terms of the baselines' locks, and of the clocks.
    pub terms: Terms,
    /// Share of the runs when the whole catalogue is run, relative to the other scenarios.
    pub weight: u32,
}

impl Scenario {
    /// Defaults of a literal.
    pub const BLANK: Scenario = Scenario {
        name: Cow::Borrowed(""),
        story: Cow::Borrowed(""),
        cluster: ClusterShape::USUAL,
        mixed_replicas: Cow::Borrowed(&[]),
        time_limit: Duration::from_secs(900),
        acts: Cow::Borrowed(&[]),
        faults: Faults::NONE,
        triggers: Cow::Borrowed(&[]),
        expect: Cow::Borrowed(&[]),
        lock_namespaces: Cow::Borrowed(&[NAMESPACE]),
        terms: Terms::USUAL,
        weight: 10,
    };

    /// Whether it only holds under its own faults: its old pods miscount under any others, or others may keep a request
    /// that was made by hand from a replica until its watch falls silent, which no gateway survives.
    pub fn needs_its_own_faults(&self) -> bool {
        let silent = |trigger: &Trigger| trigger.effect == Effect::Fault(FaultKind::SilentWatch);
        let unseen = self.acts.iter().any(Act::makes_a_request) && self.triggers.iter().any(silent);
        !self.mixed_replicas.is_empty() || unseen
    }

    /// Its faults and those of a preset. Where a count may be full, the preset brings no interference: a request whose
    /// count is full takes no signals, and if it must be reviewed nothing may follow it: no gateway could accept one.
    pub fn faults_with(&self, preset: Faults) -> Faults {
        let both = self.faults.with(preset);
        if !self.acts.iter().any(Act::fills_a_count) {
            return both;
        }
        Faults {
            interference_per_mille: both.interference_per_mille.min(self.faults.interference_per_mille),
            max_interferences: both.max_interferences.min(self.faults.max_interferences),
            ..both
        }
    }

    /// Whether nothing but crashes goes wrong.
    pub fn crashes_only(&self) -> bool {
        let mild = |act: &Act| {
            !matches!(act, Act::Pause { .. } | Act::Interfere { .. } | Act::WriteLease { .. } | Act::HoldLease { .. })
        };
        self.mixed_replicas.is_empty()
            && self.faults == Faults::NONE
            && self.triggers.iter().all(|trigger| trigger.effect.kind() == FaultKind::Crash)
            && self.acts.iter().all(mild)
    }

    /// Payloads that the script delivers or writes about, each once.
    pub fn payloads(&self) -> Vec<Payload> {
        let mut payloads: Vec<Payload> = self.acts.iter().flat_map(Act::payloads).collect();
        payloads.sort();
        payloads.dedup();
        payloads
    }

    /// Number of signals that its script sends, redeliveries aside.
    pub fn signals(&self) -> u64 {
        self.acts.iter().map(Act::signals).sum()
    }

    /// Longest time for which a replica's write may be held back after it was decided: by a call that takes long, or by
    /// a pause.
    pub fn longest_hold_back(&self) -> Duration {
        let held = |effect: &Effect| match *effect {
            Effect::Late(time) | Effect::PauseBefore(time) | Effect::PauseAfter(time) => time,
            Effect::Twice { after, .. } => after,
            Effect::Fault(_) => LONGEST_CALL,
            Effect::CrashBefore { .. } | Effect::CrashAfter { .. } | Effect::Forbid => Duration::ZERO,
        };
        let paused = |act: &Act| if let Act::Pause { duration, .. } = act { *duration } else { Duration::ZERO };
        let at_random = [
            (self.faults.max_pauses > 0).then_some(LONGEST_PAUSE),
            (self.faults.max_call_faults > 0).then_some(LONGEST_CALL),
        ];
        let triggers = self.triggers.iter().map(|trigger| held(&trigger.effect));
        let acts = self.acts.iter().map(paused);
        triggers.chain(acts).chain(at_random.into_iter().flatten()).max().unwrap_or_default()
    }

    /// Whether every sender repeats a signal until it is accepted.
    pub fn every_sender_retries(&self) -> bool {
        let once = |act: &Act| {
            matches!(act, Act::Deliver { retry: Retry::Never, .. } | Act::DeliverEach { retry: Retry::Never, .. })
        };
        !self.acts.iter().any(once)
    }

    /// Faults that its own triggers and acts make, each with the largest number of times in one run.
    pub fn own_faults(&self) -> Vec<(Fault, u64)> {
        let triggers =
            self.triggers.iter().map(|trigger| (Fault::from(trigger.effect.kind()), u64::from(trigger.times)));
        triggers.chain(self.acts.iter().filter_map(act_fault)).collect()
    }

    /// Faults that must take effect in at least one run.
    pub fn required_faults(&self) -> Vec<Fault> {
        let mut required: Vec<Fault> = self.triggers.iter().map(|trigger| trigger.effect.kind().into()).collect();
        required.extend(required_of(&self.faults));
        required.sort();
        required.dedup();
        required
    }

    /// Invariants of the model that must be checked in at least one run, since the script leads to what they are about.
    pub fn required_checks(&self) -> Vec<&'static str> {
        let payloads = self.payloads();
        let any = |is: fn(&Act) -> bool| self.acts.iter().any(is);
        let mut required = vec!["quiet_is_quiet"];
        if self.signals() == 0 {
            return required;
        }
        required.extend(["every_signal_ends", "nothing_unprocessed_is_accepted"]);
        if !self.expect.iter().any(|expect| matches!(expect, Expect::AllRefused(_))) {
            required.extend(["one_active_request", "occurrences_exact", "occurrences_monotonic"]);
            required.extend(["accepted_means_active", "one_holder", "no_foreign_release", "locks_are_reclaimed"]);
            required.extend(["watch_is_ordered", "watch_is_unique", "watch_is_atomic", "watch_is_reliable"]);
        }
        if payloads.contains(&Payload::DeploymentResolved) {
            required.push("resolved_creates_nothing");
        }
        if any(|act| matches!(act, Act::Deliver { retry: Retry::Keyed { again: 1.. }, .. })) {
            required.push("redelivered_begins_nothing");
        }
        if any(
            |act| matches!(act, Act::Interfere { how: Interference::DeleteRequests { held }, .. } if !held.is_zero()),
        ) {
            required.push("terminating_takes_no_counts");
        }
        required
    }
}

/// Longest delay of a call at random.
const LONGEST_CALL: Duration = Duration::from_secs(60);
/// Longest pause of a replica at random.
const LONGEST_PAUSE: Duration = Duration::from_secs(70);

/// Faults that a preset, or faults of a scenario's own, must make in at least one of many runs.
pub fn required_of(faults: &Faults) -> Vec<Fault> {
    let mut required = Vec::new();
    if faults.max_call_faults > 0 {
        let kinds = [FaultKind::TooManyRequests, FaultKind::LostAnswer, FaultKind::LateWrite, FaultKind::SentTwice];
        required.extend(kinds.map(Fault::Kind));
    }
    if faults.max_crashes > 0 {
        required.push(FaultKind::Crash.into());
    }
    if faults.max_interferences > 0 {
        required.extend(gateway_faults::ALL.iter().map(|&(name, _)| Fault::Named(name)));
    }
    if faults.max_pauses > 0 {
        required.push(FaultKind::Pause.into());
    }
    if faults.max_server_faults > 0 {
        required.extend([FaultKind::TimeTravel, FaultKind::ServerRestart, FaultKind::ColdCache].map(Fault::Kind));
    }
    if faults.max_watch_faults > 0 {
        required.extend([FaultKind::WatchDrop, FaultKind::Compaction].map(Fault::Kind));
    }
    if faults.clock_skew {
        required.push(FaultKind::ClockSkew.into());
    }
    if faults.redelivery_per_mille > 0 {
        required.push(FaultKind::Redelivery.into());
    }
    required
}

/// The fault that an act is counted as, with the largest number of times.
fn act_fault(act: &Act) -> Option<(Fault, u64)> {
    match act {
        Act::CrashEvery { times, .. } => Some((FaultKind::Crash.into(), u64::from(*times))),
        Act::Pause { .. } => Some((FaultKind::Pause.into(), 1)),
        Act::SetClock { .. } => Some((FaultKind::ClockStep.into(), 1)),
        Act::OrchestrateMeanwhile { of, .. } => Some((gateway_faults::REQUEST_ENDS.into(), of.alerts().len() as u64)),
        Act::EndMeanwhile { of, times, .. } => {
            Some((gateway_faults::REQUEST_ENDS.into(), of.alerts().len() as u64 * u64::from(*times)))
        }
        Act::WriteLease { .. } | Act::HoldLease { .. } => Some((gateway_faults::LEASE_BY_HAND.into(), 1)),
        Act::ChangeBack { of, .. } => Some((gateway_faults::CHANGED_BACK.into(), of.alerts().len() as u64)),
        Act::Suppress { of, .. } => Some((gateway_faults::SUPPRESSION_CHANGED.into(), of.alerts().len() as u64)),
        Act::Interfere { how, .. } => {
            let fault = match how {
                Interference::FreeLease => gateway_faults::LEASE_STOLEN,
                Interference::DeleteRequests { .. } => gateway_faults::REQUEST_DELETED,
                Interference::EraseMarks | Interference::RestoreMarks | Interference::Reopen => {
                    gateway_faults::MARKS_ERASED
                }
                Interference::GarbleMarks(_) => gateway_faults::MARKS_GARBLED,
                Interference::PinLease { .. } => gateway_faults::LEASE_PINNED,
                Interference::EndNamespace => gateway_faults::NAMESPACE_ENDS,
                Interference::DeleteEnded => gateway_faults::ENDED_DELETED,
                Interference::CreateRequest => gateway_faults::REQUEST_BY_HAND,
                Interference::SetCount(_) => gateway_faults::COUNT_OVERWRITTEN,
                _ => return None,
            };
            Some((fault.into(), 1))
        }
        _ => None,
    }
}
