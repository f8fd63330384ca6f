//! Access: which senders are let through, what each costs the API server, and what a flood of them costs it.
use crate::{
    log::Log,
    support::{Answer, ApiServer, Replica, Reply, post, read, webhook},
};
use axum::body::Body;
use futures::future::join_all;
use gateway::{access, config::Config};
use http::{Request, StatusCode};
use serde_json::json;
use std::time::Duration;
use tower::ServiceExt;

const TOKEN_REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
const ACCESS_REVIEWS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
const ALERTMANAGER: &str = "system:serviceaccount:monitoring:alertmanager";

/// A replica whose API server knows the token `good`, of a user that may send signals.
async fn replica() -> Replica {
    let replica = Replica::boot(ApiServer::new(), Config::for_pod("gateway-0", "locks", "kubernaut")).await;
    permit(&replica, "good", ALERTMANAGER, true);
    replica
}

fn permit(replica: &Replica, token: &str, user: &str, allowed: bool) {
    let user = json!({ "username": user, "uid": "u-1", "groups": ["system:authenticated"],
        "extra": { "authentication.kubernetes.io/credential-id": ["JTI=1"] } });
    replica.server.tokens.lock().expect("no panic").insert(token.to_owned(), (user, allowed));
}

fn revoke(replica: &Replica, token: &str) {
    replica.server.tokens.lock().expect("no panic").remove(token);
}

async fn send(replica: &Replica, authorization: Option<&str>) -> Answer {
    let mut request = post("/api/v1/signals/prometheus", &webhook(&[&[("deployment", "a")]]));
    if let Some(value) = authorization {
        request.headers_mut().insert("authorization", value.parse().expect("a header"));
    }
    read(replica.app.router().oneshot(request).await.expect("a router does not fail")).await
}

async fn with_token(replica: &Replica, token: &str) -> u16 {
    send(replica, Some(&format!("Bearer {token}"))).await.status
}

fn reviews(replica: &Replica) -> usize {
    replica.server.asked(TOKEN_REVIEWS)
}

#[tokio::test(start_paused = true)]
async fn sender_without_a_token_is_refused() {
    let replica = replica().await;
    for (value, detail) in [
        (None, "Missing Authorization header"),
        (Some("Basic dTpw"), "Invalid Authorization header format"),
        (Some("Bearer "), "Empty Bearer token"),
        (Some("Bearer bad"), "Invalid or expired token"),
    ] {
        let answer = send(&replica, value).await;
        let body = json!({ "type": "about:blank", "title": "Unauthorized", "status": 401, "detail": detail });
        assert_eq!((answer.status, &answer.body), (401, &body), "{value:?}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        assert!(answer.headers.contains_key("x-request-id") && answer.headers.contains_key("x-frame-options"));
    }
    assert_eq!((reviews(&replica), replica.signals().len()), (1, 0), "only a token is reviewed");
    assert_eq!(with_token(&replica, "good").await, 201);
}

#[tokio::test(start_paused = true)]
async fn user_without_permission_is_forbidden() {
    let replica = replica().await;
    permit(&replica, "weak", "system:serviceaccount:default:default", false);
    let answer = send(&replica, Some("Bearer weak")).await;
    let body =
        json!({ "type": "about:blank", "title": "Forbidden", "status": 403, "detail": "Insufficient permissions" });
    assert_eq!((answer.status, answer.body), (403, body));
    let asked = replica.server.reviews.lock().expect("no panic").clone();
    assert_eq!(asked[0]["spec"], json!({ "token": "weak" }), "no audience: the API server's own");
    let expected = json!({
        "user": "system:serviceaccount:default:default", "uid": "u-1", "groups": ["system:authenticated"],
        "extra": { "authentication.kubernetes.io/credential-id": ["JTI=1"] },
        "resourceAttributes": {
            "namespace": "kubernaut", "verb": "create", "group": "", "resource": "services", "name": "gateway-service",
        },
    });
    assert_eq!(asked[1]["spec"], expected);
    assert!(replica.signals().is_empty());
}

#[tokio::test(start_paused = true)]
async fn only_signals_need_a_token() {
    let replica = replica().await;
    let call = async |request: http::request::Builder| {
        let request = request.body(Body::empty()).expect("a request");
        replica.app.router().oneshot(request).await.expect("a router does not fail").status()
    };
    assert_eq!(call(Request::get("/api/v1/signals/prometheus")).await, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(call(Request::post("/elsewhere")).await, StatusCode::NOT_FOUND);
    assert_eq!(call(Request::post("/api/v1/signals/kubernetes-event")).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test(start_paused = true)]
async fn revoked_token_is_refused_after_a_minute() {
    let replica = replica().await;
    assert_eq!(with_token(&replica, "good").await, 201);
    revoke(&replica, "good");
    tokio::time::sleep(access::ACCEPTED_FOR - Duration::from_millis(1)).await;
    assert_eq!((with_token(&replica, "good").await, reviews(&replica)), (201, 1), "remembered");
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!((with_token(&replica, "good").await, reviews(&replica)), (401, 2));
}

/// The API server decides, the token is revoked, and the answer arrives: what it says is as old as the review.
#[tokio::test(start_paused = true)]
async fn accepted_minute_begins_with_the_review() {
    let replica = replica().await;
    let began = tokio::time::Instant::now();
    replica.server.reply(TOKEN_REVIEWS, Reply::Late(Duration::from_secs(4)));
    assert_eq!(with_token(&replica, "good").await, 201);
    revoke(&replica, "good");
    replica.server.forget(TOKEN_REVIEWS);
    tokio::time::sleep_until(began + access::ACCEPTED_FOR - Duration::from_millis(1)).await;
    assert_eq!(with_token(&replica, "good").await, 201, "remembered");
    tokio::time::sleep_until(began + access::ACCEPTED_FOR).await;
    assert_eq!(with_token(&replica, "good").await, 401, "the time until the answer counts");
}

/// A process is stopped while a review is under way, and continues when its answer is long there.
#[tokio::test(start_paused = true)]
async fn answer_from_before_a_pause_is_not_a_verdict() {
    let replica = replica().await;
    replica.server.reply(ACCESS_REVIEWS, Reply::Late(Duration::from_secs(1)));
    let paused = async {
        while replica.server.reviews.lock().expect("no panic").len() < 2 {
            tokio::task::yield_now().await;
        }
        revoke(&replica, "good");
        tokio::time::advance(Duration::from_secs(33)).await;
    };
    let (status, ()) = futures::future::join(with_token(&replica, "good"), paused).await;
    assert_eq!((status, reviews(&replica)), (503, 1), "the sender must retry");
    replica.server.forget(ACCESS_REVIEWS);
    assert_eq!((with_token(&replica, "good").await, reviews(&replica)), (401, 2));
    assert!(replica.signals().is_empty());
}

#[tokio::test(start_paused = true)]
async fn refusal_is_remembered_for_seconds() {
    let replica = replica().await;
    permit(&replica, "weak", "someone", false);
    for _ in 0..10 {
        assert_eq!((with_token(&replica, "later").await, with_token(&replica, "weak").await), (401, 403));
    }
    assert_eq!(reviews(&replica), 2);
    permit(&replica, "later", "late", true);
    permit(&replica, "weak", "someone", true);
    tokio::time::sleep(access::REFUSED_FOR).await;
    assert_eq!((with_token(&replica, "later").await, with_token(&replica, "weak").await), (201, 201));
}

#[tokio::test(start_paused = true)]
async fn expiring_token_is_reviewed_at_its_end() {
    let replica = replica().await;
    let now = 1_795_193_594; // 2026-11-20T16:53:14Z
    let claims = json!({ "exp": now + 20, "sub": ALERTMANAGER }).to_string();
    let claims = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims);
    let token = format!("e30.{claims}.c2ln");
    permit(&replica, &token, ALERTMANAGER, true);
    assert_eq!(with_token(&replica, &token).await, 201);
    revoke(&replica, &token);
    tokio::time::sleep(Duration::from_secs(19)).await;
    assert_eq!(with_token(&replica, &token).await, 201);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(with_token(&replica, &token).await, 401, "it is not accepted beyond its own expiry");
}

#[tokio::test(start_paused = true)]
async fn concurrent_requests_share_one_review() {
    let replica = replica().await;
    let answers = join_all((0..50).map(|_| with_token(&replica, "good"))).await;
    assert!(answers.iter().all(|status| *status == 201), "{answers:?}");
    assert_eq!((reviews(&replica), replica.server.asked(ACCESS_REVIEWS)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn failed_review_is_never_a_refusal() {
    for (path, detail) in
        [(TOKEN_REVIEWS, "Authentication service unavailable"), (ACCESS_REVIEWS, "Authorization service unavailable")]
    {
        for code in [401, 403, 404, 429, 500, 503] {
            let replica = replica().await;
            replica.server.fail(path, code);
            let answer = send(&replica, Some("Bearer good")).await;
            assert_eq!((answer.status, answer.body["detail"].as_str()), (503, Some(detail)), "{path} {code}");
            assert_eq!(answer.headers["retry-after"], "1");
            replica.server.forget(path);
            assert_eq!(with_token(&replica, "good").await, 201, "a failure is not remembered");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn silent_review_ends_in_time() {
    let replica = replica().await;
    replica.server.reply(TOKEN_REVIEWS, Reply::Hang);
    let started = tokio::time::Instant::now();
    let answers = join_all((0..3).map(|_| with_token(&replica, "good"))).await;
    assert_eq!((answers, started.elapsed()), (vec![503; 3], access::REVIEW_TIMEOUT));
    assert_eq!(reviews(&replica), 1);
}

#[tokio::test(start_paused = true)]
async fn disconnected_sender_ends_its_review() {
    let replica = replica().await;
    replica.server.reply(TOKEN_REVIEWS, Reply::Hang);
    for n in 0..40 {
        let request = with_token(&replica, if n % 2 == 0 { "good" } else { "bad" });
        assert!(tokio::time::timeout(Duration::from_millis(100), request).await.is_err(), "number {n} is reviewed");
    }
    replica.server.forget(TOKEN_REVIEWS);
    assert_eq!(with_token(&replica, "good").await, 201);
}

#[tokio::test(start_paused = true)]
async fn flood_of_invented_tokens_is_bounded() {
    let replica = replica().await;
    assert_eq!(with_token(&replica, "good").await, 201);
    tokio::time::sleep(access::ACCEPTED_FOR).await;
    let (before, mut answers) = (reviews(&replica), Vec::new());
    for second in 0..10 {
        for n in 0..500 {
            answers.push(with_token(&replica, &format!("invented-{second}-{n}")).await);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let calls = reviews(&replica) - before;
    assert!((200..=40 + 20 * 10).contains(&calls), "{calls} calls for 5,000 tokens in ten seconds");
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), calls);
    assert!(answers.iter().all(|status| matches!(status, 401 | 503)), "the others must be retried");
    let mut last = 0;
    for n in 0..100 {
        last = with_token(&replica, &format!("more-{n}")).await;
    }
    assert_eq!(last, 503, "nothing is left for unknown tokens");
    assert_eq!(with_token(&replica, "good").await, 201, "a known sender has a budget of its own");
}

#[tokio::test(start_paused = true)]
async fn reviews_and_refusals_are_counted() {
    let replica = replica().await;
    replica.server.fail(ACCESS_REVIEWS, 500);
    with_token(&replica, "good").await;
    replica.server.forget(ACCESS_REVIEWS);
    for token in ["good", "bad", "good", "bad"] {
        with_token(&replica, token).await;
    }
    let text = replica.app.metrics().encode();
    for line in [
        "gateway_access_reviews_total{outcome=\"allowed\"} 1",
        "gateway_access_reviews_total{outcome=\"invalid\"} 1",
        "gateway_access_reviews_total{outcome=\"failed\"} 1",
        "gateway_access_denied_total{reason=\"unauthenticated\"} 2",
        "gateway_access_denied_total{reason=\"unavailable\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing from\n{text}");
    }
}

async fn readyz(replica: &Replica) -> (u16, String) {
    let request = Request::get("/readyz").body(Body::empty()).expect("a request");
    let answer = read(replica.app.health_router().oneshot(request).await.expect("a router does not fail")).await;
    (answer.status, answer.body["detail"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(start_paused = true)]
async fn missing_permission_to_review_is_not_ready() {
    for (path, call) in [(TOKEN_REVIEWS, "TokenReview"), (ACCESS_REVIEWS, "SubjectAccessReview")] {
        let replica = replica().await;
        replica.server.fail(path, 403);
        let (status, why) = readyz(&replica).await;
        let expected = format!("cannot review who sends signals: {call}: answered 403");
        assert!(status == 503 && why.starts_with(&expected), "{why}");
        replica.server.forget(path);
        assert_eq!(readyz(&replica).await.0, 200, "seen without a sender");
        let asked = reviews(&replica);
        assert_eq!((readyz(&replica).await.0, reviews(&replica)), (200, asked), "what is known is not asked again");
        replica.server.fail(path, 403);
        assert_eq!((with_token(&replica, "good").await, readyz(&replica).await.0), (503, 503));
        replica.server.fail(path, 500);
        assert_eq!(readyz(&replica).await.0, 503, "it is known until an answer shows more");
        replica.server.forget(path);
        assert_eq!((readyz(&replica).await.0, with_token(&replica, "good").await), (200, 201));
    }
    let replica = replica().await;
    replica.server.reply(TOKEN_REVIEWS, Reply::Hang);
    assert_eq!(readyz(&replica).await.0, 200, "a silent server is the protocol's concern");
}

#[test]
fn binary_always_protects() {
    let main = include_str!("../../src/main.rs");
    assert!(main.contains("app.router()") && !main.contains("open_router"));
}

#[tokio::test(start_paused = true)]
async fn token_is_never_logged() {
    let (log, _guard) = Log::start(tracing::Level::TRACE);
    let replica = replica().await;
    permit(&replica, "weak-secret", "someone", false);
    let quoting =
        json!({ "kind": "Status", "code": 400, "reason": "BadRequest", "message": "cannot read lost-secret" });
    for token in ["bad-secret", "weak-secret"] {
        with_token(&replica, token).await;
    }
    replica.server.reply(TOKEN_REVIEWS, Reply::Json(StatusCode::BAD_REQUEST, quoting));
    let answer = send(&replica, Some("Bearer lost-secret")).await;
    let log = log.text();
    assert!(log.contains("could not be reviewed") && log.contains("may not create services/gateway-service"), "{log}");
    assert!(!log.contains("secret") && !answer.body.to_string().contains("secret"), "{log}");
}
