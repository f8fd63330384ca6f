//! The `metav1.Status` bodies of errors, word for word as kube-apiserver writes them
//! (k8s.io/apimachinery/pkg/api/errors, k8s.io/apiserver/pkg/endpoints/handlers/responsewriters).
//!
//! The transports use them for injected failures too: [`too_many_requests`], [`internal_error`], [`bare_error`],
//! [`overload`], [`service_unavailable`], [`timeout`].
use super::{
    aggregate::aggregate,
    field_error::FieldError,
    go_text::quoted,
    object,
    request::{Answer, AnswerBody},
    warning,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A result whose error is a Status, the body of the answer.
pub(crate) type Outcome<T> = Result<T, Box<Status>>;

/// A `metav1.Status`.
#[derive(Debug, Clone, Serialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{code} {message}")]
pub struct Status {
    kind: &'static str,
    api_version: &'static str,
    metadata: ListMeta,
    status: &'static str,
    /// Human-readable message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Machine-readable reason, e.g. `Conflict`; kube-apiserver's bare errors have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'static, str>>,
    /// The object and the fields that the error is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
    /// The HTTP status; 0 (not written) in a success.
    #[serde(skip_serializing_if = "is_zero")]
    pub code: u16,
    /// Warnings, sent as headers and not in the body.
    #[serde(skip)]
    warnings: Vec<String>,
}

/// `metav1.ListMeta`; a Status only uses its continue token, for an expired list.
#[derive(Debug, Clone, Default, Serialize)]
struct ListMeta {
    #[serde(rename = "continue", skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// `metav1.StatusDetails`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Details {
    /// The object's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The resource's group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The resource's plural in most errors, the Kind in some.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The object's uid.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// One entry for each invalid field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// Delay before a retry, in seconds; also sent as the Retry-After header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
}

/// `metav1.StatusCause`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cause {
    /// Machine-readable reason.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub reason: Cow<'static, str>,
    /// Human-readable message.
    pub message: String,
    /// The field's path, e.g. `spec.severity`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
}

/// The subject of an error: a group and the plural of a resource, or in some errors a Kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) group: &'a str,
    pub(crate) kind: &'a str,
}

impl Subject<'_> {
    /// The qualified name: `leases.coordination.k8s.io`, or `pods`.
    pub(crate) fn qualified(&self) -> String {
        if self.group.is_empty() { self.kind.to_owned() } else { format!("{}.{}", self.kind, self.group) }
    }

    fn details(&self, name: &str) -> Details {
        Details { name: name.into(), group: self.group.into(), kind: self.kind.into(), ..Details::default() }
    }
}

impl Status {
    fn failure(code: u16, reason: &'static str, message: String, details: Option<Details>) -> Box<Self> {
        let reason = (!reason.is_empty()).then_some(Cow::Borrowed(reason));
        Box::new(Self {
            kind: "Status",
            api_version: "v1",
            metadata: ListMeta::default(),
            status: "Failure",
            message,
            reason,
            details,
            code,
            warnings: Vec::new(),
        })
    }

    /// The whole answer: the HTTP status, the headers and this body.
    pub fn answer(&self) -> Answer {
        let mut headers = HeaderMap::with_capacity(2);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.details.as_ref().and_then(|d| d.retry_after_seconds) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        warning::add_warnings(&mut headers, &self.warnings);
        let status = if self.code == 0 { 200 } else { self.code };
        Answer { status, headers, body: AnswerBody::Full(object::encode(self)) }
    }

    fn with_cause(mut self: Box<Self>, reason: &'static str, message: String, field: &str) -> Box<Self> {
        let cause = Cause { reason: reason.into(), message, field: field.into() };
        self.details.get_or_insert_default().causes.push(cause);
        self
    }

    fn with_retry_after(mut self: Box<Self>, seconds: u32) -> Box<Self> {
        self.details.get_or_insert_default().retry_after_seconds = Some(seconds);
        self
    }

    /// The message.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Sets the details, if there are any.
    pub(crate) fn with_details(mut self: Box<Self>, details: Option<Details>) -> Box<Self> {
        self.details = details;
        self
    }

    /// Adds warnings about the body.
    pub(crate) fn with_warnings(mut self: Box<Self>, warnings: Vec<String>) -> Box<Self> {
        self.warnings = warnings;
        self
    }

    /// Adds a warning about the version before all others.
    pub(crate) fn also_warned(mut self: Box<Self>, warning: &str) -> Box<Self> {
        self.warnings.insert(0, warning.to_owned());
        self
    }

    /// Adds a new continue token, for an expired one.
    pub(crate) fn with_continue(mut self: Box<Self>, token: String) -> Box<Self> {
        self.metadata.token = Some(token);
        self
    }
}

/// Success: the object is deleted.
pub(crate) fn deleted(subject: Subject<'_>, name: &str, uid: &str) -> Box<Status> {
    let details = Details { uid: uid.into(), ..subject.details(name) };
    let mut status = Status::failure(0, "", String::new(), Some(details));
    status.status = "Success";
    status
}

/// Success without an object.
pub(crate) fn done(code: u16) -> Box<Status> {
    let mut status = Status::failure(code, "", String::new(), None);
    status.status = "Success";
    status
}

/// 429: a disruption budget does not allow an eviction now.
pub(crate) fn disruption_refused(why: String, retry_after: Option<u32>) -> Box<Status> {
    let message = "Cannot evict pod as it would violate the pod's disruption budget.".into();
    let refusal = Status::failure(429, "TooManyRequests", message, None).with_cause("DisruptionBudget", why, "");
    match retry_after {
        Some(seconds) => refusal.with_retry_after(seconds),
        None => refusal,
    }
}

pub(crate) fn not_found(subject: Subject<'_>, name: &str) -> Box<Status> {
    let message = format!("{} {} not found", subject.qualified(), quoted(name));
    Status::failure(404, "NotFound", message, Some(subject.details(name)))
}

/// 404: the path does not name a known resource.
pub(crate) fn no_such_resource() -> Box<Status> {
    let message = "the server could not find the requested resource".into();
    Status::failure(404, "NotFound", message, Some(Details::default()))
}

pub(crate) fn already_exists(subject: Subject<'_>, name: &str, terminating: bool) -> Box<Status> {
    let prefix = if terminating { "object is being deleted: " } else { "" };
    let message = format!("{prefix}{} {} already exists", subject.qualified(), quoted(name));
    Status::failure(409, "AlreadyExists", message, Some(subject.details(name)))
}

/// 409: all eight generated names were taken.
pub(crate) fn no_unique_name(subject: Subject<'_>, name: &str) -> Box<Status> {
    let message = format!(
        "{} {} already exists, the server was not able to generate a unique name for the object",
        subject.qualified(),
        quoted(name)
    );
    Status::failure(409, "AlreadyExists", message, Some(subject.details(name))).with_retry_after(1)
}

pub(crate) fn conflict(subject: Subject<'_>, name: &str, why: &str) -> Box<Status> {
    let message = format!("Operation cannot be fulfilled on {} {}: {why}", subject.qualified(), quoted(name));
    Status::failure(409, "Conflict", message, Some(subject.details(name)))
}

/// 409: the resourceVersion of an update is not the stored one.
pub(crate) fn modified(subject: Subject<'_>, name: &str) -> Box<Status> {
    let why = "the object has been modified; please apply your changes to the latest version and try again";
    conflict(subject, name, why)
}

/// 409: an apply would take fields from their owners.
pub(crate) fn apply_conflict(causes: Vec<Cause>, message: String) -> Box<Status> {
    Status::failure(409, "Conflict", message, Some(Details { causes, ..Details::default() }))
}

pub(crate) fn forbidden(subject: Subject<'_>, name: &str, why: &str) -> Box<Status> {
    let named = if name.is_empty() { String::new() } else { format!(" {}", quoted(name)) };
    let message = format!("{}{named} is forbidden: {why}", subject.qualified());
    Status::failure(403, "Forbidden", message, Some(subject.details(name)))
}

/// A policy refuses a write: 403 in its words, with the code of its reason
/// (k8s.io/apiserver/pkg/admission/plugin/policy/validating).
pub(crate) fn denied_by_policy(subject: Subject<'_>, name: &str, why: &str, reason: &str) -> Box<Status> {
    let mut status = forbidden(subject, name, why).with_cause("", why.to_owned(), "");
    status.code = match reason {
        "Forbidden" => 403,
        "Unauthorized" => 401,
        "RequestEntityTooLarge" => 413,
        _ => 422,
    };
    status.reason = Some(Cow::Owned(reason.to_owned()));
    status
}

/// Policies that mutate fail: 403 with all failures. Each has a message, and whether it is that of an expression, which
/// changes the reason if it is the first one (k8s.io/apiserver/pkg/admission/plugin/policy/generic).
pub(crate) fn denied_by_mutation(subject: Subject<'_>, name: &str, failures: Vec<(String, bool)>) -> Box<Status> {
    let mut status = forbidden(subject, name, "");
    for (index, (message, of_expression)) in failures.into_iter().enumerate() {
        if index == 0 {
            status.message.clone_from(&message);
            status.reason = Some(if of_expression { "Invalid" } else { "Forbidden" }.into());
        }
        status = status.with_cause("", message, "");
    }
    status
}

/// 403: a non-resource path is refused.
pub(crate) fn forbidden_path(why: &str) -> Box<Status> {
    Status::failure(403, "Forbidden", format!("forbidden: {why}"), Some(Details::default()))
}

/// 403: a creation in a namespace that is terminating.
pub(crate) fn namespace_terminating(subject: Subject<'_>, name: &str, namespace: &str) -> Box<Status> {
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let cause = format!("namespace {namespace} is being terminated");
    forbidden(subject, name, &why).with_cause("NamespaceTerminating", cause, "metadata.namespace")
}

/// A webhook refuses: its own code and reason, with its name in the message
/// (k8s.io/apiserver/pkg/admission/plugin/webhook/errors/statuserror.go).
pub fn denied_by_webhook(webhook: &str, code: u16, reason: String, message: &str) -> Box<Status> {
    let why = match (message, reason.as_str()) {
        ("", "") => " without explanation".to_owned(),
        ("", reason) => format!(": {reason}"),
        (message, _) => format!(": {message}"),
    };
    let message = format!("admission webhook {webhook} denied the request{why}", webhook = quoted(webhook));
    let mut status = Status::failure(code.max(400), "", message, None);
    status.reason = (!reason.is_empty()).then_some(Cow::Owned(reason));
    status
}

/// 500: a webhook has not answered yet. The request is executed again with its answer, so that nobody sees this.
pub(crate) fn unanswered(webhook: &str) -> Box<Status> {
    Box::new(internal_error(&format!("webhook {} has not answered yet", quoted(webhook))))
}

/// 500: a webhook changes an object that is deleted.
pub(crate) fn cannot_modify(webhook: &str) -> Box<Status> {
    Box::new(internal_error(&format!(
        "admission webhook {} attempted to modify the object, which is not supported for this operation",
        quoted(webhook)
    )))
}

/// 500: the call of a webhook failed, and its failure policy is Fail.
pub fn webhook_failed(webhook: &str, why: &str) -> Box<Status> {
    Box::new(internal_error(&format!("failed calling webhook {webhook}: {why}", webhook = quoted(webhook))))
}

/// 401: an unknown token, or an actor that the server does not know.
pub fn unauthorized() -> Box<Status> {
    Status::failure(401, "Unauthorized", "Unauthorized".into(), None)
}

pub(crate) fn bad_request(message: impl Into<String>) -> Box<Status> {
    Status::failure(400, "BadRequest", message.into(), None)
}

/// A 500 without a reason: the form of errors that are not a Status, such as etcd's `etcdserver: request timed out`
/// (then the request may or may not have been executed).
pub fn bare_error(message: impl Into<String>) -> Box<Status> {
    Status::failure(500, "", message.into(), None)
}

/// 422: some fields of an object (or of options) are invalid. Equal messages are shown once, causes as often as they
/// occur.
pub(crate) fn invalid(subject: Subject<'_>, name: &str, errors: &[FieldError]) -> Box<Status> {
    let list = aggregate(errors.iter().map(ToString::to_string)).unwrap_or_else(|| "[]".to_owned());
    let message = format!("{} {} is invalid: {list}", subject.qualified(), quoted(name));
    let mut details = subject.details(name);
    details.causes = errors.iter().map(cause).collect();
    Status::failure(422, "Invalid", message, Some(details))
}

/// 422: a JSON patch does not apply; the answer does not say why.
pub(crate) fn unprocessable_patch() -> Box<Status> {
    let message = "the server rejected our request due to an error in our request".into();
    Status::failure(422, "Invalid", message, Some(Details::default()))
}

pub(crate) fn method_not_allowed() -> Box<Status> {
    let message = "the server does not allow this method on the requested resource".into();
    Status::failure(405, "MethodNotAllowed", message, Some(Details::default()))
}

/// 405: a custom resource does not support the method.
pub(crate) fn unsupported_method(subject: Subject<'_>, method: &str) -> Box<Status> {
    let message = format!("{method} is not supported on resources of kind \"{}\"", subject.qualified());
    Status::failure(405, "MethodNotAllowed", message, Some(subject.details("")))
}

pub(crate) fn not_acceptable(media_types: &str) -> Box<Status> {
    let message = format!("only the following media types are accepted: {media_types}");
    Status::failure(406, "NotAcceptable", message, None)
}

pub(crate) fn wrong_shape(message: String) -> Box<Status> {
    Status::failure(406, "NotAcceptable", message, None)
}

/// 406 of the web framework in front of the built-in kinds.
pub(crate) fn no_representation(available: &str) -> Box<Status> {
    let message = format!("406: Not Acceptable\n\nAvailable representations: {available}");
    Status::failure(406, "NotAcceptable", message, Some(Details::default()))
}

pub(crate) fn unsupported_media_type(media_types: &str) -> Box<Status> {
    let message =
        format!("the body of the request was in an unknown format - accepted media types include: {media_types}");
    Status::failure(415, "UnsupportedMediaType", message, None)
}

/// 415 of the generic patch handler, for an unknown patch type.
pub(crate) fn unsupported_patch_type() -> Box<Status> {
    let message = "415: Unsupported Media Type".into();
    Status::failure(415, "UnsupportedMediaType", message, Some(Details::default()))
}

pub(crate) fn too_large(why: &str) -> Box<Status> {
    let message = format!("Request entity too large: {why}");
    Status::failure(413, "RequestEntityTooLarge", message, None)
}

/// 410: a list, a continue token or a watch is older than the remembered history.
pub(crate) fn expired(message: impl Into<String>) -> Box<Status> {
    Status::failure(410, "Expired", message.into(), None)
}

/// 504: a read at a revision that the server has not reached in three seconds.
pub(crate) fn too_large_resource_version(wanted: u64, current: u64) -> Box<Status> {
    let message = format!("Timeout: Too large resource version: {wanted}, current: {current}");
    Status::failure(504, "Timeout", message, None)
        .with_cause("ResourceVersionTooLarge", "Too large resource version".into(), "")
        .with_retry_after(1)
}

/// 501, the simulation's own answer: this part of the API is not simulated.
pub(crate) fn not_simulated(what: &str) -> Box<Status> {
    Status::failure(501, "NotImplemented", format!("{what} is not simulated"), None)
}

/// 429 of a server whose watch cache is not ready: the request was not executed. See also [`overload`].
pub fn too_many_requests(retry_after: u32) -> Status {
    *Status::failure(429, "TooManyRequests", "storage is (re)initializing".into(), None).with_retry_after(retry_after)
}

/// 429 for a consistent list whose watch cache has not caught up in three seconds (k8s.io/apiserver, delegator.go).
pub fn cache_too_far_behind(wanted: u64) -> Status {
    let message = format!("Too large resource version: {wanted}, current: {}", wanted.saturating_sub(1));
    *Status::failure(429, "TooManyRequests", message, None).with_retry_after(1)
}

/// 429 of priority and fairness, or of a server with too many requests in flight (then `retry_after` is 1): the request
/// was not executed. The only error in plain text (k8s.io/apiserver/pkg/server/filters/maxinflight.go).
pub fn overload(retry_after: u32) -> Answer {
    let mut headers = HeaderMap::with_capacity(3);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let body = AnswerBody::Full(Bytes::from_static(b"Too many requests, please try again later.\n"));
    Answer { status: 429, headers, body }
}

/// 500 with a reason, for a failure inside the server: the request may or may not have been executed. See also
/// [`bare_error`].
pub fn internal_error(why: &str) -> Status {
    let message = format!("Internal error occurred: {why}");
    *Status::failure(500, "InternalError", message, None).with_cause("", why.into(), "")
}

/// 503, for instance while a server starts or has lost its etcd.
pub fn service_unavailable(why: &str) -> Status {
    *Status::failure(503, "ServiceUnavailable", why.into(), None)
}

/// 504: the request hit the server's deadline and may still be executed. The real server sets no retry delay (0).
pub fn timeout(retry_after: u32) -> Status {
    let message = "Timeout: request did not complete within requested timeout - context deadline exceeded".into();
    let status = Status::failure(504, "Timeout", message, Some(Details::default()));
    if retry_after == 0 { *status } else { *status.with_retry_after(retry_after) }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(code: &u16) -> bool {
    *code == 0
}

/// The cause in a Status for a field error.
fn cause(error: &FieldError) -> Cause {
    let field = if error.field.is_empty() { "<nil>" } else { &error.field };
    Cause { reason: error.reason.into(), message: error.message.clone(), field: field.into() }
}
