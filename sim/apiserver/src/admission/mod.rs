//! Admission webhooks: whom the stored configurations want to be asked about a write, and what becomes of the answers
//! (k8s.io/apiserver/pkg/admission/plugin/webhook/{mutating,validating}/dispatcher.go).
//!
//! Nothing is called over the network: the caller supplies one hook that answers for every webhook. Mutating webhooks are asked
//! before anything else is known of a write but that its namespace takes it; validating ones when it is valid, and before it is
//! known whether the object exists. Not simulated: a second round of mutating webhooks, matchConditions (501), the other
//! versions of an object (matchPolicy), policies in CEL.
use super::{
    ApiServer,
    authentication::User,
    builtin::access::ADMISSION,
    decode::{self, Decoded},
    handlers::Call,
    object::Object,
    status::{self, Outcome},
};
use json_patch::Patch;
use serde_json::Value;

mod configuration;

use configuration::{Matched, Phase, matching};

/// What a write does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It is not there yet.
    Create,
    /// It, or its status, is replaced or patched.
    Update,
    /// It is to go.
    Delete,
}

impl Operation {
    /// As configurations and reviews write it: `CREATE`.
    pub const fn name(self) -> &'static str {
        match self {
            Operation::Create => "CREATE",
            Operation::Update => "UPDATE",
            Operation::Delete => "DELETE",
        }
    }
}

/// What a webhook is asked (`admission.k8s.io/v1` `AdmissionRequest`).
#[derive(Debug, Clone, Copy)]
pub struct AdmissionRequest<'a> {
    /// The webhook's name, e.g. `policy.example.com`.
    pub webhook: &'a str,
    /// Whether it may patch the object.
    pub mutating: bool,
    /// What is done.
    pub operation: Operation,
    /// The resource's group; empty for core.
    pub group: &'a str,
    /// The resource's version.
    pub version: &'a str,
    /// The plural.
    pub resource: &'a str,
    /// `status`, or empty.
    pub subresource: &'a str,
    /// Empty for cluster-scoped objects.
    pub namespace: &'a str,
    /// Empty where it is generated.
    pub name: &'a str,
    /// Whose request it is; None where nobody is authenticated.
    pub user: Option<&'a User>,
    /// As it would be stored; None for a deletion.
    pub object: Option<&'a Value>,
    /// As it is stored; None for a creation.
    pub old_object: Option<&'a Value>,
    /// Nothing will be stored.
    pub dry_run: bool,
}

/// What a webhook answers, or how the call of it ends.
#[derive(Debug, Clone, PartialEq)]
pub enum AdmissionResponse {
    /// It has nothing against it.
    Allow,
    /// It refuses.
    Deny {
        /// HTTP status; below 400 it counts as 400.
        code: u16,
        /// For a program, e.g. `Forbidden`; may be empty.
        reason: String,
        /// For a person; may be empty.
        message: String,
    },
    /// It allows the object after these changes (RFC 6902). From a validating webhook an invalid answer.
    Patch(Patch),
    /// There is no answer: e.g. `context deadline exceeded`. The failure policy decides.
    Fail(String),
}

/// Answers for every webhook.
pub type AdmissionHook = Box<dyn FnMut(&AdmissionRequest<'_>) -> AdmissionResponse + Send>;

/// One write, before it is known what comes of it.
#[derive(Clone, Copy)]
struct Write<'a> {
    operation: Operation,
    object: Option<&'a Value>,
    old: Option<&'a Value>,
    dry_run: bool,
}

impl ApiServer {
    /// Asks the mutating webhooks about a creation or an update, and lets them change it.
    pub(super) fn mutate(&mut self, call: &Call<'_>, value: &mut Value, old: Option<&Value>) -> Outcome<()> {
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

    /// Asks the validating webhooks about a creation or an update that is valid so far.
    pub(super) fn review_write(&mut self, call: &Call<'_>, value: &Value, old: Option<&Value>) -> Outcome<()> {
        let operation = if old.is_some() { Operation::Update } else { Operation::Create };
        let write = Write { operation, object: Some(value), old, dry_run: call.options.is_dry_run() };
        self.ask_all(Phase::Validating, call, write)
    }

    /// Asks all webhooks about a deletion.
    pub(super) fn review_deletion(&mut self, call: &Call<'_>, current: &Object, dry_run: bool) -> Outcome<()> {
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
        // Configurations are not themselves subject to webhooks, so that a mistaken one can be taken away.
        if self.store.log(kind.id).is_empty() || call.kind.group == ADMISSION {
            return Ok(Vec::new());
        }
        let namespaces = self.registry.find("", "v1", "namespaces");
        let namespace = namespaces.and_then(|kind| self.store.get(kind.id, call.namespace)).map(|n| &*n.value);
        let configurations = self.store.range_at(kind.id, "", None, self.store.revision());
        let wanted = configuration::Wanted { call, write, namespace };
        matching(phase, configurations, &wanted)
    }

    /// The patch that a webhook wants, if any.
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
            name: write.object.or(write.old).map_or("", |object| super::object::meta_str(object, "name")),
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
