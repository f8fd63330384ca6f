//! The answers that are not a success, and their HTTP status.
//!
//! They are RFC 9457 documents of the existing gateway's types. If a retry could succeed, the status is a 5xx with
//! Retry-After: never a 4xx, including 429, after which Alertmanager drops the alert; and never a 2xx.
use crate::{protocol::Refusal, signals::target::TargetError};
use axum::{
    Extension,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::borrow::Cow;

/// Value of Retry-After, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// An answer that is not a success.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ApiError {
    /// 400: the request can never be processed.
    #[error("{0}")]
    Invalid(String),
    /// 404: the path has no endpoint.
    #[error("no such endpoint: signals are POSTed to /api/v1/signals/prometheus or /api/v1/signals/kubernetes-event")]
    NotFound,
    /// 405: the endpoint takes POST only.
    #[error("method not allowed: signals are POSTed")]
    MethodNotAllowed,
    /// 413: the body exceeds the limit.
    #[error("request body too large")]
    BodyTooLarge,
    /// 413: the body is small, but what it asks for exceeds a limit.
    #[error("{0}")]
    TooLarge(String),
    /// 415: the body is not JSON.
    #[error("{0}")]
    UnsupportedMediaType(String),
    /// 500: a defect of the gateway.
    #[error("internal server error")]
    Internal,
    /// 503: not stored, or not known to be; a retry may succeed.
    #[error("{0}")]
    Unavailable(String),
    /// 503 for a group: some members are stored, the others need a retry by the sender.
    #[error("{detail}")]
    GroupIncomplete {
        /// Explanation for the sender.
        detail: String,
        /// Extension members of the document: `results` and `summary`.
        members: serde_json::Map<String, serde_json::Value>,
    },
    /// 504: the request's deadline passed.
    #[error("request processing timed out")]
    TimedOut,
}

/// A problem document without what only the request knows; [`request_id`](crate::layers::request_id) completes it.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    detail: Cow<'static, str>,
    status: u16,
    #[serde(flatten)]
    members: serde_json::Map<String, serde_json::Value>,
}

impl ApiError {
    /// 503: the cap on requests is reached, for all fingerprints or for this one.
    pub fn too_many_requests() -> Self {
        Self::Unavailable("too many concurrent requests: try again".to_owned())
    }

    /// Whether the sender should try again.
    pub fn is_retryable(&self) -> bool {
        self.status().is_server_error()
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge | Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable(_) | Self::GroupIncomplete { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn into_problem(self) -> Problem {
        let (kind, title) = match &self {
            Self::Invalid(_) => ("https://kubernaut.ai/problems/validation-error", "Bad Request"),
            Self::NotFound => ("https://kubernaut.ai/problems/unknown", "Error"),
            Self::MethodNotAllowed => ("https://kubernaut.ai/problems/method-not-allowed", "Method Not Allowed"),
            Self::BodyTooLarge | Self::TooLarge(_) => {
                ("https://kubernaut.ai/problems/payload-too-large", "Request Entity Too Large")
            }
            Self::UnsupportedMediaType(_) => {
                ("https://kubernaut.ai/problems/unsupported-media-type", "Unsupported Media Type")
            }
            Self::Internal => ("https://kubernaut.ai/problems/internal-error", "Internal Server Error"),
            Self::Unavailable(_) | Self::GroupIncomplete { .. } => {
                ("https://kubernaut.ai/problems/service-unavailable", "Service Unavailable")
            }
            Self::TimedOut => ("https://kubernaut.ai/problems/gateway-timeout", "Gateway Timeout"),
        };
        let status = self.status().as_u16();
        let detail = match self {
            // These two are what the existing gateway says, letter for letter.
            Self::Internal => Cow::Borrowed("Internal server error"),
            Self::BodyTooLarge => Cow::Borrowed("Request body too large"),
            Self::TimedOut => Cow::Borrowed("Request processing timed out"),
            Self::Invalid(detail)
            | Self::TooLarge(detail)
            | Self::UnsupportedMediaType(detail)
            | Self::Unavailable(detail) => detail.into(),
            Self::GroupIncomplete { detail, members } => {
                return Problem { kind, title, detail: detail.into(), status, members };
            }
            other => other.to_string().into(),
        };
        Problem { kind, title, detail, status, members: serde_json::Map::new() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = status.into_response();
        let headers = response.headers_mut();
        if status.is_server_error() {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        }
        (Extension(self.into_problem()), response).into_response()
    }
}

/// Only the class of a reason: the API server's own sentences name the service account and what it may not do. The log
/// has them.
impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Overloaded(_) => Self::Unavailable("overloaded: too many signals are waiting".to_owned()),
            Refusal::Unavailable(_) => Self::Unavailable("unavailable: the signal cannot be stored now".to_owned()),
            Refusal::Refused(_) => Self::Unavailable(
                "refused by the Kubernetes API: an operator must act, the gateway's log says how".to_owned(),
            ),
            Refusal::DeadlineExceeded => Self::TimedOut,
            Refusal::Internal(_) => Self::Internal,
        }
    }
}

impl From<TargetError> for ApiError {
    fn from(error: TargetError) -> Self {
        match error {
            TargetError::Unknown => Self::Invalid(format!("Signal validation failed: {error}")),
            TargetError::DiscoveryMissing => Self::Unavailable(error.to_string()),
            TargetError::LookupFailed(_) => {
                Self::Unavailable("unavailable: the object that the alert is about cannot be looked up now".to_owned())
            }
        }
    }
}
