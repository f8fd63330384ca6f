//! Questions to webhooks, and their answers (k8s.io/api/admission/v1).
use crate::{access::user::User, registry::kind::Kind};
use json_patch::Patch;
use serde_json::Value;

/// What a write does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The object does not exist yet.
    Create,
    /// The object or its status is replaced or patched.
    Update,
    /// The object is deleted.
    Delete,
}

impl Operation {
    /// The name in configurations and reviews, e.g. `CREATE`.
    pub const fn name(self) -> &'static str {
        match self {
            Operation::Create => "CREATE",
            Operation::Update => "UPDATE",
            Operation::Delete => "DELETE",
        }
    }
}

/// The request that a webhook receives (`admission.k8s.io/v1` `AdmissionRequest`).
#[derive(Debug, Clone, Copy)]
pub struct AdmissionRequest<'a> {
    /// The webhook's name, e.g. `policy.example.com`.
    pub webhook: &'a str,
    /// Whether the webhook may patch the object.
    pub mutating: bool,
    /// The operation under review.
    pub operation: Operation,
    /// The resource's group; empty for core.
    pub group: &'a str,
    /// The resource's version.
    pub version: &'a str,
    /// The resource's plural.
    pub resource: &'a str,
    /// `status`; empty for the object itself.
    pub subresource: &'a str,
    /// The object's namespace; empty for cluster-scoped objects.
    pub namespace: &'a str,
    /// The object's name; empty if the server generates it.
    pub name: &'a str,
    /// The requesting user; None without authentication.
    pub user: Option<&'a User>,
    /// The object as it would be stored; None for a deletion.
    pub object: Option<&'a Value>,
    /// The object as it is stored; None for a creation.
    pub old_object: Option<&'a Value>,
    /// Whether the request is a dry run: nothing will be stored.
    pub dry_run: bool,
}

/// The answer of a webhook, or the failure of its call.
#[derive(Debug, Clone, PartialEq)]
pub enum AdmissionResponse {
    /// The webhook allows the write.
    Allow,
    /// The webhook refuses the write.
    Deny {
        /// HTTP status; a value below 400 becomes 400.
        code: u16,
        /// Machine-readable reason, e.g. `Forbidden`; may be empty.
        reason: String,
        /// Human-readable message; may be empty.
        message: String,
    },
    /// The webhook allows the object after these changes (RFC 6902). Invalid from a validating webhook.
    Patch(Patch),
    /// The call failed with this error, e.g. `context deadline exceeded`. The failure policy decides.
    Fail(String),
}

/// The function that answers for every webhook.
pub type AdmissionHook = Box<dyn FnMut(&AdmissionRequest<'_>) -> AdmissionResponse + Send>;

/// A write under review.
#[derive(Clone, Copy)]
pub(crate) struct Write<'a> {
    pub(crate) operation: Operation,
    pub(crate) object: Option<&'a Value>,
    pub(crate) old: Option<&'a Value>,
    pub(crate) dry_run: bool,
    /// The options of a deletion.
    pub(crate) options: Option<&'a Value>,
    /// The kind of a body that only the subresource takes.
    pub(crate) body: Option<&'a Kind>,
    /// Whether a whole collection is deleted, and the object is one of it.
    pub(crate) in_collection: bool,
}

impl<'a> Write<'a> {
    /// The deletion of an object.
    pub(crate) fn deletion(old: Option<&'a Value>, dry_run: bool, options: &'a Value) -> Self {
        let operation = Operation::Delete;
        Self { operation, object: None, old, dry_run, options: Some(options), body: None, in_collection: false }
    }
}
