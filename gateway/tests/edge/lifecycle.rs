//! From the first probe to the last answer: readiness, serving on a listener, shutdown, and a crash.
use crate::support::{Replica, Script, read, text, webhook};
use axum::body::Body;
use gateway::protocol::Disposition;
use gateway::server;
use http::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::{collections::BTreeMap, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::oneshot,
};
use tower::ServiceExt;

async fn probe(replica: &Replica, path: &str) -> (u16, String) {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let answer = read(replica.app.health_router().oneshot(request).await.expect("a router does not fail")).await;
    let texts = [&answer.body["status"], &answer.body["detail"]].into_iter().filter_map(|value| value.as_str());
    (answer.status, texts.collect())
}

#[tokio::test(start_paused = true)]
async fn probes_distinguish_liveness_and_readiness() {
    let replica = Replica::ready().await;
    assert_eq!(probe(&replica, "/healthz").await, (200, "healthy".to_owned()));
    assert_eq!(probe(&replica, "/readyz").await, (200, "ready".to_owned()));
    *replica.protocol.unready.lock().expect("no panic") = Some("cache not synced".to_owned());
    assert_eq!(probe(&replica, "/readyz").await, (503, "cache not synced".to_owned()));
    replica.app.begin_shutdown();
    assert_eq!(probe(&replica, "/readyz").await, (503, "shutting down".to_owned()));
    assert_eq!(probe(&replica, "/healthz").await.0, 200);
    assert_eq!(
        replica.webhook(&webhook(&[&[("pod", "a")]])).await.status,
        201,
        "requests that still arrive are handled"
    );
}

#[tokio::test(start_paused = true)]
async fn metrics_are_scraped_as_open_metrics() {
    let replica = Replica::ready().await;
    let request = Request::get("/metrics").header("accept", "application/openmetrics-text; version=1.0.0");
    let request = request.body(Body::empty()).expect("a request");
    let answer = read(replica.app.metrics_router().oneshot(request).await.expect("a router does not fail")).await;
    assert!(
        answer.headers["content-type"].to_str().is_ok_and(|value| value.starts_with("application/openmetrics-text"))
    );
    assert!(answer.body.as_str().is_some_and(|text| text.ends_with("# EOF\n")));
}

#[tokio::test(start_paused = true)]
async fn documented_metrics_are_served() {
    let replica = Replica::ready().await;
    replica.script([Script::Accept(Disposition::Duplicate)]);
    let invalid: &[(&str, &str)] = &[("alertname", "")];
    replica.server.fail("/api/v1/namespaces/default/secrets/s", 403);
    assert_eq!(replica.webhook(&webhook(&[&[("pod", "a"), ("secret", "s")], invalid])).await.status, 207);
    let request = Request::get("/metrics").body(Body::empty()).expect("a request");
    let answer = read(replica.app.metrics_router().oneshot(request).await.expect("a router does not fail")).await;
    assert_eq!(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.body.as_str().expect("text").to_owned();
    let served = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let rows = include_str!("../../../docs/metrics.md").lines().filter_map(|line| line.strip_prefix("| `"));
    let documented = rows.filter_map(|row| {
        let (name, rest) = row.split_once("` | ")?;
        Some((name, rest.split_once(" |")?.0))
    });
    assert_eq!(served.collect::<BTreeMap<_, _>>(), documented.collect::<BTreeMap<_, _>>());
}

#[tokio::test(start_paused = true)]
async fn dropped_application_leaves_no_task() {
    let before = Handle::current().metrics().num_alive_tasks();
    let replica = Replica::ready().await;
    assert_eq!(replica.app.tasks(), 1, "discovery is kept fresh");
    assert!(Handle::current().metrics().num_alive_tasks() > before);
    let router = replica.app.open_router();
    let Replica { app, server, .. } = replica;
    drop(app);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(server.asked("/api"), 2, "nothing is refreshed any more, although a handler still holds the router");
    drop(router);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), before);
}

/// Serves a replica on a socket; gives its address, the sender that stops it, and its task.
pub(crate) async fn serve(
    replica: &Replica,
) -> (std::net::SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(server::serve(listener, replica.app.open_router(), async { drop(stopped.await) }));
    (address, stop, served)
}

fn request() -> Request<String> {
    let request = Request::post("/api/v1/signals/prometheus").header("host", "gateway");
    request.body(webhook(&[&[("pod", "a")]])).expect("a request")
}

async fn connect(address: std::net::SocketAddr) -> hyper::client::conn::http1::SendRequest<String> {
    let stream = TcpStream::connect(address).await.expect("a connection");
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection);
    sender
}

#[tokio::test]
async fn served_answers_carry_no_date() {
    let replica = Replica::ready().await;
    let (address, stop, served) = serve(&replica).await;
    let response = connect(address).await.send_request(request()).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers().get("date"), None);
    assert!(text(response.into_body()).await.contains("\"created\""));
    drop(stop);
    served.await.expect("no panic");
}

#[tokio::test]
async fn shutdown_waits_for_requests_in_flight() {
    let replica = Replica::ready().await;
    replica.server.reply("/api/v1/namespaces/default/pods/a", crate::support::Reply::Hang);
    let (address, stop, served) = serve(&replica).await;
    let mut client = connect(address).await;
    let answer = tokio::spawn(async move { client.send_request(request()).await });
    while replica.server.asked("/api/v1/namespaces") == 0 {
        tokio::task::yield_now().await;
    }
    drop(stop);
    tokio::task::yield_now().await;
    assert!(!served.is_finished());
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    let response = answer.await.expect("no panic").expect("an answer");
    assert_eq!(
        response.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "the look-up's five seconds are less than the drain's"
    );
    served.await.expect("no panic");
}

#[tokio::test]
async fn drain_ends_at_its_deadline() {
    let replica = Replica::boot(
        crate::support::ApiServer::new(),
        gateway::config::Config {
            request_timeout: Duration::from_secs(60),
            ..gateway::config::Config::for_pod("gateway-0", "ns", "ns")
        },
    )
    .await;
    replica.script([Script::Hang]);
    let (address, stop, served) = serve(&replica).await;
    let mut client = connect(address).await;
    let answer = tokio::spawn(async move { client.send_request(request()).await });
    while replica.signals().is_empty() {
        tokio::task::yield_now().await;
    }
    let started = tokio::time::Instant::now();
    tokio::time::pause();
    drop(stop);
    served.await.expect("no panic");
    assert_eq!(started.elapsed().as_secs(), server::DRAIN_TIMEOUT.as_secs());
    assert!(answer.await.expect("no panic").is_err(), "its connection was closed");
}

#[tokio::test]
async fn half_a_header_times_out() {
    let replica = Replica::ready().await;
    let (address, _stop, _served) = serve(&replica).await;
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(b"POST /api/v1/signals/prometheus HTTP/1.1\r\nHost: ").await.expect("written");
    let started = tokio::time::Instant::now();
    let mut rest = Vec::new();
    tokio::time::pause();
    stream.read_to_end(&mut rest).await.expect("the end of the connection");
    assert_eq!(started.elapsed().as_secs(), server::HEADER_READ_TIMEOUT.as_secs());
}

#[tokio::test]
async fn dropped_server_ends_its_connections() {
    let replica = Replica::ready().await;
    let (address, _stop, served) = serve(&replica).await;
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(b"POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n").await.expect("written");
    assert!(stream.read(&mut [0; 64]).await.is_ok_and(|read| read > 0), "it was served");
    served.abort();
    let mut rest = Vec::new();
    // Ends at once, or is reset; a surviving connection would block here for the header timeout.
    let ended = tokio::time::timeout(Duration::from_secs(2), stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok());
}
