//! A short history of two gateways without a lock, and what the simulation makes of it.
use super::*;
use crate::{
    live::{
        history::{Call, Client, FORMAT, Fact, Header, History, Object},
        judge::judge,
    },
    workload::Act,
};
use model::{
    observation::{Change, Micros, Reply, Request, SignalId},
    oracle::Violation,
};
use std::{sync::Arc, time::Duration};

const FINGERPRINT: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const INVARIANT: &str = "one_active_request";

fn request(name: &str) -> Object {
    Object::Request(Arc::new(Request {
        namespace: "n".into(),
        name: name.into(),
        uid: name.into(),
        fingerprint: FINGERPRINT.into(),
        phase: "Pending".into(),
        terminating: false,
        manual_review_required: false,
        next_allowed_execution: None,
        closed: false,
        deliveries: 0,
        occurrence_count: Some(1),
        first_seen: Some(1),
        last_seen: Some(1),
    }))
}

fn sent(at: Micros, signal: u32, to: u8) -> Fact {
    let (signal, fingerprint) = (SignalId(signal), FINGERPRINT.into());
    Fact::Sent { at, signal, fingerprint, resolved: false, retried: true, repeats: None, keyed: false, to: Some(to) }
}

/// A creation by a replica, its commit, and the answer to a signal.
fn creates(at: Micros, index: u8, revision: u64, signal: u32) -> Vec<Fact> {
    let name: Arc<str> = format!("rr-{revision}").into();
    let call = Call {
        from: at,
        to: at + 5,
        by: Client::Replica { index, incarnation: 4 },
        method: "POST".into(),
        resource: "remediationrequests".into(),
        name: Arc::clone(&name),
        status: Some(201),
        revision: Some(revision),
        holder: None,
    };
    vec![
        Fact::Called(call),
        Fact::Committed { at: at + 5, revision, change: Change::Created, object: request(&name) },
        Fact::Answered { at: at + 9, signal: SignalId(signal), reply: Reply::Created { name: Some(name) } },
    ]
}

fn history() -> History {
    let header = Header {
        lockstep_history: FORMAT,
        version: String::new(),
        scenario: "mix".to_owned(),
        protocol: "none".to_owned(),
        replicas: 2,
        proxied: true,
        seed: 1,
        started: String::new(),
        faults: Vec::new(),
        crashes_only: true,
        tail: 0,
    };
    let mut facts = vec![sent(1_000, 0, 0), sent(1_100, 1, 1)];
    facts.extend(creates(2_000, 1, 7, 1));
    facts.extend(creates(2_100, 0, 8, 0));
    facts.push(Fact::Fault { at: 2_050, name: "proxy-delay".into() });
    History { header, facts }
}

fn violation(history: &History) -> Violation {
    let findings = judge(history).findings;
    findings.into_iter().flat_map(|finding| finding.violations).find(|found| found.invariant == INVARIANT).expect("one")
}

#[test]
fn script_has_deliveries_pauses_and_writers() {
    let mut history = history();
    history.facts.push(Fact::Continued { at: 3_000, replica: 1, paused: 1_950 });
    let script = Script::of(&history, &violation(&history)).expect("a script");
    assert_eq!(&*script.fingerprint, FINGERPRINT);
    let acts = &script.generated.acts;
    assert_eq!(acts.len(), 3, "they overlap, so that no time passes: {acts:?}");
    assert_eq!(acts[1], Act::Pause { replica: 1, duration: Duration::from_micros(1_950) });
    let writers: Vec<_> = script.writes.iter().map(|write| (write.replica, write.start, &*write.call)).collect();
    assert_eq!(writers, [(1, 0, "create remediationrequests"), (0, 0, "create remediationrequests")]);
    assert!(script.left_out[0].contains("proxy-delay"), "{:?}", script.left_out);
}

#[test]
fn same_failure_is_found_and_repeats() {
    let history = history();
    let script = Script::of(&history, &violation(&history)).expect("a script");
    let trial = attempt(&script, "none".parse().expect("a protocol"), INVARIANT, 50).expect("runs");
    assert!(trial.how.is_some(), "{trial:?}");
    let replay: crate::replay::Replay = trial.replay.expect("a replay").to_text().parse().expect("it reads back");
    let prepared = crate::runner::Prepared::new(replay.subject().expect("a subject"), sim::engine::Detail::Chain);
    let run = prepared.run(replay.choices(), false).expect("a run");
    assert!(run.violations().any(|found| found.invariant == INVARIANT));
}

#[test]
fn what_the_simulation_does_not_do_diverges() {
    let history = history();
    let script = Script::of(&history, &violation(&history)).expect("a script");
    let trial = attempt(&script, "fenced-lease".parse().expect("a protocol"), INVARIANT, 20).expect("runs");
    assert_eq!((trial.how, trial.runs, trial.replay), (None, 41, None));
}

#[test]
fn history_without_writers_is_not_tried() {
    let whole = history();
    let (found, mut unknown) = (violation(&whole), whole);
    unknown.header.proxied = false;
    assert_eq!(Script::of(&unknown, &found), Err(ScriptError::NoWriters));
}
