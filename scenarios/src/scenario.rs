//! A scenario: a cluster, what is done to it, what may go wrong, and what is expected. A typed literal that reads as a story.
use crate::{
    gateway_faults,
    workload::{Act, Payload, script::NAMESPACE},
};
use serde::{Deserialize, Serialize};
use sim::{Fault, FaultKind, Faults, Trigger};
use std::{borrow::Cow, time::Duration};

/// The replicas and the API servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterShape {
    /// Gateway replicas.
    pub replicas: usize,
    /// API servers over one store, each with watch caches of its own.
    pub servers: usize,
    /// The API server knows the CRD's selectable fields. Without them a field selector is answered 400.
    pub selectable_fields: bool,
    /// True time that the run goes on after the last answer: what is late arrives, leases expire, sweepers sweep.
    pub tail: Duration,
}

impl ClusterShape {
    /// Long enough to see that nothing goes on for ever and that leases are swept.
    pub const LONG_TAIL: Duration = Duration::from_secs(450);
    /// Three replicas, two API servers.
    pub const USUAL: ClusterShape =
        ClusterShape { replicas: 3, servers: 2, selectable_fields: true, tail: Duration::from_secs(35) };
}

/// What a scenario expects beside the invariants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expect {
    /// This many RemediationRequests exist at the end.
    Requests(usize),
    /// Every signal that fires is accepted in the end, redeliveries included.
    AllAccepted,
    /// Every signal that fires is answered with this status, and nothing is stored.
    AllRefused(u16),
    /// Every replica answered some signal.
    EveryReplicaServes,
    /// Signals of this payload are answered within this true time.
    AnsweredWithin(Payload, Duration),
    /// Signals of every [`Payload::Distinct`] are answered within this true time.
    EachWithin(Duration),
    /// This many signals of this payload are counted on its RemediationRequests.
    Counted(Payload, u32),
}

/// One story.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: Cow<'static, str>,
    /// What happens and why it matters, in a sentence or two.
    pub story: Cow<'static, str>,
    /// The cluster.
    pub cluster: ClusterShape,
    /// Protocols of the first replicas, where they run another than the rest: a rolling update under way.
    pub beside: Cow<'static, [&'static str]>,
    /// True time after which senders must be done.
    pub time_limit: Duration,
    /// What is done, in order.
    pub acts: Cow<'static, [Act]>,
    /// What may go wrong at random.
    pub faults: Faults,
    /// What goes wrong for certain.
    pub triggers: Cow<'static, [Trigger]>,
    /// What is expected beside the invariants.
    pub expect: Cow<'static, [Expect]>,
    /// Where replicas keep their locks, by turns: one namespace, or the deployment is wrong.
    pub lock_namespaces: Cow<'static, [&'static str]>,
    /// How often it is run where the whole catalogue is, relative to the others.
    pub weight: u32,
}

impl Scenario {
    /// What a literal starts from.
    pub const BLANK: Scenario = Scenario {
        name: Cow::Borrowed(""),
        story: Cow::Borrowed(""),
        cluster: ClusterShape::USUAL,
        beside: Cow::Borrowed(&[]),
        time_limit: Duration::from_secs(900),
        acts: Cow::Borrowed(&[]),
        faults: Faults::NONE,
        triggers: Cow::Borrowed(&[]),
        expect: Cow::Borrowed(&[]),
        lock_namespaces: Cow::Borrowed(&[NAMESPACE]),
        weight: 10,
    };

    /// Whether what it promises holds under its own faults alone: times, and counts beside old pods, which race on a bad day.
    pub fn needs_its_own_faults(&self) -> bool {
        let timed = |expect: &Expect| matches!(expect, Expect::AnsweredWithin(..) | Expect::EachWithin(_));
        !self.beside.is_empty() || self.expect.iter().any(timed)
    }

    /// The payloads that it delivers or acts on, each once.
    pub fn payloads(&self) -> Vec<Payload> {
        let mut payloads: Vec<Payload> = self.acts.iter().flat_map(Act::payloads).collect();
        payloads.sort();
        payloads.dedup();
        payloads
    }

    /// The faults that this scenario is about: each must take effect in some run.
    pub fn required_faults(&self) -> Vec<Fault> {
        let mut required: Vec<Fault> = self.triggers.iter().map(|trigger| trigger.effect.kind().into()).collect();
        if self.faults.max_call_faults > 0 {
            required.extend([FaultKind::TooManyRequests, FaultKind::LostAnswer, FaultKind::LateWrite].map(Fault::Kind));
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
