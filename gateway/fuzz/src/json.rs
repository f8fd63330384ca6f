//! Bodies as serde_json reads them: what is JSON for it must be JSON for the gateway.
//!
//! The reverse does not hold: Go's decoder, and so the gateway, accepts lone surrogates and numbers beyond a double.
use gateway::signals::{go_json::JsonError, kubernetes_event::EventError, prometheus::WebhookError};
use serde_json::Value;

/// Why a parser of the gateway refused a body.
pub trait Refusal {
    /// The body is not JSON.
    fn not_json(&self) -> Option<&JsonError>;
}

impl Refusal for WebhookError {
    fn not_json(&self) -> Option<&JsonError> {
        match self {
            Self::Json(error) => Some(error),
            _ => None,
        }
    }
}

impl Refusal for EventError {
    fn not_json(&self) -> Option<&JsonError> {
        match self {
            Self::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}

/// Checks that a body that is refused as not being JSON is not JSON for serde_json either.
///
/// # Panics
/// If it is.
pub fn refused_rightly(body: &str, refusal: &impl Refusal) {
    if let Some(error) = refusal.not_json() {
        assert!(serde_json::from_str::<Value>(body).is_err(), "refused as {error}: {body:?}");
    }
}
