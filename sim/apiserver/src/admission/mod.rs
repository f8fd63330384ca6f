//! Admission webhooks: which of the stored configurations apply to a write, and what their answers do to it
//! (k8s.io/apiserver/pkg/admission/plugin/webhook/{mutating,validating}/dispatcher.go).
//!
//! Nothing is called over the network: the caller supplies one hook that answers for every webhook. Mutating webhooks
//! are called first, right after the check that the namespace accepts the write; validating ones are called on a valid
//! write, before the server checks whether the object exists. Not simulated: a second round of mutating webhooks,
//! matchConditions (501), the other versions of an object (matchPolicy), policies in CEL.
//!
//! May import: the folders from base to request, in the order of the crate's documentation.
use crate::base::go_text::quoted;
use crate::{
    base::{
        object::{self, Object},
        status::{self, Outcome},
    },
    codec::decode::{self, Decoded},
    registry::{group::ADMISSION, resources::Registry},
    request::call::Call,
    storage::store::Store,
};
use configuration::{Matched, Phase, matching};
use json_patch::Patch;
use serde_json::Value;
use webhook::{AdmissionHook, AdmissionRequest, AdmissionResponse, Operation, Write};

mod configuration;
pub(crate) mod webhook;

/// The webhooks of the stored configurations.
pub(crate) struct Webhooks<'a> {
    /// Answers for every webhook; without it every call fails.
    pub(crate) hook: Option<&'a mut AdmissionHook>,
    pub(crate) registry: &'a Registry,
    pub(crate) store: &'a Store,
}

impl Webhooks<'_> {
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
