//! Audit: what the DataStorage service receives, what becomes of it when the service fails, and what an answer costs.
use crate::support::{ApiServer, Replica, Script, post, read, webhook};
use bytes::Bytes;
use futures::future::BoxFuture;
use gateway::{
    audit::{Answer, Transport},
    config::{Config, ConfigError, Storage},
    protocol::{Disposition, Refusal},
};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};
use tower::ServiceExt;

const A: &[(&str, &str)] = &[("deployment", "a")];

/// A service that answers from a script, and then stores everything.
#[derive(Clone, Default)]
struct Service {
    script: Arc<Mutex<VecDeque<Option<Answer>>>>,
    batches: Arc<Mutex<Vec<Vec<Value>>>>,
    /// Refuses every batch that contains this text.
    poison: Option<&'static str>,
}

impl Transport for Service {
    fn send(&self, batch: Bytes) -> BoxFuture<'_, Answer> {
        let events: Vec<Value> = serde_json::from_slice(&batch).expect("a list of events");
        let poisoned = self.poison.is_some_and(|text| batch.windows(text.len()).any(|part| part == text.as_bytes()));
        let next = self.script.lock().expect("no panic").pop_front();
        match next {
            _ if poisoned => Box::pin(async { Answer::Refused(400) }),
            Some(None) => Box::pin(std::future::pending()),
            Some(Some(answer)) => Box::pin(async { answer }),
            None => {
                self.batches.lock().expect("no panic").push(events);
                Box::pin(async { Answer::Stored })
            }
        }
    }
}

impl Service {
    fn failing(answers: impl IntoIterator<Item = Option<Answer>>) -> Self {
        let service = Self::default();
        service.script.lock().expect("no panic").extend(answers);
        service
    }

    fn events(&self) -> Vec<Value> {
        self.batches.lock().expect("no panic").concat()
    }

    fn types(&self) -> Vec<String> {
        self.events().iter().map(|event| event["event_type"].as_str().expect("a type").to_owned()).collect()
    }
}

async fn replica(service: &Service, storage: Storage) -> Replica {
    let config = Config { storage, ..Config::for_pod("gateway-0", "ns", "ns") };
    let replica = Replica::boot(ApiServer::new(), config).await;
    replica.app.start_audit(service.clone());
    replica
}

fn metric(replica: &Replica, name: &str) -> u64 {
    let text = replica.app.metrics().encode();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0, |value| value.trim().parse().expect("a number"))
}

#[tokio::test(start_paused = true)]
async fn stored_signal_is_reported_with_its_sender() {
    let service = Service::default();
    let replica = replica(&service, Storage::default()).await;
    let user = json!({ "username": "system:serviceaccount:monitoring:alertmanager" });
    replica.server.tokens.lock().expect("no panic").insert("good".to_owned(), (user, true));
    let body = webhook(&[A]);
    let mut request = post("/api/v1/signals/prometheus", &body);
    request.headers_mut().insert("authorization", "Bearer good".parse().expect("a header"));
    assert_eq!(read(replica.app.router().oneshot(request).await.expect("an answer")).await.status, 201);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let events = service.events();
    let fingerprint = &replica.signals()[0].fingerprint;
    let name = format!("rr-{}", &fingerprint[..12]);
    let request = format!("kubernaut-system/{name}");
    let labels = json!({ "alertname": "KubePodCrashLooping", "severity": "warning", "deployment": "a" });
    let expected = json!({
        "version": "1.0", "event_type": "gateway.signal.received", "event_timestamp": events[0]["event_timestamp"],
        "event_category": "gateway", "event_action": "received", "event_outcome": "success",
        "actor_type": "authenticated-service", "actor_id": "system:serviceaccount:monitoring:alertmanager",
        "resource_type": "Signal", "resource_id": fingerprint, "correlation_id": name, "namespace": "default",
        "event_data": {
            "event_type": "gateway.signal.received", "signal_type": "alert", "signal_name": "KubePodCrashLooping",
            "namespace": "default", "fingerprint": fingerprint, "severity": "warning", "resource_kind": "Deployment",
            "resource_name": "a", "remediation_request": request, "deduplication_status": "new",
            "signal_labels": labels, "signal_annotations": {},
            "original_payload": serde_json::from_str::<Value>(&body).expect("JSON"),
        },
    });
    assert_eq!(events[0], expected);
    assert_eq!(service.types(), ["gateway.signal.received", "gateway.crd.created"]);
    assert_eq!((&events[1]["actor_type"], &events[1]["actor_id"]), (&json!("gateway"), &json!("crd-creator")));
    assert_eq!(
        (&events[1]["resource_type"], &events[1]["resource_id"]),
        (&json!("RemediationRequest"), &json!(request))
    );
}

#[tokio::test(start_paused = true)]
async fn duplicates_failures_and_reloads_are_reported() {
    let service = Service::default();
    let replica = replica(&service, Storage::default()).await;
    replica.script([Script::Accept(Disposition::Duplicate), Script::Refuse(Refusal::Refused("quota".into()))]);
    replica.webhook(&webhook(&[A])).await;
    replica.webhook(&webhook(&[A])).await;
    replica.app.reload(Ok((Config::for_pod("gateway-0", "ns", "ns"), vec![])));
    replica.app.reload(Err(ConfigError::Unreadable("nonsense".into())));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let expected =
        ["gateway.signal.deduplicated", "gateway.crd.failed", "gateway.config.reloaded", "gateway.config.rejected"];
    assert_eq!(service.types(), expected);
    let events = service.events();
    assert_eq!((&events[0]["actor_type"], &events[0]["actor_id"]), (&json!("external"), &json!("prometheus")));
    let data = &events[0]["event_data"];
    assert_eq!((&data["occurrence_count"], &data["deduplication_status"]), (&json!(7), &json!("duplicate")));
    assert_eq!(events[1]["correlation_id"], "KubePodCrashLooping:default:Deployment:a");
    assert_eq!((&events[1]["event_outcome"], &events[1]["event_action"]), (&json!("failure"), &json!("failed")));
    let error = json!({ "message": "refused by the Kubernetes API: quota", "code": "ERR_K8S_API",
        "component": "gateway", "retry_possible": true });
    assert_eq!(events[1]["event_data"]["error_details"], error);
    assert_eq!(events[3]["event_outcome"], "failure");
    assert_eq!(events[3]["event_data"]["rejection_reason"], "configuration cannot be read: nonsense");
}

#[tokio::test(start_paused = true)]
async fn batches_are_full_or_on_time() {
    let service = Service::default();
    let storage = Storage { batch_size: 10, flush_interval: Duration::from_secs(30), ..Storage::default() };
    let replica = replica(&service, storage).await;
    for _ in 0..7 {
        replica.webhook(&webhook(&[A])).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(service.events().len(), 10, "a full batch is sent at once");
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(service.batches.lock().expect("no panic").iter().map(Vec::len).collect::<Vec<_>>(), [10, 4]);
    assert_eq!(metric(&replica, "gateway_audit_events_stored_total "), 14);
    assert_eq!(metric(&replica, "gateway_audit_events_buffered "), 0);
}

#[tokio::test(start_paused = true)]
async fn outage_of_the_service_costs_no_event() {
    let outage = (0..40).map(|n| (n % 2 == 0).then(|| Answer::Unreachable("refused".to_owned())));
    let service = Service::failing(outage);
    let replica = replica(&service, Storage::default()).await;
    let started = tokio::time::Instant::now();
    assert_eq!(replica.webhook(&webhook(&[A])).await.status, 201);
    assert!(started.elapsed() < Duration::from_millis(10), "no answer waits for the audit");
    assert!(replica.app.ready().is_ok(), "nor does readiness");
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!((service.events().len(), metric(&replica, "gateway_audit_events_buffered ")), (0, 2));
    tokio::time::sleep(Duration::from_secs(1200)).await;
    assert_eq!(service.types(), ["gateway.signal.received", "gateway.crd.created"], "after half an hour, in order");
    assert_eq!(metric(&replica, "gateway_audit_batches_failed_total "), 40);
}

#[tokio::test(start_paused = true)]
async fn full_buffer_loses_visibly() {
    let service = Service::failing([None]);
    let storage = Storage { buffer_size: 5, timeout: Duration::from_secs(60), ..Storage::default() };
    let replica = replica(&service, storage).await;
    replica.script(vec![Script::Accept(Disposition::Duplicate); 9]);
    for _ in 0..9 {
        assert_eq!(replica.webhook(&webhook(&[A])).await.status, 202);
    }
    assert_eq!(metric(&replica, "gateway_audit_events_buffered "), 5);
    assert_eq!(metric(&replica, "gateway_audit_events_lost_total{reason=\"buffer_full\"}"), 4);
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(service.events().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn refused_event_does_not_take_others_along() {
    let service = Service { poison: Some("poisoned"), ..Service::default() };
    let replica = replica(&service, Storage { batch_size: 8, ..Storage::default() }).await;
    replica.script(vec![Script::Accept(Disposition::Duplicate); 8]);
    for n in 0..8 {
        let name = if n == 5 { "poisoned".to_owned() } else { format!("app-{n}") };
        replica.webhook(&webhook(&[&[("deployment", &*name)]])).await;
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(service.events().len(), 7);
    assert_eq!(metric(&replica, "gateway_audit_events_lost_total{reason=\"refused\"}"), 1);
}

#[tokio::test(start_paused = true)]
async fn tries_that_are_answered_end() {
    let service = Service::failing((0..4).map(|_| Some(Answer::Failed(500))));
    let replica = replica(&service, Storage { retries_max: 3, ..Storage::default() }).await;
    replica.webhook(&webhook(&[A])).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(metric(&replica, "gateway_audit_events_lost_total{reason=\"retries_exhausted\"}"), 2);
    replica.webhook(&webhook(&[A])).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(service.events().len(), 2, "later events are sent");
}

#[tokio::test(start_paused = true)]
async fn shutdown_flushes_what_waits() {
    let service = Service::failing([Some(Answer::Unreachable("refused".to_owned()))]);
    let storage = Storage { flush_interval: Duration::from_secs(3600), ..Storage::default() };
    let healthy = replica(&service, storage.clone()).await;
    healthy.webhook(&webhook(&[A])).await;
    let started = tokio::time::Instant::now();
    healthy.app.flush_audit(Duration::from_secs(3)).await;
    assert_eq!(service.events().len(), 2);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());

    let service = Service::failing((0..100).map(|_| None));
    let stuck = replica(&service, storage).await;
    stuck.webhook(&webhook(&[A])).await;
    let started = tokio::time::Instant::now();
    stuck.app.flush_audit(Duration::from_secs(3)).await;
    assert_eq!(started.elapsed(), Duration::from_secs(3), "the shutdown does not wait longer");
    assert_eq!(metric(&stuck, "gateway_audit_events_lost_total{reason=\"shutdown\"}"), 2);
}

#[tokio::test(start_paused = true)]
async fn payloads_bound_the_buffer() {
    let service = Service::failing([None]);
    let replica = replica(&service, Storage { timeout: Duration::from_secs(60), ..Storage::default() }).await;
    let body = webhook(&[A]);
    let padded = format!("{body}{}", " ".repeat(256 * 1024 - body.len()));
    replica.script(vec![Script::Accept(Disposition::Duplicate); 140]);
    for _ in 0..140 {
        assert_eq!(replica.webhook(&padded).await.status, 202);
    }
    assert_eq!(metric(&replica, "gateway_audit_events_buffered "), 127, "of a little more than 256 KiB each in 32 MiB");
    tokio::time::sleep(Duration::from_secs(90)).await;
    let batches = service.batches.lock().expect("no panic").iter().map(Vec::len).collect::<Vec<_>>();
    assert!(batches.iter().all(|batch| *batch <= 4), "a batch has at most a mebibyte: {batches:?}");
}
