//! Spans over OTLP: one trace from a delivery to the API calls that it caused, and a collector that is away.
use crate::{
    api::Api,
    life::deliver,
    process::{Gateway, HttpClient},
};
use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use futures::future::join_all;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value as Any, trace::v1::Span,
};
use prost::Message;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, time::Instant};

/// The trace of a sender, and its span.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SENDERS_SPAN: &str = "00f067aa0ba902b7";

/// A collector that keeps what it gets, or never answers.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
    hangs: bool,
}

impl Collector {
    async fn start(self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/v1/traces", post(collect)).with_state(self);
        tokio::spawn(gateway::server::serve(listener, router, std::future::pending()));
        address
    }

    fn named(&self, name: &str) -> Span {
        let spans = self.spans.lock().expect("no panic");
        let names: Vec<_> = spans.iter().map(|span| span.name.clone()).collect();
        spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name} is not in {names:?}")).clone()
    }
}

async fn collect(State(collector): State<Collector>, body: Bytes) -> StatusCode {
    if collector.hangs {
        std::future::pending::<()>().await;
    }
    let request = ExportTraceServiceRequest::decode(body).expect("OTLP");
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    collector.spans.lock().expect("no panic").extend(scopes.flat_map(|scope| scope.spans));
    StatusCode::OK
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attribute(span: &Span, name: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == name);
    let value = found.and_then(|attribute| attribute.value.clone()?.value);
    match value {
        Some(Any::StringValue(text)) => text,
        other => panic!("{name} of {} is {other:?}", span.name),
    }
}

/// Sends one webhook as a part of the sender's trace; gives the answer's id and body.
async fn send(address: SocketAddr) -> (String, Value) {
    let client: HttpClient = Client::builder(TokioExecutor::new()).build_http();
    let labels = json!({ "alertname": "ItsName", "namespace": "shop", "deployment": "checkout" });
    let alert = json!({ "status": "firing", "labels": labels, "startsAt": "2026-01-01T00:00:00Z" });
    let request = Request::post(format!("http://{address}/api/v1/signals/prometheus"))
        .header("content-type", "application/json")
        .header("authorization", "Bearer good")
        .header("tracestate", "secret=1")
        .header("traceparent", format!("00-{TRACE}-{SENDERS_SPAN}-01"));
    let body = json!({ "version": "4", "alerts": [alert] }).to_string();
    let answer = client.request(request.body(Full::from(body)).expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::CREATED);
    let id = answer.headers()["x-request-id"].to_str().expect("a UUID").to_owned();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    (id, serde_json::from_slice(&body).expect("JSON"))
}

#[tokio::test]
async fn one_webhook_is_one_trace() {
    let ((api, address), collector) = (Api::start().await, Collector::default());
    let endpoint = collector.clone().start().await;
    let mut gateway = Gateway::start(address, &format!("telemetry: {{ endpoint: 'http://{endpoint}' }}")).await;
    let (id, answer) = send(gateway.addresses[0]).await;
    gateway.signal("-TERM");
    assert_eq!(gateway.ended().await.0.code(), Some(0), "{}", gateway.log());

    let delivery = collector.named("POST /api/v1/signals/prometheus");
    assert_eq!((hex(&delivery.trace_id), hex(&delivery.parent_span_id)), (TRACE.into(), SENDERS_SPAN.into()));
    let mut parent = delivery;
    for name in ["request", "signal", "batch", "lock", "POST leases"] {
        let child = collector.named(name);
        assert_eq!(hex(&child.parent_span_id), hex(&parent.span_id), "{name} within {}", parent.name);
        parent = child;
    }
    assert_eq!(attribute(&collector.named("request"), "request_id"), id);
    let signal = collector.named("signal");
    for (name, field) in [("fingerprint", "fingerprint"), ("remediation_request", "remediationRequestName")] {
        assert_eq!(attribute(&signal, name), answer[field]);
    }
    let batch = collector.named("batch");
    for call in ["POST remediationrequests", "PATCH remediationrequests"] {
        let call = collector.named(call);
        assert_eq!(call.parent_span_id, batch.span_id, "{}", call.name);
    }
    let review = collector.named("POST tokenreviews");
    assert_eq!(review.parent_span_id, collector.named("request").span_id);
    check_texts(&collector, &api);
}

/// The API server knows the span of each call, and no span has a secret or a sender's text.
fn check_texts(collector: &Collector, api: &Api) {
    let spans = collector.spans.lock().expect("no panic").clone();
    let parents = api.parents();
    let create = spans.iter().find(|span| span.name == "POST remediationrequests").expect("a span");
    assert!(parents.contains(&format!("00-{TRACE}-{}-01", hex(&create.span_id))), "{parents:?}");
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "calls in the background have no spans");
    let texts = format!("{spans:?}");
    for secret in ["good", "secret", "Bearer", "ItsName"] {
        assert!(!texts.contains(secret), "{secret} is in {texts}");
    }
}

/// How long 10 rounds of 40 signals take.
async fn rounds(gateway: &Gateway) -> Duration {
    let client: HttpClient = Client::builder(TokioExecutor::new()).build_http();
    let started = Instant::now();
    for round in 0..10 {
        let names: Vec<_> = (0..40).map(|number| format!("app-{round}-{number}")).collect();
        let answers = names.iter().map(|name| deliver(&client, gateway.addresses[0], name));
        for answer in join_all(answers).await {
            assert_eq!(answer.expect("an answer").0, StatusCode::CREATED);
        }
    }
    started.elapsed()
}

#[tokio::test]
async fn silent_collector_delays_nothing() {
    let endpoint = Collector { hangs: true, ..Collector::default() }.start().await;
    let plain = Gateway::start(Api::start().await.1, "").await;
    let usual = rounds(&plain).await;
    let more = format!("telemetry: {{ endpoint: 'http://{endpoint}' }}");
    let mut gateway = Gateway::start(Api::start().await.1, &more).await;
    let took = rounds(&gateway).await;
    assert!(took < usual * 2 + Duration::from_secs(1), "{took:?}, and without spans {usual:?}");
    let lost = |_: StatusCode, body: &str| {
        body.lines().any(|line| {
            line.strip_prefix("gateway_spans_lost_total{reason=\"queue_full\"} ").is_some_and(|count| count != "0")
        })
    };
    gateway.until(2, "/metrics", lost).await;
    gateway.signal("-TERM");
    let (status, ending) = gateway.ended().await;
    assert_eq!(status.code(), Some(0), "{}", gateway.log());
    assert!(ending < Duration::from_secs(5 + 3 + 3), "the shutdown took {ending:?}");
    assert!(gateway.log().contains("\"reason\":\"shutdown\""), "{}", gateway.log());
}
