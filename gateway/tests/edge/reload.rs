//! Changes while the gateway runs: its configuration, and what that means for limits and browsers.
use crate::support::{Answer, Replica, Script, post, read, webhook};
use axum::body::Body;
use gateway::config::{Config, ConfigError, Environment, Identity, Ignored};
use http::{Method, Request};
use std::time::Duration;
use tower::ServiceExt;

const A: &[(&str, &str)] = &[("deployment", "a")];

fn parsed(text: &str) -> Result<(Config, Vec<Ignored>), ConfigError> {
    let identity = Identity { pod: "gateway-0".into(), lock_namespace: "ns".into(), namespace: "ns".into() };
    Config::parse(text, &Environment::of(identity))
}

fn counted(replica: &Replica, line: &str) -> bool {
    replica.app.metrics().encode().lines().any(|found| found == line)
}

#[tokio::test(start_paused = true)]
async fn limits_change_without_a_restart() {
    let replica = Replica::ready().await;
    replica.script(vec![Script::Hang; 4]);
    let started = tokio::time::Instant::now();
    assert_eq!((replica.webhook(&webhook(&[A])).await.status, started.elapsed().as_secs()), (504, 15));
    let config = replica.app.reload(parsed("server: { maxConcurrentRequests: 1, k8sRequestTimeout: 2s }"));
    assert_eq!((config.requests_max, config.request_timeout), (1, Duration::from_secs(2)));
    let started = tokio::time::Instant::now();
    let body = webhook(&[A]);
    let three = futures::future::join3(replica.webhook(&body), replica.webhook(&body), replica.webhook(&body));
    let (one, two, three) = three.await;
    let mut statuses = [one.status, two.status, three.status];
    statuses.sort_unstable();
    assert_eq!((statuses, started.elapsed().as_secs()), ([503, 503, 504], 2));
    assert!(counted(&replica, "gateway_config_reloads_total 1"));
}

#[tokio::test(start_paused = true)]
async fn mistaken_file_keeps_the_old_configuration() {
    let replica = Replica::ready().await;
    replica.app.reload(parsed("{ logging: { level: debug }, server: { maxConcurrentRequests: 7 } }"));
    for text in ["logging: { level: LOUD }", "{", "server: { maxConcurrentRequests: 8, listenAdr: ':1' }"] {
        let config = replica.app.reload(parsed(text));
        assert_eq!((config.log_level, config.requests_max), (tracing::Level::DEBUG, 7), "{text}");
    }
    assert!(counted(&replica, "gateway_config_reload_failures_total 3"));
    assert!(counted(&replica, "gateway_config_reloads_total 1"));
}

async fn from_page(replica: &Replica, method: Method, origin: &str, asked: Option<&str>) -> Answer {
    let mut request = Request::builder().method(method).uri("/api/v1/signals/prometheus").header("origin", origin);
    if let Some(asked) = asked {
        request = request.header("access-control-request-method", asked);
        request = request.header("access-control-request-headers", "authorization");
    }
    let request = request.body(Body::from(webhook(&[A]))).expect("a request");
    read(replica.app.open_router().oneshot(request).await.expect("a router does not fail")).await
}

#[tokio::test(start_paused = true)]
async fn only_named_pages_may_call() {
    let replica = Replica::ready().await;
    let answer = from_page(&replica, Method::POST, "https://ops.example", None).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"), "no page may by default");
    assert_eq!(from_page(&replica, Method::OPTIONS, "https://ops.example", Some("POST")).await.status, 405);
    let cors = "cors: { allowedOrigins: ['https://*.example'], allowCredentials: true, maxAge: 600 }";
    replica.app.reload(parsed(cors));
    let answer = from_page(&replica, Method::OPTIONS, "https://ops.example", Some("POST")).await;
    assert_eq!(answer.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", "https://ops.example"),
        ("access-control-allow-methods", "POST, OPTIONS"),
        ("access-control-allow-headers", "Authorization, Content-Type"),
        ("access-control-allow-credentials", "true"),
        ("access-control-max-age", "600"),
        ("vary", "Origin"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.headers[name], value, "{name}");
    }
    let answer = from_page(&replica, Method::POST, "https://ops.example", None).await;
    assert_eq!(
        (answer.status, &answer.headers["access-control-allow-origin"]),
        (201, &"https://ops.example".parse().expect("a header"))
    );
    assert_eq!(answer.headers["access-control-expose-headers"], "X-Request-ID");
    for (origin, asked) in [("https://evil.test", "POST"), ("https://ops.example", "DELETE"), ("null", "POST")] {
        let answer = from_page(&replica, Method::OPTIONS, origin, Some(asked)).await;
        assert!(!answer.headers.contains_key("access-control-allow-methods"), "{origin} {asked}");
        assert!(answer.headers.contains_key("x-request-id"), "a refused preflight has the usual headers");
    }
    assert_eq!(
        replica.send(post("/api/v1/signals/prometheus", &webhook(&[A]))).await.status,
        201,
        "senders are no pages"
    );
}
