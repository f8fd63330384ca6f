//! A whole life: signals, changes of the configuration, and a shutdown that loses nothing.
use crate::{
    api::Api,
    process::{Gateway, HttpClient},
};
use futures::future::join_all;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};
use std::{collections::BTreeSet, net::SocketAddr, time::Duration};
use tokio::time::sleep;

/// Senders that have a signal under way at any moment.
const SENDERS: usize = 16;

/// The answers that one sender received.
#[derive(Default)]
struct Sent {
    /// Names of the requests of its accepted signals.
    accepted: BTreeSet<String>,
    /// Signals whose connection was cut.
    cut: usize,
}

pub(crate) async fn deliver(
    client: &HttpClient,
    address: SocketAddr,
    deployment: &str,
) -> Result<(StatusCode, Value), bool> {
    let labels = json!({ "alertname": "A", "severity": "warning", "namespace": "shop", "deployment": deployment });
    let alert = json!({ "status": "firing", "labels": labels, "annotations": {}, "startsAt": "2026-01-01T00:00:00Z" });
    let body = json!({ "version": "4", "status": "firing", "alerts": [alert] }).to_string();
    let request = Request::post(format!("http://{address}/api/v1/signals/prometheus"));
    let request = request.header("content-type", "application/json").header("authorization", "Bearer good");
    let answer = client.request(request.body(Full::from(body)).expect("a request")).await;
    let answer = answer.map_err(|error| error.is_connect())?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(|_| false)?.to_bytes();
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}

/// Sends one signal after the other until no connection is made any more.
async fn send(address: SocketAddr, number: usize) -> Sent {
    let client: HttpClient = Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build_http();
    let mut sent = Sent::default();
    for signal in 0.. {
        match deliver(&client, address, &format!("app-{number}-{signal}")).await {
            Ok((StatusCode::CREATED, body)) => {
                sent.accepted.insert(body["remediationRequestName"].as_str().expect("a name").to_owned());
            }
            Ok((status, body)) => panic!("{status} {body}"),
            Err(true) => break,
            Err(false) => sent.cut += 1,
        }
    }
    sent
}

#[tokio::test]
async fn sigterm_loses_no_accepted_signal() {
    let (api, address) = Api::start().await;
    let mut gateway = Gateway::start(address, "").await;
    let signals = gateway.addresses[0];
    let senders = tokio::spawn(join_all((0..SENDERS).map(|number| send(signals, number))));
    while api.requests().len() < 50 {
        sleep(Duration::from_millis(10)).await;
    }
    gateway.signal("-TERM");
    gateway.until(1, "/readyz", |status, body| status == 503 && body.contains("shutting down")).await;
    let before = api.requests().len();
    let sent = senders.await.expect("no panic");
    let (status, _) = gateway.ended().await;
    assert_eq!(status.code(), Some(0), "{}", gateway.log());
    let accepted: BTreeSet<String> = sent.iter().flat_map(|sent| sent.accepted.iter().cloned()).collect();
    let cut: usize = sent.iter().map(|sent| sent.cut).sum();
    let stored = api.requests();
    assert!(stored.len() > before, "signals that arrive while load balancers still send are handled");
    let lost: Vec<_> = accepted.iter().filter(|name| stored.get(*name) != Some(&1)).collect();
    assert!(lost.is_empty(), "{lost:?} were accepted and are not stored");
    // A connection that is idle may close just when its client sends. A request that was read is answered.
    let unanswered = stored.keys().filter(|name| !accepted.contains(*name)).count();
    assert_eq!(unanswered, 0, "signals in flight were stored and not answered; {cut} connections were cut");
    let events = api.events();
    let created = events.iter().filter(|event| event["event_type"] == "gateway.crd.created");
    let reported: BTreeSet<_> =
        created.map(|event| event["correlation_id"].as_str().expect("a name").to_owned()).collect();
    assert!(reported.is_superset(&accepted), "the audit's interval is an hour: the shutdown flushed it");
}

#[tokio::test]
async fn changed_file_needs_no_restart() {
    let (_, address) = Api::start().await;
    let gateway = Gateway::start(address, "").await;
    let has = |line: &'static str| move |_: StatusCode, body: &str| body.lines().any(|found| found == line);
    gateway.reconfigure("logging: { level: debug }");
    gateway.signal("-HUP");
    gateway.until(2, "/metrics", has("gateway_config_reloads_total 1")).await;
    let client: HttpClient = Client::builder(TokioExecutor::new()).build_http();
    for expected in [StatusCode::CREATED, StatusCode::ACCEPTED] {
        let answer = deliver(&client, gateway.addresses[0], "checkout").await.expect("an answer");
        assert_eq!(answer.0, expected, "{}", answer.1);
    }
    let log = gateway.log();
    assert!(log.contains("a signal was counted"), "the level is debug now:\n{log}");
    assert!(log.contains("\"client\":\"127.0.0.1\""), "the request's client is logged:\n{log}");
    gateway.reconfigure("loging: {}");
    gateway.until(2, "/metrics", has("gateway_config_reload_failures_total 1")).await;
    assert!(gateway.log().contains("loging: is not a key of this file; did you mean logging?"), "{}", gateway.log());
    let answer = deliver(&client, gateway.addresses[0], "checkout").await.expect("an answer");
    assert_eq!(answer.0, StatusCode::ACCEPTED, "the old configuration stays in force");
}
