//! Drawing: one world from one seed.
use super::{
    lot::Lot,
    names::{NAME, name},
};
use crate::{
    play::interference::garbled::WAYS,
    scenario::{ClusterShape, Expect, Scenario},
    workload::{Act, Interference, Payload, Retry, Route, Suppression, UNTIL_AT_REST},
};
use sim::{CallPattern, Effect, FaultKind, Faults, Trigger};
use std::{borrow::Cow, time::Duration};

/// Holder of a lease that an administrator writes.
const STRANGER: &str = "gateway-old";
/// Longest time of a call or a pause, as the assumptions allow.
const LONGEST: Duration = Duration::from_secs(60);
const LIVE: &[&str] = &["Pending", "Processing", "Analyzing", "AwaitingApproval", "Executing", "Verifying", "Blocked"];
const TERMINAL: &[&str] = &["Completed", "Failed", "TimedOut", "Skipped", "Cancelled"];
const METHODS: &[(&str, &str)] = &[
    ("POST", "leases"),
    ("PUT", "leases"),
    ("GET", "leases"),
    ("DELETE", "leases"),
    ("POST", "remediationrequests"),
    ("GET", "remediationrequests"),
    ("PATCH", "remediationrequests/status"),
];
/// Faults of calls that strike only a given call, never by chance.
const PLACED_FAULTS: &[FaultKind] = &[
    FaultKind::WebhookDenies,
    FaultKind::WebhookSlow,
    FaultKind::CutOff,
    FaultKind::Unauthorized,
    FaultKind::NotAllowed,
    FaultKind::NotServed,
    FaultKind::PageNotFound,
    FaultKind::QuotaSpent,
    FaultKind::PolicyDenies,
];
/// Faults of the watch that a call opens.
const OF_WATCHES: &[FaultKind] = &[FaultKind::SilentWatch, FaultKind::RepeatedEvents];
/// Offsets of a wall clock that is set, in milliseconds.
const CLOCKS: &[i64] = &[-50_000, -40_000, 0, 40_000, 90_000];
/// Locks that another program wrote.
const ODD_LEASES: &[&str] = &[
    "{}",
    r#"{"holderIdentity":"","leaseDurationSeconds":30}"#,
    r#"{"holderIdentity":"gateway-old"}"#,
    r#"{"holderIdentity":"gateway-old","leaseDurationSeconds":30,"renewTime":"2001-01-01T00:00:00.000000Z"}"#,
    r#"{"holderIdentity":"gateway-old","leaseDurationSeconds":60,"renewTime":"2101-01-01T00:00:00.000000Z"}"#,
];
/// Number of requests that a replica does not list at once.
const MORE_THAN_A_PAGE: usize = 520;
/// Number of crashes after which a list of writers has forgotten the first.
const MANY_CRASHES: u32 = 40;
const TWICE: &[Option<u16>] = &[None, None, None, Some(429), Some(409), Some(422), Some(500), Some(504)];

/// The world of this seed.
///
/// Left out, since no gateway could hold: leases that others delete or restore; reads that lie; calls that take effect
/// after more than a minute; and, while signals wait, ended requests that become active again or are deleted, requests
/// that others create, and counts that others change. Scenarios named `assumption-…` have those.
pub fn draw(seed: u64) -> Scenario {
    let mut lot = Lot::new(seed);
    let mut cluster = ClusterShape {
        replicas: lot.between(1, 4) as usize,
        servers: lot.between(1, 3) as usize,
        selectable_fields: !lot.one_in(8),
        objects_labelled: true,
        other_requests: if lot.one_in(64) { MORE_THAN_A_PAGE } else { 0 },
        tail: if lot.one_in(8) { ClusterShape::LONG_TAIL } else { ClusterShape::USUAL.tail },
    };
    let faults = faults(&mut lot);
    let words = Words::draw(&mut lot, faults.interference_per_mille > 0);
    // The label of a namespace does not cover nodes, nor an Event in another namespace.
    let outside = |payload: &Payload| matches!(payload, Payload::Nodes | Payload::Event);
    cluster.objects_labelled = words.payloads.iter().any(outside) || !lot.one_in(4);
    let mut acts = vec![words.delivery(&mut lot)];
    for _ in 0..lot.between(0, 8) {
        words.add_acts(&mut lot, cluster.replicas, &mut acts);
        // A request whose count is full takes no signals, and none may follow it while it suppresses others: so nothing
        // else is done with it, and it ends.
        if acts.iter().any(Act::fills_a_count) {
            break;
        }
    }
    let times = [0, 0, 1, 2][lot.between(0, 3) as usize];
    let mut triggers: Vec<Trigger> = (0..times).map(|_| trigger(&mut lot, cluster.replicas)).collect();
    // A replica begins an episode beside a request that others made where its watch does not show it.
    if acts.iter().any(Act::makes_a_request) {
        triggers.retain(|trigger| trigger.effect != Effect::Fault(FaultKind::SilentWatch));
    }
    Scenario {
        name: Cow::Owned(name(seed)),
        story: Cow::Borrowed("a world that a seed has drawn"),
        cluster,
        time_limit: Duration::from_secs(3_600),
        acts: Cow::Owned(acts),
        faults,
        triggers: Cow::Owned(triggers),
        expect: Cow::Borrowed(&[Expect::AllAccepted]),
        ..Scenario::BLANK
    }
}

/// Odds of each class of faults: none, the usual ones or several times those. Half of the classes are left out, so that
/// what is left is not drowned.
fn faults(lot: &mut Lot) -> Faults {
    let mut faults = Faults { name: NAME, ..Faults::NONE };
    if lot.one_in(8) {
        return faults;
    }
    let most = Faults::HOSTILE;
    if lot.one_in(2) {
        (faults.call_fault_per_mille, faults.max_call_faults) = (lot.of(&[20, 100, 200, 400]), lot.between(1, 30));
    }
    if lot.one_in(2) {
        faults.world_fault_per_mille = lot.of(&[3, 10, 20]);
        (faults.max_crashes, faults.max_pauses) = (lot.between(0, 4), lot.between(0, 2));
        (faults.max_watch_faults, faults.max_disconnects) = (lot.between(0, 8), lot.between(0, 4));
    }
    if lot.one_in(2) {
        faults.server_fault_per_mille = lot.of(&[5, 20, 60]);
        (faults.max_server_faults, faults.lagging_cache_per_mille) = (lot.between(1, 8), lot.of(&[0, 200, 500]));
    }
    if lot.one_in(2) {
        (faults.interference_per_mille, faults.max_interferences) = (lot.of(&[5, 20, 60]), lot.between(1, 8));
    }
    faults.clock_skew = lot.one_in(3);
    faults.redelivery_per_mille = if lot.one_in(3) { most.redelivery_per_mille } else { 0 };
    faults
}

/// A fault that strikes a given call for certain.
fn trigger(lot: &mut Lot, replicas: usize) -> Trigger {
    let (method, resource) = lot.of(METHODS);
    let replica = lot.one_in(2).then(|| lot.between(0, replicas as u32 - 1) as usize);
    let long = lot.time(16).min(LONGEST);
    if lot.one_in(4) {
        let on = CallPattern { method: "GET", resource: lot.of(&["leases", "remediationrequests"]), replica };
        let effect = Effect::Fault(lot.of(OF_WATCHES));
        return Trigger { on, skip: lot.between(0, 1), times: lot.between(1, 4), effect };
    }
    let effect = match lot.between(0, 8) {
        0 => Effect::Late(long),
        1 => Effect::Twice { answer: lot.of(TWICE), after: if lot.one_in(2) { Duration::ZERO } else { long } },
        2 => Effect::CrashBefore { restart: lot.time(15) },
        3 => Effect::CrashAfter { restart: lot.time(15) },
        4 => Effect::PauseBefore(long),
        5 => Effect::PauseAfter(long),
        6 => Effect::Fault(lot.of(FaultKind::OF_CALLS)),
        _ => Effect::Fault(lot.of(PLACED_FAULTS)),
    };
    let effect = if lot.one_in(20) { Effect::Forbid } else { effect };
    Trigger { on: CallPattern { method, resource, replica }, skip: lot.between(0, 3), times: lot.between(1, 2), effect }
}

/// Largest count that its type can have.
const COUNT_MAX: u32 = i32::MAX as u32;

/// Words that the script of one world is made of.
struct Words {
    payloads: Vec<Payload>,
    keyed: bool,
    /// Whether others write at any time.
    others: bool,
    /// Kinds of acts, by number.
    kinds: Vec<u32>,
}

/// The kind of act that delivers with keys in every world.
const TWINS: u32 = 0;
/// Number of kinds of acts that a world may lack.
const KINDS: u32 = 18;

impl Words {
    /// A world has one fingerprint or a few, and half of the kinds of acts.
    fn draw(lot: &mut Lot, others: bool) -> Self {
        let all = [
            Payload::Deployment,
            Payload::Deployment,
            Payload::GroupOfThree,
            Payload::Nodes,
            Payload::Event,
            Payload::Distinct(1),
            Payload::Group(3),
            Payload::DeploymentResolved,
        ];
        let mut payloads = vec![Payload::Deployment];
        payloads.extend((0..lot.between(0, 2)).map(|_| lot.of(&all)));
        let kinds = (0..KINDS).filter(|_| lot.one_in(2)).collect();
        Self { payloads, keyed: lot.one_in(3), others, kinds }
    }

    fn retry(&self, lot: &mut Lot) -> Retry {
        if self.keyed && lot.one_in(2) { Retry::Keyed { again: lot.between(0, 2) } } else { Retry::Alertmanager }
    }

    fn delivery(&self, lot: &mut Lot) -> Act {
        let retry = self.retry(lot);
        Act::Deliver { what: self.payload(lot), copies: lot.between(1, 8), to: route(lot), retry }
    }

    fn payload(&self, lot: &mut Lot) -> Payload {
        lot.of(&self.payloads)
    }

    /// Adds an act, or two that belong together; a pause of the script between acts more often than others.
    fn add_acts(&self, lot: &mut Lot, replicas: usize, acts: &mut Vec<Act>) {
        let of = self.payload(lot);
        let replica = lot.between(0, replicas as u32 - 1) as usize;
        let usual = self.kinds.is_empty() || lot.one_in(3);
        let kind = if usual { KINDS + lot.between(0, 2) } else { lot.of(&self.kinds) };
        let act = match kind {
            TWINS => Act::DeliverTwins { what: of, copies: lot.between(2, 4), to: route(lot) },
            1 => Act::DeliverEach { count: lot.between(1, 6) as u16, to: route(lot), retry: self.retry(lot) },
            2 => {
                let phases = if lot.one_in(2) { LIVE } else { TERMINAL };
                Act::Orchestrate { of, phase: Cow::Borrowed(lot.of(phases)) }
            }
            3 => Act::OrchestrateMeanwhile { of, phases: phases(lot) },
            4 => Act::End { of, phase: Cow::Borrowed(lot.of(TERMINAL)), suppression: suppression(lot) },
            5 => {
                let (phase, suppression) = (Cow::Borrowed(lot.of(TERMINAL)), suppression(lot));
                Act::EndMeanwhile { of, phase, suppression, times: lot.between(1, 4) }
            }
            6 => Act::Suppress { of, suppression: suppression(lot) },
            7 => Act::Pause { replica, duration: lot.time(16).min(LONGEST) },
            8 => {
                // A request that was deleted is begun anew by a replica that lives for two minutes: many crashes are
                // over sooner than senders give up.
                let (times, bits) = if lot.one_in(8) { (MANY_CRASHES, 12) } else { (lot.between(1, 8), 15) };
                let (replica, every) = (lot.one_in(2).then_some(replica), lot.time(bits));
                Act::CrashEvery { replica, every, restart: lot.time(15), times }
            }
            9 => Act::Interfere { of, how: Interference::DeleteRequests { held: held(lot) } },
            10 => {
                let garbled = Interference::GarbleMarks(lot.between(0, u32::from(WAYS) - 1) as u8);
                let how = lot.of(&[Interference::EraseMarks, Interference::RestoreMarks, garbled]);
                Act::Interfere { of, how }
            }
            11 => {
                let pinned = Interference::PinLease { held: lot.time(19) };
                Act::Interfere { of, how: lot.of(&[Interference::FreeLease, pinned]) }
            }
            12 => {
                let holder = Cow::Borrowed(STRANGER);
                acts.push(Act::HoldLease { of, holder: holder.clone() });
                acts.push(self.delivery(lot));
                acts.push(Act::Wait(lot.time(15)));
                Act::DropLease { of, holder }
            }
            13 => Act::SetClock { replica, offset_ms: lot.of(CLOCKS) },
            14 => {
                let ways = [Interference::EndRequest, Interference::EndForReview, Interference::LiftReview];
                Act::Interfere { of, how: lot.of(&ways) }
            }
            15 => {
                let phases = if lot.one_in(2) { LIVE } else { TERMINAL };
                let phase = Cow::Borrowed(lot.of(phases));
                Act::OrchestrateEvery { of, phase, every: lot.time(15), times: lot.between(1, 4) }
            }
            16 => Act::WriteLease { of, spec: Cow::Borrowed(lot.of(ODD_LEASES)) },
            17 => return self.add_at_rest(of, lot, acts),
            18 => Act::AwaitAnswers,
            19 => Act::Wait(lot.time(17)),
            _ => self.delivery(lot),
        };
        acts.push(act);
    }

    /// Something that no gateway could survive while signals wait or creates are under way. Its own calls may be
    /// struck by faults too, and be late.
    fn add_at_rest(&self, of: Payload, lot: &mut Lot, acts: &mut Vec<Act>) {
        let completed = || Cow::Borrowed("Completed");
        let what = lot.between(0, 3);
        acts.extend([Act::AwaitAnswers, Act::Wait(UNTIL_AT_REST)]);
        let act = match what {
            0 => Act::Interfere { of, how: Interference::DeleteEnded },
            1 => Act::ChangeBack { of, phase: Cow::Borrowed(lot.of(LIVE)) },
            2 => {
                acts.push(Act::End { of, phase: completed(), suppression: Suppression::None });
                Act::Interfere { of, how: Interference::CreateRequest }
            }
            _ if self.others || acts.iter().any(suppresses_later) => return,
            _ => Act::Interfere { of, how: Interference::SetCount(COUNT_MAX - lot.between(0, 4)) },
        };
        acts.extend([act, Act::Wait(UNTIL_AT_REST)]);
        if what == 3 {
            acts.push(Act::Deliver { what: of, copies: lot.between(1, 8), to: route(lot), retry: self.retry(lot) });
            acts.push(Act::EndMeanwhile { of, phase: completed(), suppression: Suppression::None, times: 1 });
            acts.push(Act::AwaitAnswers);
        }
    }
}

/// Whether the act may end a request later, so that it suppresses others.
fn suppresses_later(act: &Act) -> bool {
    matches!(act, Act::EndMeanwhile { suppression, .. } if *suppression != Suppression::None)
}

fn route(lot: &mut Lot) -> Route {
    lot.of(&[Route::Any, Route::Any, Route::RoundRobin, Route::Replica(0)])
}

fn held(lot: &mut Lot) -> Duration {
    if lot.one_in(2) { Duration::ZERO } else { lot.time(16) }
}

fn phases(lot: &mut Lot) -> Cow<'static, [Cow<'static, str>]> {
    let mut phases: Vec<Cow<'static, str>> = (0..lot.between(0, 3)).map(|_| Cow::Borrowed(lot.of(LIVE))).collect();
    if lot.one_in(2) || phases.is_empty() {
        phases.push(Cow::Borrowed(lot.of(TERMINAL)));
    }
    Cow::Owned(phases)
}

fn suppression(lot: &mut Lot) -> Suppression {
    match lot.between(0, 3) {
        0 => Suppression::None,
        1 => Suppression::Review,
        _ => Suppression::For(Duration::from_secs(u64::from(lot.between(1, 240)))),
    }
}
