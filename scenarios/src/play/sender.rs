//! Senders: deliver as Alertmanager does, with or without an idempotency key.
//!
//! Without a key a redelivery is a new signal, with a key it is the same one. Senders retry after 5xx and broken
//! connections, with growing pauses; any other answer is final.
use super::stage::Stage;
use crate::{
    observe::{DeliveryOutcome, Signals},
    workload::{Payload, Retry, Route},
};
use bytes::Bytes;
use sim::{
    FaultKind,
    engine::{Alternative, Label},
};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

/// Time after which a sender gives up. Alertmanager abandons a notification when the next one is due (`group_interval`,
/// 5 minutes by default), which repeats its alerts: this is two of them.
const GIVE_UP: Duration = Duration::from_secs(600);
/// Most redeliveries of an accepted alert: two by a highly available pair, and a retry.
const REDELIVERIES_MAX: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(1_000);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The idempotency key of deliveries that are one, and the first of them, once it has been sent.
pub type SharedKey = Arc<OnceLock<(http::HeaderValue, Signals)>>;

/// Delivers a payload until it is accepted, rejected or abandoned.
pub async fn deliver(stage: Stage, what: Payload, route: Route, retry: Retry, key: SharedKey) {
    let began = stage.cluster.micros();
    let mut pause = FIRST_PAUSE;
    let mut repeats = None;
    let mut redeliveries = 0;
    let mut again = if let Retry::Keyed { again } = retry { again } else { 0 };
    loop {
        if let Some(replica) = choose_replica(&stage, route) {
            let delivery = stage.cluster.next_delivery();
            let repeated = repeats.or_else(|| key.get().map(|(_, first)| *first));
            let signals = stage.recorder.sent(delivery, stage.cluster.micros(), what, retry, (repeated, replica));
            let mut request = request(what, stage.cluster.now());
            if matches!(retry, Retry::Keyed { .. }) {
                let (key, _) = key.get_or_init(|| (http::HeaderValue::from(delivery.0), signals));
                request.headers_mut().insert("idempotency-key", key.clone());
                repeats = Some(signals);
            }
            let answer = stage.cluster.send(delivery, replica, request).await;
            let outcome = stage.recorder.answered(signals, stage.cluster.micros(), answer.ok());
            if outcome != DeliveryOutcome::Retry {
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
        Route::RoundRobin => Some(ready[stage.next_turn() % ready.len()]),
        Route::Any | Route::Replica(_) => Some(choose_ready(stage, &ready)),
    }
}

fn choose_ready(stage: &Stage, ready: &[usize]) -> usize {
    let name = |picked: usize| Alternative::Replica(ready[picked] as u32);
    ready[stage.cluster.choose(Label::Replica, ready.len(), name)]
}

pub(super) fn request(what: Payload, now: jiff::Timestamp) -> http::Request<Bytes> {
    let mut request = http::Request::new(what.body(now));
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = http::Uri::from_static(what.path());
    let json = http::HeaderValue::from_static("application/json");
    request.headers_mut().insert(http::header::CONTENT_TYPE, json);
    request
}
