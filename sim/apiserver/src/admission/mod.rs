//! Admission webhooks: which of the stored configurations apply to a write, and what their answers do to it
//! (k8s.io/apiserver/pkg/admission/plugin/webhook/{mutating,validating}/dispatcher.go).
//!
//! Nothing is called over the network: the caller supplies one hook that answers for every webhook. Mutating webhooks
//! are called first, right after the check that the namespace accepts the write; validating ones are called on a valid
//! write, before the server checks whether the object exists. Not simulated: a second round of mutating webhooks,
//! matchConditions (501), the other versions of an object (matchPolicy), policies in CEL.
use crate::{
    access::authentication::User,
    base::{
        object::Object,
        status::{self, Outcome},
    },
    codec::decode::{self, Decoded},
    endpoints::handlers::Call,
    registry::builtin::access::ADMISSION,
    server::state::ApiServer,
};
use json_patch::Patch;
use serde_json::Value;

mod configuration;

use configuration::{Matched, Phase, matching};

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
struct Write<'a> {
    operation: Operation,
    object: Option<&'a Value>,
    old: Option<&'a Value>,
    dry_run: bool,
}

impl ApiServer {
    /// Calls the mutating webhooks for a creation or an update, and applies their patches.
    pub(crate) fn mutate(&mut self, call: &Call<'_>, value: &mut Value, old: Option<&Value>) -> Outcome<()> {
        let operation = if old.is_some() { Operation::Update } else { Operation::Create };
        let dry_run = call.options.is_dry_run();
        let found = self.webhooks(Phase::Mutating, call, Write { operation, object: Some(value), old, dry_run })?;
        for webhook in found {
            let write = Write { operation, object: Some(value), old, dry_run };
            let Some(patch) = self.call_webhook(&webhook, call, write)? else { continue };
            let failed = |why: String| status::internal_error(&why);
            json_patch::patch(value, &patch).map_err(|e| Box::new(failed(e.to_string())))?;
            let mut decoded = Decoded { value: value.take(), complaints: Vec::new() };
            decode::normalise(call.kind, &mut decoded)?;
            *value = decoded.value;
        }
        Ok(())
    }

    /// Calls the validating webhooks for a creation or an update that has passed validation.
    pub(crate) fn review_write(&mut self, call: &Call<'_>, value: &Value, old: Option<&Value>) -> Outcome<()> {
        let operation = if old.is_some() { Operation::Update } else { Operation::Create };
        let write = Write { operation, object: Some(value), old, dry_run: call.options.is_dry_run() };
        self.ask_all(Phase::Validating, call, write)
    }

    /// Calls all webhooks for a deletion.
    pub(crate) fn review_deletion(&mut self, call: &Call<'_>, current: &Object, dry_run: bool) -> Outcome<()> {
        let write = Write { operation: Operation::Delete, object: None, old: Some(&current.value), dry_run };
        self.ask_all(Phase::Mutating, call, write)?;
        self.ask_all(Phase::Validating, call, write)
    }

    fn ask_all(&mut self, phase: Phase, call: &Call<'_>, write: Write<'_>) -> Outcome<()> {
        for webhook in self.webhooks(phase, call, write)? {
            self.call_webhook(&webhook, call, write)?;
        }
        Ok(())
    }

    fn webhooks(&self, phase: Phase, call: &Call<'_>, write: Write<'_>) -> Outcome<Vec<Matched>> {
        let Some(kind) = self.registry.find(ADMISSION, "v1", phase.plural()) else { return Ok(Vec::new()) };
        // Configurations are not subject to webhooks themselves, so that a mistaken one can be deleted.
        if self.store.log(kind.id).is_empty() || call.kind.group == ADMISSION {
            return Ok(Vec::new());
        }
        let namespaces = self.registry.find("", "v1", "namespaces");
        let namespace = namespaces.and_then(|kind| self.store.get(kind.id, call.namespace)).map(|n| &*n.value);
        let configurations = self.store.range_at(kind.id, "", None, self.store.revision());
        let wanted = configuration::Wanted { call, write, namespace };
        matching(phase, configurations, &wanted)
    }

    /// Calls a webhook and returns its patch, if any.
    fn call_webhook(&mut self, webhook: &Matched, call: &Call<'_>, write: Write<'_>) -> Outcome<Option<Patch>> {
        let name = webhook.name.as_str();
        let request = AdmissionRequest {
            webhook: name,
            mutating: webhook.phase == Phase::Mutating,
            operation: write.operation,
            group: &call.kind.group,
            version: &call.kind.version,
            resource: &call.kind.plural,
            subresource: call.subresource,
            namespace: call.namespace,
            name: write.object.or(write.old).map_or("", |object| crate::base::object::meta_str(object, "name")),
            user: call.user,
            object: write.object,
            old_object: write.old,
            dry_run: write.dry_run,
        };
        let response = match &mut self.admission {
            Some(hook) => hook(&request),
            None => AdmissionResponse::Fail("no hook answers for webhooks".into()),
        };
        let why = match response {
            AdmissionResponse::Allow => return Ok(None),
            AdmissionResponse::Patch(patch) if request.mutating && write.object.is_some() => return Ok(Some(patch)),
            AdmissionResponse::Deny { code, reason, message } => {
                return Err(status::denied_by_webhook(name, code, reason, &message));
            }
            AdmissionResponse::Patch(_) => {
                "received invalid webhook response: webhook response attempted to modify the object, which is not \
                 supported for this type of webhook"
                    .to_owned()
            }
            AdmissionResponse::Fail(why) => format!("failed to call webhook: Post {:?}: {why}", webhook.url),
        };
        if webhook.fails_open { Ok(None) } else { Err(status::webhook_failed(name, &why)) }
    }
}
