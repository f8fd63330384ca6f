//! Short histories with their judgements: the order of facts that are learnt of late, unknown writers, and gaps.
use super::*;
use crate::live::history::{Call, Client, FORMAT, Object};
use model::observation::{Change, Lease, Micros, Reply, Request, SignalId};
use std::sync::Arc;

const FINGERPRINT: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn header(proxied: bool) -> Header {
    Header {
        lockstep_history: FORMAT,
        version: String::new(),
        scenario: "mix".to_owned(),
        protocol: "fenced-lease".to_owned(),
        replicas: 2,
        proxied,
        seed: 1,
        started: String::new(),
        faults: Vec::new(),
        crashes_only: true,
        tail: 0,
    }
}

fn sent(at: Micros, signal: u32) -> Fact {
    let (signal, fingerprint) = (SignalId(signal), FINGERPRINT.into());
    Fact::Sent { at, signal, fingerprint, resolved: false, retried: true, repeats: None, keyed: false, to: None }
}

fn created(at: Micros, signal: u32, name: &str) -> Fact {
    Fact::Answered { at, signal: SignalId(signal), reply: Reply::Created { name: Some(name.into()) } }
}

fn request(name: &str, phase: &str, count: u32) -> Object {
    Object::Request(Arc::new(Request {
        namespace: "n".into(),
        name: name.into(),
        uid: name.into(),
        fingerprint: FINGERPRINT.into(),
        phase: phase.into(),
        terminating: false,
        manual_review_required: false,
        next_allowed_execution: None,
        closed: false,
        deliveries: 0,
        occurrence_count: Some(count),
        first_seen: Some(1),
        last_seen: Some(1),
    }))
}

fn lease(holder: Option<&str>) -> Object {
    let holder = holder.map(Arc::from);
    let name = "gw-lock-0123456789abcdef".into();
    Object::Lease(Arc::new(Lease { name, uid: "u".into(), holder, duration_seconds: Some(30), guards: None }))
}

fn committed(at: Micros, revision: u64, change: Change, object: Object) -> Fact {
    Fact::Committed { at, revision, change, object }
}

fn called(from: Micros, to: Micros, index: u8, method: &str, object: &Object, revision: Option<u64>) -> Fact {
    let holder = if let Object::Lease(lease) = object { lease.holder.clone() } else { None };
    let resource = if matches!(object, Object::Lease(_)) { "leases" } else { "remediationrequests" };
    Fact::Called(Call {
        from,
        to,
        by: Client::Replica { index, incarnation: 0 },
        method: method.into(),
        resource: resource.into(),
        name: object.name().into(),
        status: revision.map(|_| 200),
        revision,
        holder,
    })
}

fn judged(proxied: bool, mut facts: Vec<Fact>) -> Judgement {
    let at = 200_000_000;
    facts.extend([Fact::FaultsStopped { at }, Fact::SignalsStopped { at }, Fact::Ended { at: 2 * at }]);
    judge(&History { header: header(proxied), facts })
}

fn violated(judgement: &Judgement) -> Vec<&str> {
    judgement.findings.iter().filter(|finding| finding.violated > 0).map(|finding| finding.invariant).collect()
}

fn one_signal(seen: Micros) -> Vec<Fact> {
    let object = request("rr-1", "", 1);
    vec![
        sent(10, 0),
        called(20, 30, 0, "POST", &object, Some(7)),
        created(40, 0, "rr-1"),
        committed(seen, 7, Change::Created, object),
    ]
}

#[test]
fn late_watch_event_precedes_answer() {
    for (proxied, seen) in [(true, 35), (true, 500_000), (false, 35), (false, 500_000)] {
        let judgement = judged(proxied, one_signal(seen));
        assert_eq!(violated(&judgement), [""; 0], "{proxied} {seen}");
        assert_eq!(judgement.verdict, Verdict::Held, "{:?}", judgement.findings);
        assert_eq!(judgement.figures.latency[0], 30);
    }
}

#[test]
fn commit_after_its_answer_is_found() {
    let object = request("rr-1", "", 1);
    let facts = vec![
        sent(10, 0),
        created(40, 0, "rr-1"),
        called(50, 60, 0, "POST", &object, Some(7)),
        committed(70, 7, Change::Created, object),
    ];
    let judgement = judged(true, facts);
    assert!(violated(&judgement).contains(&"nothing_unprocessed_is_accepted"), "{:?}", judgement.findings);
    assert_eq!(judgement.verdict, Verdict::Violated);
}

#[test]
fn second_active_request_is_found() {
    let (one, two) = (request("rr-1", "", 1), request("rr-2", "", 1));
    let mut facts = one_signal(35);
    facts.extend([
        sent(50, 1),
        called(60, 70, 1, "POST", &two, Some(8)),
        created(80, 1, "rr-2"),
        committed(90, 8, Change::Created, two),
    ]);
    assert_eq!(violated(&judged(true, facts.clone())), ["one_active_request"]);
    facts.retain(|fact| !matches!(fact, Fact::Committed { revision: 8, .. }));
    facts.push(committed(90, 8, Change::Modified, one));
    assert_eq!(judged(true, facts).verdict, Verdict::Inconclusive, "rr-2 was never reported");
}

#[test]
fn unanswered_write_has_its_writer() {
    let object = request("rr-1", "", 1);
    let facts = vec![
        sent(10, 0),
        called(20, 90, 0, "POST", &object, None),
        created(40, 0, "rr-1"),
        committed(45, 7, Change::Created, object.clone()),
    ];
    assert_eq!(judged(true, facts.clone()).verdict, Verdict::Held);
    let without: Vec<Fact> = facts.into_iter().filter(|fact| !matches!(fact, Fact::Called(_))).collect();
    let judgement = judged(true, without);
    assert_eq!((judgement.verdict, judgement.gaps.len()), (Verdict::Inconclusive, 1));
}

#[test]
fn gap_leaves_nothing_decided() {
    let mut facts = one_signal(35);
    facts.push(Fact::Answered { at: 60, signal: SignalId(1), reply: Reply::Ignored });
    facts.insert(0, sent(50, 1));
    assert_eq!(violated(&judged(true, facts.clone())), ["nothing_unprocessed_is_accepted", "every_signal_ends"]);
    facts.push(Fact::Gap { at: 55, why: "expired".to_owned() });
    let judgement = judged(true, facts);
    assert_eq!(violated(&judgement), [""; 0]);
    assert_eq!((judgement.verdict, judgement.gaps.len()), (Verdict::Inconclusive, 1));
}

#[test]
fn takeover_is_early_or_due() {
    let taken_after = |wait: Micros| {
        let (first, second) = (lease(Some("a")), lease(Some("b")));
        let mut facts = one_signal(35);
        facts.extend([
            called(1_000, 2_000, 0, "POST", &first, Some(8)),
            committed(9_000, 8, Change::Created, first),
            called(2_000 + wait, 3_000 + wait, 1, "PUT", &second, Some(9)),
            committed(9_000 + wait, 9, Change::Modified, second),
            called(4_000 + wait, 5_000 + wait, 1, "PUT", &lease(None), Some(10)),
            committed(9_500 + wait, 10, Change::Modified, lease(None)),
        ]);
        judged(true, facts)
    };
    assert_eq!(violated(&taken_after(10_000_000)), ["one_holder"]);
    assert_eq!(violated(&taken_after(30_000_000)), [""; 0]);
}

#[test]
fn what_is_not_judged_has_a_reason() {
    let names = |proxied| {
        let judgement = judged(proxied, one_signal(35));
        judgement.not_judged.into_iter().map(|not| not.invariant).collect::<Vec<_>>()
    };
    assert!(names(true).contains(&"quiet_is_quiet") && !names(true).contains(&"every_signal_ends"));
    assert!(names(false).contains(&"no_foreign_release") && names(false).contains(&"locks_are_reclaimed"));
    let mut unfinished = History { header: header(true), facts: one_signal(35) };
    assert_eq!(judge(&unfinished).verdict, Verdict::Inconclusive);
    unfinished.facts.clear();
    assert_eq!(judge(&unfinished).verdict, Verdict::Inconclusive);
}
