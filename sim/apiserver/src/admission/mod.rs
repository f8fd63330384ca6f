//! Admission: which of the stored policies and webhooks apply to a write, and what their answers do to it
//! (k8s.io/apiserver/pkg/admission/plugin/{policy,webhook}).
//!
//! Mutating webhooks are called first, right after the check that the namespace accepts the write; policies judge a
//! valid write, then the validating webhooks are called, before the server checks whether the object exists. Nothing is
//! called over the network here: the caller supplies one hook that answers for every webhook. Not simulated: a second
//! round of mutating webhooks, policies that mutate.
//!
//! May import: the folders from base to request, in the order of the crate's documentation.
use crate::base::go_text::quoted;
use crate::{
    base::{
        object,
        status::{self, Outcome},
    },
    codec::decode::{self, Decoded},
    registry::{group::ADMISSION, kind::Kind, resources::Registry},
    request::call::Call,
    storage::store::Store,
};
use json_patch::Patch;
use matching::Subject;
use policies::{Compiled, Policies};
use serde_json::Value;
use webhook::{AdmissionHook, AdmissionRequest, AdmissionResponse, Operation, Write};
use webhooks::{Matched, Phase, matching};

mod conditions;
pub(crate) mod expressions;
mod matching;
pub(crate) mod policies;
pub(crate) mod policy;
mod review;
pub(crate) mod webhook;
mod webhooks;

/// The plugins that decide by stored objects.
pub(crate) struct Plugins<'a> {
    /// Answers for every webhook; without it every call fails.
    pub(crate) hook: Option<&'a mut AdmissionHook>,
    pub(crate) registry: &'a Registry,
    pub(crate) store: &'a Store,
    pub(crate) compiled: &'a mut Compiled,
}

/// Refuses a valid configuration or policy that needs something not simulated.
///
/// # Errors
/// 501 that names it.
pub(crate) fn check_simulated(kind: &Kind, object: &Value) -> Outcome<()> {
    match kind.kind.as_str() {
        _ if kind.group != ADMISSION => Ok(()),
        "ValidatingAdmissionPolicy" => policy::Policy::compile(object).map(drop),
        "MutatingAdmissionPolicy" | "MutatingAdmissionPolicyBinding" => {
            Err(status::not_simulated("mutation by admission policies"))
        }
        _ => webhooks::check_simulated(object),
    }
}

/// A creation or an update.
fn write<'a>(call: &Call<'_>, object: &'a Value, old: Option<&'a Value>) -> Write<'a> {
    let operation = if old.is_some() { Operation::Update } else { Operation::Create };
    let dry_run = call.options.is_dry_run();
    Write { operation, object: Some(object), old, dry_run, options: None, in_collection: false }
}

impl Plugins<'_> {
    /// Calls the mutating webhooks for a creation or an update, and applies their patches.
    pub(crate) fn mutate(&mut self, call: &Call<'_>, value: &mut Value, old: Option<&Value>) -> Outcome<()> {
        for webhook in self.webhooks(Phase::Mutating, call, write(call, value, old))? {
            let Some(patch) = self.call_webhook(&webhook, call, write(call, value, old))? else { continue };
            let failed = |why: String| status::internal_error(&why);
            json_patch::patch(value, &patch).map_err(|e| Box::new(failed(e.to_string())))?;
            let mut decoded = Decoded { value: value.take(), complaints: Vec::new() };
            decode::normalise(call.kind, &mut decoded)?;
            *value = decoded.value;
        }
        Ok(())
    }

    /// Lets the policies and the validating webhooks judge a creation or an update that has passed validation.
    pub(crate) fn review_write(
        &mut self,
        call: &Call<'_>,
        value: &Value,
        old: Option<&Value>,
        warnings: &mut Vec<String>,
    ) -> Outcome<()> {
        self.judge(call, write(call, value, old), warnings)
    }

    /// Calls the mutating webhooks for a deletion, then lets the policies and the validating webhooks judge it.
    pub(crate) fn review_deletion(
        &mut self,
        call: &Call<'_>,
        deletion: Write<'_>,
        warnings: &mut Vec<String>,
    ) -> Outcome<()> {
        self.ask_mutating(call, deletion)?;
        self.judge(call, deletion, warnings)
    }

    /// Calls the mutating webhooks for a deletion, in which nothing can be changed.
    pub(crate) fn ask_mutating(&mut self, call: &Call<'_>, deletion: Write<'_>) -> Outcome<()> {
        self.ask_all(Phase::Mutating, call, deletion)
    }

    /// Lets the policies judge a write, then the validating webhooks.
    pub(crate) fn judge(&mut self, call: &Call<'_>, write: Write<'_>, warnings: &mut Vec<String>) -> Outcome<()> {
        let subject = Subject::new(call, write, self.registry, self.store);
        let mut policies = Policies { registry: self.registry, store: self.store, compiled: self.compiled };
        policies.judge(&subject, warnings)?;
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
        let configurations = self.store.range_at(kind.id, "", None, self.store.revision());
        matching(phase, configurations, &Subject::new(call, write, self.registry, self.store))
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
            name: write.object.or(write.old).map_or("", |object| object::meta_str(object, "name")),
            user: call.user,
            object: write.object,
            old_object: write.old,
            dry_run: write.dry_run,
        };
        let response = match &mut self.hook {
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
            AdmissionResponse::Fail(why) => format!("failed to call webhook: Post {}: {why}", quoted(&webhook.url)),
        };
        if webhook.fails_open { Ok(None) } else { Err(status::webhook_failed(name, &why)) }
    }
}
