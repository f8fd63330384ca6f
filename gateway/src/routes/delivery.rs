//! One HTTP delivery: its body, its time of arrival, and its deadline.
//!
//! The body has one limit, 256 KiB for every source. The existing gateway's Alertmanager adapter has a second one of
//! 100 KiB, which drops legitimate groups; nothing here needs it.
use crate::{
    access::Caller,
    clock::within,
    error::ApiError,
    gateway::Gateway,
    signals::{delivery_key::IdempotencyKey, go_json::utf8},
};
use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::Timestamp;
use std::{future::Future, sync::Arc, time::Duration};

/// Identifies a delivery, as in draft-ietf-httpapi-idempotency-key-header.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest body, in bytes.
pub(super) const BODY_BYTES_MAX: usize = 256 * 1024;

/// How long a body may take to arrive. Meanwhile it holds a permit, which others wait for.
pub(super) const BODY_READ_TIMEOUT: Duration = Duration::from_secs(5);

/// A delivery that was read.
pub(super) struct Delivery {
    /// The whole body; each byte that is not UTF-8 is U+FFFD.
    pub(super) payload: Arc<str>,
    /// The request's headers.
    pub(super) headers: HeaderMap,
    /// Its sender, if access was reviewed.
    pub(super) caller: Option<Caller>,
    /// The key that its sender gave it.
    pub(super) key: Option<IdempotencyKey>,
    /// Time of arrival, on the wall clock.
    pub(super) received: Timestamp,
    /// When it must be answered, on the monotonic clock.
    pub(super) deadline: Duration,
}

/// Reads the request and handles it, both within the request's deadline.
pub(super) async fn handle<F>(
    gateway: &Gateway,
    request: Request,
    handler: impl FnOnce(Delivery) -> F,
) -> Result<axum::response::Response, ApiError>
where
    F: Future<Output = Result<axum::response::Response, ApiError>>,
{
    let deadline = gateway.clock.monotonic() + gateway.config.get().request_timeout;
    let received = gateway.clock.now();
    let handled = async {
        let (mut parts, body) = request.into_parts();
        let caller = parts.extensions.remove();
        check_content_type(&parts.headers)?;
        let key = key(&parts.headers)?;
        let until = deadline.min(gateway.clock.monotonic() + BODY_READ_TIMEOUT);
        let read = within(&*gateway.clock, until, read(&parts.headers, body)).await;
        let payload = read.unwrap_or(Err(ApiError::TimedOut))?;
        handler(Delivery { payload, headers: parts.headers, caller, key, received, deadline }).await
    };
    within(&*gateway.clock, deadline, handled).await.unwrap_or(Err(ApiError::TimedOut))
}

fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let key = headers.get(IDEMPOTENCY_KEY).map(|value| IdempotencyKey::parse(value.as_bytes()));
    key.transpose().map_err(|error| ApiError::Invalid(error.to_string()))
}

/// Accepts JSON; a missing content type means JSON, as in the existing gateway.
fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let value = value.to_str().map_err(|_| ApiError::Invalid("Invalid Content-Type header".to_owned()))?;
    if value.is_empty() {
        return Ok(());
    }
    let essence = value.split_once(';').map_or(value, |(essence, _)| essence).trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let is_token = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "/,;".contains(c));
    if essence.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype)) {
        return Err(ApiError::UnsupportedMediaType("Content-Type must be application/json".to_owned()));
    }
    Err(ApiError::Invalid("Invalid Content-Type header".to_owned()))
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Arc<str>, ApiError> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES_MAX) {
        return Err(ApiError::BodyTooLarge);
    }
    let bytes: Bytes = match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(ApiError::BodyTooLarge),
        Err(_) => return Err(ApiError::Invalid("Failed to read request body".to_owned())),
    };
    Ok(utf8(&bytes).into())
}
