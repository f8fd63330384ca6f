//! Histories written by hand: one verb per fact, a millisecond between facts.
use model::{
    Finding, Invariant, Oracle, Settings, Verdict,
    observation::{Actor, Change, Issued, Lease, Micros, Observation, Reply, Request, SignalId},
};
use std::sync::Arc;

pub(crate) const FINGERPRINT: &str = "3f2a91c07d5e48b6a1b2c3d4e5f60718293a4b5c6d7e8f90112233445566778f";
pub(crate) const LOCK: &str = "gw-lock-3f2a91c07d5e48b6";
pub(crate) const ORCHESTRATOR: Actor = Actor::Orchestrator;
pub(crate) const EXTERNAL: Actor = Actor::External;
pub(crate) const SECOND: Micros = 1_000_000;

/// The first process of that replica.
pub(crate) const fn replica(index: u8) -> Actor {
    Actor::Replica { index, incarnation: 0 }
}

/// The process of that replica after its first restart.
pub(crate) const fn restarted(index: u8) -> Actor {
    Actor::Replica { index, incarnation: 1 }
}

/// An active request of [`FINGERPRINT`] without a count; its uid is its name.
pub(crate) fn rr(name: &str) -> Request {
    Request {
        namespace: "kubernaut-system".into(),
        name: name.into(),
        uid: name.into(),
        fingerprint: FINGERPRINT.into(),
        phase: "Processing".into(),
        terminating: false,
        manual_review_required: false,
        next_allowed_execution: None,
        closed: false,
        deliveries: 0,
        occurrence_count: None,
        first_seen: None,
        last_seen: None,
    }
}

/// The same with a count.
pub(crate) fn counted(name: &str, count: u32) -> Request {
    Request { occurrence_count: Some(count), first_seen: Some(100), last_seen: Some(100), ..rr(name) }
}

pub(crate) fn created(name: &str) -> Reply {
    Reply::Created { name: Some(name.into()) }
}

pub(crate) fn duplicate(name: &str, count: u32) -> Reply {
    Reply::Duplicate { name: Some(name.into()), count: Some(count) }
}

pub(crate) const fn unavailable() -> Reply {
    Reply::ServerError { status: 503, retry_after: true }
}

/// Facts in order. Methods return the history, so that they can be chained.
#[derive(Clone, Default)]
pub(crate) struct History {
    facts: Vec<Observation>,
    at: Micros,
}

impl History {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Lets time pass.
    pub(crate) fn wait(mut self, time: Micros) -> Self {
        self.at += time;
        self
    }

    pub(crate) fn facts(&self) -> &[Observation] {
        &self.facts
    }

    pub(crate) fn then(mut self, fact: impl FnOnce(Micros) -> Observation) -> Self {
        self.facts.push(fact(self.at));
        self.at += 1_000;
        self
    }

    fn sends(self, signal: u32, (resolved, retried): (bool, bool), repeats: Option<u32>) -> Self {
        let (signal, repeats) = (SignalId(signal), repeats.map(SignalId));
        let fingerprint = FINGERPRINT.into();
        let (keyed, to, alone) = (false, None, true);
        let sent =
            |at| Observation::SignalSent { at, signal, fingerprint, resolved, retried, repeats, keyed, to, alone };
        self.then(sent)
    }

    /// A firing alert with an idempotency key: its own, or that of the signal it repeats.
    pub(crate) fn sent_keyed(self, signal: u32, repeats: Option<u32>) -> Self {
        let (signal, repeats) = (SignalId(signal), repeats.map(SignalId));
        let (fingerprint, resolved, retried, keyed) = (FINGERPRINT.into(), false, true, true);
        let (to, alone) = (None, true);
        let sent =
            |at| Observation::SignalSent { at, signal, fingerprint, resolved, retried, repeats, keyed, to, alone };
        self.then(sent)
    }

    /// A firing alert, sent once.
    pub(crate) fn sent(self, signal: u32) -> Self {
        self.sends(signal, (false, false), None)
    }

    /// The same, to a replica.
    pub(crate) fn sent_to(mut self, replica: u8, signal: u32) -> Self {
        self = self.sent(signal);
        if let Some(Observation::SignalSent { to, .. }) = self.facts.last_mut() {
            *to = Some(replica);
        }
        self
    }

    /// The last signal was a member of a group.
    pub(crate) fn in_a_group(mut self) -> Self {
        if let Some(Observation::SignalSent { alone, .. }) = self.facts.last_mut() {
            *alone = false;
        }
        self
    }

    /// The last write was sent at this time.
    pub(crate) fn issued_at(mut self, time: Micros) -> Self {
        if let Some(Observation::RequestCommitted { issued, .. }) = self.facts.last_mut() {
            *issued = Some(Issued { first: time, last: time });
        }
        self
    }

    /// Time of the next fact.
    pub(crate) const fn now(&self) -> Micros {
        self.at
    }

    /// A firing alert whose sender retries.
    pub(crate) fn sent_until_accepted(self, signal: u32) -> Self {
        self.sends(signal, (false, true), None)
    }

    /// A redelivery of `repeats`.
    pub(crate) fn sent_again(self, signal: u32, repeats: u32) -> Self {
        self.sends(signal, (false, true), Some(repeats))
    }

    /// A resolved alert, sent once.
    pub(crate) fn sent_resolved(self, signal: u32) -> Self {
        self.sends(signal, (true, false), None)
    }

    pub(crate) fn answered(self, signal: u32, reply: Reply) -> Self {
        self.then(|at| Observation::SignalAnswered { at, signal: SignalId(signal), reply })
    }

    pub(crate) fn request(self, actor: Actor, change: Change, request: Request) -> Self {
        let revision = self.facts.len() as u64;
        let (request, issued) = (Arc::new(request), None);
        self.then(|at| Observation::RequestCommitted { at, revision, actor, change, request, issued })
    }

    /// A request is created, without a status as the API server does it.
    pub(crate) fn creates(self, actor: Actor, name: &str) -> Self {
        self.request(actor, Change::Created, rr(name))
    }

    /// Its status is written.
    pub(crate) fn writes(self, actor: Actor, request: Request) -> Self {
        self.request(actor, Change::Modified, request)
    }

    /// [`LOCK`] is written, with that holder (`""`: none).
    pub(crate) fn lease(self, actor: Actor, change: Change, holder: &str) -> Self {
        self.guarding(actor, change, holder, None)
    }

    /// The same for a lease that names the request whose creation it guards.
    pub(crate) fn guarding(self, actor: Actor, change: Change, holder: &str, guards: Option<&str>) -> Self {
        let revision = self.facts.len() as u64;
        let lease = Arc::new(Lease {
            name: LOCK.into(),
            uid: "lease-uid".into(),
            holder: Some(holder.into()).filter(|_| !holder.is_empty()),
            duration_seconds: Some(if holder.is_empty() { 1 } else { 30 }),
            guards: guards.map(Into::into),
        });
        self.then(|at| Observation::LeaseCommitted { at, revision, actor, change, lease })
    }

    pub(crate) fn calls(mut self, actor: Actor, times: usize) -> Self {
        for _ in 0..times {
            self = self.then(|at| Observation::ApiCalled { at, actor });
        }
        self
    }

    pub(crate) fn crashes(self, index: u8) -> Self {
        self.then(|at| Observation::Crashed { at, index })
    }

    pub(crate) fn ready(self, index: u8) -> Self {
        self.then(|at| Observation::Ready { at, index })
    }

    pub(crate) fn pauses(self, index: u8, time: Micros) -> Self {
        self.then(|at| Observation::Paused { at, index, until: at + time })
    }

    pub(crate) fn faults_stop(self) -> Self {
        self.then(|at| Observation::FaultsStopped { at })
    }

    pub(crate) fn signals_stop(self) -> Self {
        self.then(|at| Observation::SignalsStopped { at })
    }

    pub(crate) fn ends(self) -> Self {
        self.then(|at| Observation::Ended { at })
    }

    /// One invariant's finding, with the protocol's settings.
    pub(crate) fn judged_by(&self, invariant: &str) -> Finding {
        self.judged_with(invariant, Settings::of_the_protocol())
    }

    pub(crate) fn judged_with(&self, invariant: &str, settings: Settings) -> Finding {
        let invariant = Invariant::named(invariant).expect("an invariant of that name");
        let mut oracle = Oracle::new(&[invariant], settings);
        for fact in &self.facts {
            oracle.observe(fact);
        }
        let findings: [Finding; 1] = oracle.finish().try_into().expect("one finding");
        let [finding] = findings;
        for violation in &finding.violations {
            assert!(violation.evidence.is_sorted(), "evidence is in order: {violation:?}");
            assert!(violation.evidence.iter().all(|&index| index < self.facts.len()), "evidence exists: {violation:?}");
        }
        finding
    }
}

/// The invariant fired once, with that evidence, and its sentence contains all of `words`.
#[track_caller]
pub(crate) fn fires(finding: &Finding, evidence: &[usize], words: &[&str]) {
    assert_eq!(finding.verdict, Verdict::Violated, "{finding:?}");
    let [violation] = &*finding.violations else { panic!("not one violation: {finding:?}") };
    for word in words {
        assert!(violation.sentence.contains(word), "no {word:?} in {:?}", violation.sentence);
    }
    assert_eq!(violation.evidence, evidence, "{}", violation.sentence);
    assert!(violation.sentence.ends_with('.') && !violation.sentence.starts_with(char::is_lowercase), "{violation:?}");
}

/// The invariant was checked, every check was decided, and none fired.
#[track_caller]
pub(crate) fn holds(finding: &Finding) {
    assert_eq!(finding.verdict, Verdict::Held, "{finding:?}");
}

/// The invariant could not be decided.
#[track_caller]
pub(crate) fn undecided(finding: &Finding) {
    assert_eq!(finding.verdict, Verdict::Inconclusive, "{finding:?}");
}
