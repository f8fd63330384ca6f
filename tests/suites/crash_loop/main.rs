//! A fleet that crash-loops on a real kube-apiserver: three processes of the gateway, one of which is killed every four
//! seconds, shortly after a burst of alerts, and started again under the same pod's name, while senders retry. The
//! first signal of every fingerprint is accepted within 35 s, each fingerprint has one RemediationRequest, and its
//! count is right.
//!
//! `CRASH_LOOP_SECONDS=90 cargo test -p tests --test crash_loop -- --nocapture` kills for longer, and prints the times.
//! `CRASH_LOOP_PROTOCOL=mutant-waits-for-expiry` runs a protocol that only waits for locks to expire, and fails.
mod fleet;
mod senders;

use bytes::Bytes;
use conformance::Tokens;
use fleet::{Fleet, NAMESPACE};
use http::{Request, header::CONTENT_TYPE};
use scenarios::{protocol_name::SHIPPED, workload::Payload};
use senders::{Outcome, deliver};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tests::{
    differential::Real,
    real_server::{ADMIN_TOKEN, Options, RealServer},
};
use tokio::time::{interval, sleep};

/// Longest time from the first delivery of a fingerprint until one of its signals is accepted.
const BOUND: Duration = Duration::from_secs(35);
const KILLS_EVERY: Duration = Duration::from_secs(4);
/// Fingerprints whose first alerts are under way when a replica is killed.
const BURST: u16 = 24;
/// Milliseconds from a burst to the kill, in turn: holders die after acquiring, after creating and after counting.
const KILLS_AFTER: [u64; 5] = [20, 40, 60, 90, 130];
/// How long all signals may take after the last kill.
const LAST: Duration = Duration::from_secs(120);

fn setting(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

async fn write(plane: &RealServer, path: &str, body: &Value) {
    let request = Request::post(path).header(CONTENT_TYPE, "application/json");
    let request = request.body(Bytes::from(body.to_string())).expect("a request");
    let answer = plane.client(0, ADMIN_TOKEN).call(request).await.expect("an answer");
    assert!(answer.status().is_success(), "{path}: {answer:?}");
}

/// A real server with the definition, the namespaces, and the targets of `fingerprints` alerts.
async fn control_plane(fingerprints: u16) -> RealServer {
    let plane = RealServer::start(&Options::default()).expect("a real server");
    let definition = serde_json::to_value(gateway::api::crd()).expect("it has only string keys");
    conformance::install(&mut Real::new(&plane), &Tokens::default(), &definition).await.expect("it is served");
    for name in [NAMESPACE, "payments"] {
        write(&plane, "/api/v1/namespaces", &json!({"metadata": {"name": name}})).await;
    }
    for number in 0..fingerprints {
        let (name, labels) = (format!("app-{number}"), json!({"app": number.to_string()}));
        let containers = json!([{"name": "app", "image": "app"}]);
        let template = json!({"metadata": {"labels": labels}, "spec": {"containers": containers}});
        let spec = json!({"selector": {"matchLabels": labels}, "template": template});
        let metadata = json!({"name": name, "labels": {"kubernaut.ai/managed": "true"}});
        let deployment = json!({"metadata": metadata, "spec": spec});
        write(&plane, "/apis/apps/v1/namespaces/payments/deployments", &deployment).await;
    }
    plane
}

/// Names and counts of the RemediationRequests of each fingerprint.
async fn stored(plane: &RealServer) -> BTreeMap<String, Vec<u64>> {
    let path = format!("/apis/kubernaut.ai/v1alpha1/namespaces/{NAMESPACE}/remediationrequests");
    let request = Request::get(path).body(Bytes::new()).expect("a request");
    let answer = plane.client(0, ADMIN_TOKEN).call(request).await.expect("an answer");
    let list: Value = serde_json::from_slice(answer.body()).expect("a list");
    let mut stored: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for request in list["items"].as_array().expect("items") {
        let fingerprint = request["spec"]["signalFingerprint"].as_str().expect("a fingerprint").to_owned();
        let count = request["status"]["deduplication"]["occurrenceCount"].as_u64().unwrap_or(0);
        stored.entry(fingerprint).or_default().push(count);
    }
    stored
}

fn check(outcomes: &[(Payload, Outcome)], stored: &BTreeMap<String, Vec<u64>>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (payload, outcome) in outcomes {
        let fingerprint = &*payload.alerts()[0].fingerprint;
        let counts = stored.get(fingerprint).cloned().unwrap_or_default();
        let within = outcome.accepted..=outcome.accepted + outcome.unanswered;
        if counts.len() != 1 || !within.contains(&counts[0]) {
            wrong.push(format!("{payload:?}: {counts:?} stored, and {within:?} expected"));
        }
        if outcome.first_accepted > BOUND {
            wrong.push(format!("{payload:?}: first accepted after {:?}", outcome.first_accepted));
        }
    }
    wrong
}

/// Prints the times from first deliveries to first accepts.
fn report(outcomes: &[(Payload, Outcome)], kills: usize) {
    let mut times: Vec<Duration> = outcomes.iter().map(|(_, outcome)| outcome.first_accepted).collect();
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    println!(
        "{} fingerprints, {kills} kills: first accepted after {:.1?} / {:.1?} / {:.1?} (P50 / P95 / max)",
        times.len(),
        at(50),
        at(95),
        at(100)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn first_signals_survive_crash_loops() {
    let seconds: u64 = setting("CRASH_LOOP_SECONDS", "30").parse().expect("a number of seconds");
    let kills = usize::try_from(seconds / KILLS_EVERY.as_secs()).expect("few");
    let plane = control_plane(BURST * u16::try_from(kills).expect("few")).await;
    let fleet = Arc::new(Fleet::start(&plane, &setting("CRASH_LOOP_PROTOCOL", SHIPPED)));
    fleet.ready().await;
    let (mut ticks, mut senders) = (interval(KILLS_EVERY), Vec::new());
    for kill in 0..kills {
        ticks.tick().await;
        for _ in 0..BURST {
            let payload = Payload::Distinct(u16::try_from(senders.len()).expect("few"));
            senders.push((payload, tokio::spawn(deliver(fleet.clone(), payload))));
        }
        sleep(Duration::from_millis(KILLS_AFTER[kill % KILLS_AFTER.len()])).await;
        fleet.kill_and_restart(kill % Fleet::REPLICAS);
    }
    let mut outcomes = Vec::new();
    for (payload, sender) in senders {
        let outcome =
            tokio::time::timeout(LAST, sender).await.unwrap_or_else(|_| panic!("{payload:?} is never accepted"));
        outcomes.push((payload, outcome.expect("no panic")));
    }
    report(&outcomes, kills);
    let wrong = check(&outcomes, &stored(&plane).await);
    assert!(wrong.is_empty(), "{wrong:#?}");
}
