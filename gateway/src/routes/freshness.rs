//! Refuses deliveries that are too old, or dated in the future: a recorded delivery is not a fault that exists now.
//!
//! Alertmanager neither signs nor stamps its deliveries. A proxy in front may stamp them (`X-Timestamp`). Without a
//! stamp an alert may have begun at any time in the past, since a fault can last for weeks, but not in the future.
use crate::{
    error::ApiError,
    signals::{kubernetes_event::Event, prometheus::Webhook},
};
use axum::http::{HeaderMap, HeaderName};
use jiff::{SignedDuration, Timestamp};

const X_TIMESTAMP: HeaderName = HeaderName::from_static("x-timestamp");
/// How old a stamp, or an event, may be.
const AGE_MAX: SignedDuration = SignedDuration::from_mins(5);
/// How far the sender's clock may be ahead.
const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(2);

/// Checks the stamp; gives whether the delivery has one.
pub(super) fn check_stamp(headers: &HeaderMap, now: Timestamp) -> Result<bool, ApiError> {
    let Some(stamp) = headers.get(X_TIMESTAMP) else { return Ok(false) };
    let seconds = stamp.to_str().ok().and_then(|text| text.parse::<i64>().ok());
    let seconds = seconds.ok_or_else(|| refused("invalid timestamp format"))?;
    if seconds < 0 {
        return Err(refused("invalid timestamp: negative value"));
    }
    let stamp = Timestamp::from_second(seconds).map_err(|_| refused("invalid timestamp format"))?;
    if now.duration_since(stamp) > AGE_MAX {
        return Err(refused("timestamp too old: possible replay attack"));
    }
    check_not_ahead(stamp, now, "timestamp in future: possible clock skew attack")?;
    Ok(true)
}

/// Checks when the youngest alert of an unstamped group began.
pub(super) fn check_webhook(webhook: &Webhook, now: Timestamp) -> Result<(), ApiError> {
    let latest = webhook.latest_start().ok_or_else(|| refused("alert payload missing startsAt timestamp"))?;
    check_not_ahead(latest, now, "timestamp in future: possible clock skew attack")
}

/// Checks when an event was last seen.
pub(super) fn check_event(event: &Event, now: Timestamp) -> Result<(), ApiError> {
    let seen = event.last_seen().ok_or_else(|| refused("event payload missing timestamp"))?;
    if now.duration_since(seen) > AGE_MAX {
        return Err(refused("event timestamp too old: possible stale event"));
    }
    check_not_ahead(seen, now, "event timestamp in future: possible clock skew attack")
}

/// Refuses a time in the future, as retryable. The existing gateway answers 400, after which Alertmanager never sends
/// the alert again, so that a replica whose clock is behind loses every fresh alert. A replica cannot know which clock
/// is wrong, so the sender should retry: another replica, or later.
fn check_not_ahead(time: Timestamp, now: Timestamp, detail: &str) -> Result<(), ApiError> {
    if time.duration_since(now) > AHEAD_MAX { Err(ApiError::Unavailable(detail.to_owned())) } else { Ok(()) }
}

fn refused(detail: &str) -> ApiError {
    ApiError::Invalid(detail.to_owned())
}
