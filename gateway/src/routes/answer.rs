//! The bodies of answers, in the format of the existing gateway.
use crate::{
    clock::rfc3339_seconds,
    error::ApiError,
    protocol::{Accepted, Disposition},
    signals::{Target, delivery_key::DeliveryKey},
};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::borrow::Cow;

/// The outcome of an alert that was processed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Counted: the commit has happened.
    Stored {
        /// The signal's fingerprint.
        fingerprint: String,
        /// The request that counted it, and its occurrence there.
        accepted: Accepted,
        /// [`Signal::notification_key`](crate::signals::Signal::notification_key).
        notification_key: Option<DeliveryKey>,
    },
    /// The alert has ended: nothing is remediated or counted.
    Resolved {
        /// The alert's name.
        name: String,
    },
    /// The alert is about an object that is not labelled as managed: nothing is remediated or counted.
    Unmanaged {
        /// The object.
        target: Target,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProcessingResponse<'a> {
    status: &'static str,
    message: &'a str,
    fingerprint: &'a str,
    duplicate: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation_request_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation_request_namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<DuplicateMetadata<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection: Option<Rejection>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DuplicateMetadata<'a> {
    fingerprint: &'a str,
    count: u32,
    remediation_request_ref: String,
    first_occurrence: String,
    last_occurrence: String,
}

#[derive(Serialize)]
struct Rejection {
    status: &'static str,
    reason: &'static str,
    message: String,
    resource: String,
    action: String,
}

/// The outcome of one member of a group.
#[derive(Debug, Serialize)]
struct MemberResult {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Summary {
    total: u32,
    created: u32,
    deduplicated: u32,
    rejected: u32,
    failed: u32,
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const CREATED: &str = "RemediationRequest CRD created successfully";
const DUPLICATE: &str = "Duplicate signal (K8s status-based deduplication)";
const RESOLVED: &str = "Alert is resolved: nothing to remediate";

/// The answer to a delivery of one alert.
pub(super) fn single(outcome: &Outcome) -> Response {
    match outcome {
        Outcome::Stored { fingerprint, accepted, .. } => {
            let duplicate = accepted.disposition == Disposition::Duplicate;
            let metadata = DuplicateMetadata {
                fingerprint,
                count: accepted.count,
                remediation_request_ref: format!("{}/{}", accepted.namespace, accepted.name),
                first_occurrence: rfc3339_seconds(accepted.first_seen),
                last_occurrence: rfc3339_seconds(accepted.last_seen),
            };
            let body = ProcessingResponse {
                status: if duplicate { "duplicate" } else { "created" },
                message: if duplicate { DUPLICATE } else { CREATED },
                fingerprint,
                duplicate,
                remediation_request_name: Some(&accepted.name),
                remediation_request_namespace: Some(&accepted.namespace),
                metadata: duplicate.then_some(metadata),
                rejection: None,
            };
            let status = if duplicate { StatusCode::ACCEPTED } else { StatusCode::CREATED };
            let body = serde_json::to_vec(&body).expect("strings and numbers always serialise");
            (status, [(header::CONTENT_TYPE, JSON)], body).into_response()
        }
        Outcome::Resolved { name } => rejected(
            RESOLVED,
            Rejection {
                status: "rejected",
                reason: "resolved",
                message: RESOLVED.to_owned(),
                resource: format!("alert/{name}"),
                action: "none: set send_resolved: false to save the request".to_owned(),
            },
        ),
        Outcome::Unmanaged { target } => rejected(&unmanaged(target), out_of_scope(target)),
    }
}

fn rejected(message: &str, rejection: Rejection) -> Response {
    Json(ProcessingResponse {
        status: "rejected",
        message,
        fingerprint: "",
        duplicate: false,
        remediation_request_name: None,
        remediation_request_namespace: None,
        metadata: None,
        rejection: Some(rejection),
    })
    .into_response()
}

fn unmanaged(target: &Target) -> String {
    format!("Signal rejected: resource {} is not managed by Kubernaut", reference(target))
}

/// The rejection of a target that is not labelled as managed, in the words of the existing gateway.
fn out_of_scope(target: &Target) -> Rejection {
    let Target { kind, name, namespace, .. } = target;
    let resource = reference(target);
    let option = if namespace.is_empty() { String::new() } else { format!("-n {namespace} ") };
    let kind = kind.to_lowercase();
    Rejection {
        status: "rejected",
        reason: "unmanaged_resource",
        message: format!("Resource {resource} is not in Kubernaut's management scope"),
        resource,
        action: format!(
            "To manage this resource, add the label: kubectl label {option}{kind} {name} kubernaut.ai/managed=true"
        ),
    }
}

fn reference(Target { kind, name, namespace, .. }: &Target) -> String {
    if namespace.is_empty() { format!("{kind}:{name}") } else { format!("{namespace}:{kind}:{name}") }
}

/// The answer to a delivery of several alerts.
///
/// 207 only if no member needs a retry. The sender retries a delivery as a whole or not at all, so that one member that
/// was not stored makes the whole answer 503. The stored members are given back, and not counted again.
pub(super) fn group(outcomes: Vec<Result<Outcome, ApiError>>) -> Result<Response, ApiError> {
    let mut summary = Summary::default();
    let retryable = outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(ApiError::is_retryable)).count();
    let total = outcomes.len();
    let results: Vec<_> = outcomes.into_iter().map(|outcome| summary.add(outcome)).collect();
    if retryable == 0 {
        #[derive(Serialize)]
        struct Body {
            results: Vec<MemberResult>,
            summary: Summary,
        }
        return Ok((StatusCode::MULTI_STATUS, Json(Body { results, summary })).into_response());
    }
    let member = |value| serde_json::to_value(value).expect("strings and numbers always serialise");
    let results = results.into_iter().map(member).collect();
    let summary = serde_json::to_value(summary).expect("numbers always serialise");
    Err(ApiError::GroupIncomplete {
        detail: format!("{retryable} of {total} alerts were not stored: send the group again"),
        members: [("results".to_owned(), results), ("summary".to_owned(), summary)].into_iter().collect(),
    })
}

impl Summary {
    fn add(&mut self, outcome: Result<Outcome, ApiError>) -> MemberResult {
        self.total += 1;
        let (status, counter, fingerprint, message, error) = match outcome {
            Ok(Outcome::Stored { fingerprint, accepted, .. }) => match accepted.disposition {
                Disposition::Created => ("created", &mut self.created, Some(fingerprint), Some(CREATED.into()), None),
                Disposition::Duplicate => {
                    ("duplicate", &mut self.deduplicated, Some(fingerprint), Some(DUPLICATE.into()), None)
                }
            },
            Ok(Outcome::Resolved { .. }) => ("rejected", &mut self.rejected, None, Some(RESOLVED.into()), None),
            Ok(Outcome::Unmanaged { target }) => {
                ("rejected", &mut self.rejected, None, Some(unmanaged(&target).into()), None)
            }
            Err(error) => {
                let error = match error {
                    ApiError::TimedOut => "request timeout exceeded".to_owned(),
                    ApiError::Internal => "Processing failed".to_owned(),
                    other => other.to_string(),
                };
                ("failed", &mut self.failed, None, None, Some(error))
            }
        };
        *counter += 1;
        MemberResult { status, fingerprint, message, error }
    }
}
