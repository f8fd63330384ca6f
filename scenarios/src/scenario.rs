//! A scenario: a cluster, a workload, faults and expectations, written as a typed literal that reads as a story.
use crate::{
    baselines::Terms,
    gateway_faults,
    objects::NAMESPACE,
    workload::{Act, Payload},
};
use serde::{Deserialize, Serialize};
use sim::{Fault, FaultKind, Faults, Trigger};
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
        tail: Duration::from_secs(35),
    };
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

    /// Whether it only holds under its own faults: it expects times, or its old pods miscount under any others.
    pub fn needs_its_own_faults(&self) -> bool {
        let timed = |expect: &Expect| {
            matches!(expect, Expect::AnsweredWithin(..) | Expect::EachWithin(_) | Expect::FirstAcceptWithin(_))
        };
        !self.mixed_replicas.is_empty() || self.expect.iter().any(timed)
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

    /// Faults that must take effect in at least one run.
    pub fn required_faults(&self) -> Vec<Fault> {
        let mut required: Vec<Fault> = self.triggers.iter().map(|trigger| trigger.effect.kind().into()).collect();
        if self.faults.max_call_faults > 0 {
            let kinds = [FaultKind::TooManyRequests, FaultKind::LostAnswer, FaultKind::LateWrite, FaultKind::SentTwice];
            required.extend(kinds.map(Fault::Kind));
        }
        if self.faults.max_crashes > 0 {
            required.push(FaultKind::Crash.into());
        }
        if self.faults.max_interferences > 0 {
            required.extend(gateway_faults::ALL.iter().map(|&(name, _)| Fault::Named(name)));
        }
        if self.faults.max_pauses > 0 {
            required.push(FaultKind::Pause.into());
        }
        if self.faults.max_server_faults > 0 {
            required.extend([FaultKind::TimeTravel, FaultKind::ServerRestart, FaultKind::ColdCache].map(Fault::Kind));
        }
        required.sort();
        required.dedup();
        required
    }
}
