//! The two calls of a review: TokenReview, and SubjectAccessReview for the user that it names.
//!
//! The existing gateway asks about the user's name alone, so that a role granted to a group does not count. Here the
//! review names the groups, the uid and the extra attributes too, as the API server itself would decide.
use super::token::BearerToken;
use crate::api_client::ApiClient;
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{fmt, sync::Arc};

/// The authenticated sender of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(Arc<str>);

/// The answer of a review.
pub(super) enum Review {
    /// The user may send signals.
    Allowed(Caller),
    /// The user is known, and may not.
    Forbidden(Caller),
    /// The token is not valid.
    Invalid,
}

/// A review without a verdict.
#[derive(Debug)]
pub(super) struct ReviewError {
    /// The call that failed.
    pub(super) call: &'static str,
    why: String,
    /// Whether every review would be answered so: the permission or the kind is missing.
    pub(super) refused: bool,
}

/// The longest answer, in bytes: users may be in many groups.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
const TOKEN_REVIEW: &str = "TokenReview";
const ACCESS_REVIEW: &str = "SubjectAccessReview";
const TOKEN_REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
const ACCESS_REVIEWS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

#[derive(Deserialize)]
struct TokenReview {
    #[serde(default)]
    status: TokenStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenStatus {
    authenticated: bool,
    user: User,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct User {
    username: String,
    uid: String,
    groups: Vec<String>,
    extra: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
struct AccessReview {
    #[serde(default)]
    status: AccessStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AccessStatus {
    allowed: bool,
    denied: bool,
}

impl Caller {
    /// The user's name, as in `system:serviceaccount:monitoring:alertmanager`.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// Asks the API server about a token. No audience is named, as by the existing gateway: the API server's own are meant.
pub(super) async fn review(client: &ApiClient, namespace: &str, token: &BearerToken) -> Result<Review, ReviewError> {
    let body = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": TOKEN_REVIEW,
        "spec": { "token": token.secret() },
    });
    let TokenReview { status } = post(client, TOKEN_REVIEW, TOKEN_REVIEWS, &body).await?;
    if !status.authenticated || status.user.username.is_empty() {
        return Ok(Review::Invalid);
    }
    let User { username, uid, groups, extra } = status.user;
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": ACCESS_REVIEW,
        "spec": {
            "user": username,
            "uid": uid,
            "groups": groups,
            "extra": extra,
            "resourceAttributes": {
                "namespace": namespace,
                "verb": "create",
                "group": "",
                "resource": "services",
                "name": "gateway-service",
            },
        },
    });
    let AccessReview { status } = post(client, ACCESS_REVIEW, ACCESS_REVIEWS, &body).await?;
    let caller = Caller(username.into());
    Ok(if status.allowed && !status.denied { Review::Allowed(caller) } else { Review::Forbidden(caller) })
}

/// Finds out whether this gateway may review at all, with a token and a user that do not exist.
pub(super) async fn trial(client: &ApiClient) -> Result<(), ReviewError> {
    let body = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": TOKEN_REVIEW,
        "spec": { "token": "a-trial-of-the-gateway" },
    });
    post::<TokenReview>(client, TOKEN_REVIEW, TOKEN_REVIEWS, &body).await?;
    let resource = json!({ "verb": "create", "resource": "services" });
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": ACCESS_REVIEW,
        "spec": { "user": "a-trial-of-the-gateway", "resourceAttributes": resource },
    });
    post::<AccessReview>(client, ACCESS_REVIEW, ACCESS_REVIEWS, &body).await?;
    Ok(())
}

async fn post<T: serde::de::DeserializeOwned>(
    client: &ApiClient,
    call: &'static str,
    path: &str,
    body: &Value,
) -> Result<T, ReviewError> {
    let request = http::Request::post(path).header(http::header::CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body.to_string().into_bytes())).expect("path and header are constants");
    let failed = |why: String| ReviewError { call, why, refused: false };
    let not_reached = |_| failed("the API server was not reached".to_owned());
    // Not `ApiClient::request`: kube logs the message of a refusal, which may quote the body with the token.
    let response = client.send(request).await.map_err(not_reached)?;
    let status = response.status();
    if !status.is_success() {
        let refused = matches!(status.as_u16(), 401 | 403 | 404 | 405);
        return Err(ReviewError { refused, ..failed(format!("answered {status}")) });
    }
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|_| failed("the answer was cut off".to_owned()))?.to_bytes();
    serde_json::from_slice(&body).map_err(|_| failed("answered with an unreadable body".to_owned()))
}

impl ReviewError {
    /// Nothing came within the time of a review.
    pub(super) fn no_answer() -> Self {
        Self { call: TOKEN_REVIEW, why: "was not answered in time".to_owned(), refused: false }
    }

    /// What the sender may know, in the words of the existing gateway.
    pub(super) fn detail(&self) -> &'static str {
        if self.call == TOKEN_REVIEW {
            "Authentication service unavailable"
        } else {
            "Authorization service unavailable"
        }
    }
}

impl fmt::Display for ReviewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, why, .. } = self;
        write!(f, "{call}: {why}; this gateway needs `create` on tokenreviews and subjectaccessreviews")
    }
}
