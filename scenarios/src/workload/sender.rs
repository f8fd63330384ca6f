//! Senders: Alertmanager's delivery rules, and those of senders that name their deliveries. Without a delivery id a redelivery is
//! a new signal, with a key it is the same; 5xx and broken connections are tried again with growing pauses, anything else is final.
use super::{Payload, Retry, Route, script::Stage};
use crate::observe::Ending;
use bytes::Bytes;
use sim::{
    FaultKind,
    engine::{Alternative, Label},
};
use std::time::Duration;

/// Alertmanager gives a notification up when the next one is due (`group_interval`, 5 minutes by default).
const GIVE_UP: Duration = Duration::from_secs(300);
/// How often accepted alerts are delivered again, at most: the two of a highly available pair, and a retry.
const REDELIVERIES_MAX: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(1_000);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Delivers a payload until it is accepted, refused for good or given up.
pub async fn deliver(stage: Stage, what: Payload, route: Route, retry: Retry) {
    let began = stage.cluster.micros();
    let mut pause = FIRST_PAUSE;
    let mut repeats = None;
    let mut redeliveries = 0;
    let (mut key, mut again) = (None, if let Retry::Keyed { again } = retry { again } else { 0 });
    loop {
        if let Some(replica) = choose_replica(&stage, route) {
            let delivery = stage.cluster.next_delivery();
            let signals = stage.recorder.sent(delivery, stage.cluster.micros(), what, retry, repeats);
            let mut request = request(what, stage.cluster.now());
            if matches!(retry, Retry::Keyed { .. }) {
                let key = key.get_or_insert_with(|| http::HeaderValue::from(delivery.0));
                request.headers_mut().insert("idempotency-key", key.clone());
                repeats = Some(signals);
            }
            let answer = stage.cluster.send(delivery, replica, request).await;
            let ending = stage.recorder.answered(signals, stage.cluster.micros(), answer.ok());
            if ending != Ending::TryAgain {
                if again > 0 {
                    again -= 1;
                    continue;
                }
                let again = redeliveries < REDELIVERIES_MAX && stage.redelivery > 0;
                if again && stage.cluster.rarely(Label::Workload, stage.redelivery, "redeliver") {
                    redeliveries += 1;
                    stage.cluster.deliver_fault(FaultKind::Redelivery);
                    continue;
                }
                return;
            }
            repeats = Some(signals);
        }
        if retry == Retry::Never || stage.cluster.micros() - began > GIVE_UP.as_micros() as u64 {
            return;
        }
        stage.cluster.sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

pub(super) fn choose_replica(stage: &Stage, route: Route) -> Option<usize> {
    let ready = stage.cluster.ready();
    if ready.is_empty() {
        return None;
    }
    match route {
        Route::Replica(replica) if ready.contains(&replica) => Some(replica),
        Route::RoundRobin => Some(ready[stage.next_replica() % ready.len()]),
        Route::Any | Route::Replica(_) => Some(ready[choose_ready(stage, &ready)]),
    }
}

fn choose_ready(stage: &Stage, ready: &[usize]) -> usize {
    let name = |picked: usize| Alternative::Replica(ready[picked] as u32);
    stage.cluster.choose(Label::Replica, ready.len(), name)
}

pub(super) fn request(what: Payload, now: jiff::Timestamp) -> http::Request<Bytes> {
    let mut request = http::Request::new(what.body(now));
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = http::Uri::from_static(what.path());
    let json = http::HeaderValue::from_static("application/json");
    request.headers_mut().insert(http::header::CONTENT_TYPE, json);
    request
}
