//! Why a call to the API server failed, and what that proves about its effect.
//!
//! A 4xx says that the copy of the call that was answered was not executed. It does not say that no copy was: a layer
//! in between may send a call twice, and pass on the refusal of the second. Any other failure says even less.
use http::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};
use std::time::Duration;

/// Why a call returned no object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallError {
    /// A 4xx: the copy of the call that it answers was not executed.
    #[error("{message} ({code} {reason})")]
    Rejected { code: u16, reason: String, message: String, retry_after: Option<Duration> },
    /// The outcome of a write is unknown; a read can be repeated.
    #[error("no definite answer from the api server: {why}")]
    Ambiguous { why: String, retry_after: Option<Duration> },
    /// The deadline had passed already.
    #[error("out of time before the api server was asked")]
    NotSent,
    /// None of the last calls worked, so that this one was not sent.
    #[error("the api server was not asked: it has answered none of the last calls")]
    Withheld,
}

impl CallError {
    /// The status of a 4xx.
    pub(super) fn code(&self) -> Option<u16> {
        if let Self::Rejected { code, .. } = self { Some(*code) } else { None }
    }

    pub(super) fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Ambiguous { .. })
    }

    /// Whether the API server looked for the object and found none. Another 404 says nothing about the object: a proxy
    /// does not know the way, or a server does not serve the resource for now.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::Rejected { code: 404, reason, message, .. } if reason == "NotFound" && !is_of_path(message)
        )
    }

    pub(super) fn is_conflict(&self) -> bool {
        self.code() == Some(409)
    }

    pub(super) fn is_already_exists(&self) -> bool {
        matches!(self, Self::Rejected { code: 409, reason, .. } if reason == "AlreadyExists")
    }

    pub(super) fn is_invalid(&self) -> bool {
        self.code() == Some(422)
    }

    /// Whether the server no longer has the version to list or watch from.
    pub(super) fn is_expired(&self) -> bool {
        self.code() == Some(410)
    }

    /// Whether the call was not sent at all, so that nothing can have been executed.
    pub(super) fn was_not_sent(&self) -> bool {
        matches!(self, Self::NotSent | Self::Withheld)
    }

    /// Whether the same call would be refused again: any 4xx but those that depend on other calls.
    pub(super) fn is_final(&self) -> bool {
        self.code().is_some_and(|code| !matches!(code, 404 | 409 | 429))
    }

    /// Whether the call was refused for now, or not sent, so that the same call may be made again.
    pub(super) fn is_throttled(&self) -> bool {
        self.was_not_sent() || self.code() == Some(429)
    }

    /// Whether the server knows no such field selector: before Kubernetes 1.32, custom resources have no selectable
    /// fields. The text is kube-apiserver's.
    pub(super) fn is_unknown_selector(&self) -> bool {
        matches!(self, Self::Rejected { code: 400, message, .. } if message.contains("field label not supported"))
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Rejected { retry_after, .. } | Self::Ambiguous { retry_after, .. } => *retry_after,
            Self::NotSent | Self::Withheld => None,
        }
    }
}

/// Whether the message of a 404 is about the path and not about an object. The texts are kube-apiserver's.
pub(super) fn is_of_path(message: &str) -> bool {
    message.contains("could not find the requested resource") || message.contains("page not found")
}

/// metav1.Status, as far as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    message: String,
    reason: String,
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    retry_after_seconds: u64,
}

/// Parses JSON from the API server. Checking UTF-8 once for the whole text is cheaper than for each of its strings.
pub(super) fn parse<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(json) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(json),
    }
}

/// The error of an answer with status `code`; `header` is its Retry-After, in seconds.
pub(super) fn refusal(code: StatusCode, header: Option<u64>, body: &[u8]) -> CallError {
    let status: Status = parse(body).unwrap_or_else(|_| {
        // Proxies answer in plain text, and so does kube-apiserver for unknown paths.
        let message = String::from_utf8_lossy(&body[..body.len().min(200)]).trim().to_owned();
        Status { message, ..Status::default() }
    });
    let seconds = header.or(status.details.map(|details| details.retry_after_seconds)).filter(|seconds| *seconds > 0);
    let retry_after = seconds.map(Duration::from_secs);
    if code.is_client_error() {
        let (reason, message) = (status.reason, status.message);
        return CallError::Rejected { code: code.as_u16(), reason, message, retry_after };
    }
    CallError::Ambiguous { why: format!("{code}: {}", status.message), retry_after }
}

/// The error of a call whose connection or answer broke.
pub(super) fn ambiguous(error: &dyn std::error::Error) -> CallError {
    CallError::Ambiguous { why: error.to_string(), retry_after: None }
}

/// The error of a call without an answer at its deadline.
pub(super) fn no_answer() -> CallError {
    CallError::Ambiguous { why: "no answer in time".to_owned(), retry_after: None }
}

/// The error of a request that cannot be built: its namespace or name does not fit into a URI.
pub(super) fn unsendable(error: &dyn std::error::Error) -> CallError {
    let message = format!("cannot build the request; check the configured namespaces: {error}");
    CallError::Rejected { code: 400, reason: "BadRequest".to_owned(), message, retry_after: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u16, header: Option<u64>, body: &str) -> CallError {
        refusal(StatusCode::from_u16(code).expect("a code"), header, body.as_bytes())
    }

    #[test]
    fn only_client_errors_are_definite() {
        for code in [400, 401, 403, 404, 409, 410, 413, 422, 429, 451] {
            assert!(!refused(code, None, "").is_ambiguous(), "{code}");
        }
        for code in [301, 307, 500, 502, 503, 504, 599] {
            assert!(refused(code, None, "").is_ambiguous(), "{code}");
        }
    }

    #[test]
    fn reasons_distinguish_conflicts() {
        let exists =
            refused(409, None, r#"{"kind":"Status","reason":"AlreadyExists","message":"object is being deleted: x"}"#);
        assert!(exists.is_already_exists() && exists.is_conflict());
        let conflict = refused(409, None, r#"{"reason":"Conflict","message":"the object has been modified"}"#);
        assert!(!conflict.is_already_exists() && conflict.is_conflict());
        assert!(refused(400, None, r#"{"message":"field label not supported: spec.x"}"#).is_unknown_selector());
        assert!(!refused(400, None, "field label").is_unknown_selector());
    }

    #[test]
    fn only_an_object_that_was_looked_for_is_absent() {
        let absent = r#"{"reason":"NotFound","message":"remediationrequests.kubernaut.ai \"x\" not found"}"#;
        assert!(refused(404, None, absent).is_not_found());
        let unserved = r#"{"reason":"NotFound","message":"the server could not find the requested resource"}"#;
        for body in [unserved, "404 page not found", "no such route", ""] {
            assert!(!refused(404, None, body).is_not_found(), "{body}");
        }
        assert!(!refused(410, None, absent).is_not_found());
    }

    #[test]
    fn retry_after_comes_from_either_place() {
        let body = r#"{"details":{"retryAfterSeconds":7}}"#;
        assert_eq!(refused(429, None, body).retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(refused(503, Some(2), body).retry_after(), Some(Duration::from_secs(2)), "the header wins");
        assert_eq!(refused(503, Some(0), "").retry_after(), None);
    }

    #[test]
    fn plain_text_becomes_the_message() {
        let error = refused(404, None, "404 page not found\n");
        assert_eq!(error.to_string(), "404 page not found (404 )");
        assert!(refused(500, None, &"x".repeat(10_000)).to_string().len() < 300);
    }
}
