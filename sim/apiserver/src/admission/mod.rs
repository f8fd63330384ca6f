//! Admission: which of the stored policies and webhooks apply to a write, and what their answers do to it
//! (k8s.io/apiserver/pkg/admission/plugin/{policy,webhook}).
//!
//! What mutates comes first, policies before webhooks, right after the check that the namespace accepts the write; the
//! other policies judge a valid write, then the validating webhooks are called, before the server checks whether the
//! object exists. Nothing is called over the network here: the caller supplies a function that answers for every
//! webhook, or asks them itself ([`conversation`]).
//!
//! May import: the folders from base to request, in the order of the crate's documentation.
use crate::{
    access::authorizer::Authorizer,
    apply::json_patch,
    base::{
        go_text::quoted,
        status::{self, Outcome},
    },
    codec::{
        decode::{self, Decoded},
        json::operations::Operation as PatchOperation,
    },
    registry::{group::ADMISSION, kind::Kind, resources::Registry},
    request::call::Call,
    storage::store::Store,
};
use conversation::{Conversation, Question};
use matching::Subject;
use mutations::Mutations;
use policies::{Compiled, Policies};
use rounds::Round;
use serde_json::Value;
use std::borrow::Cow;
use verdict::Verdict;
use webhook::{AdmissionHook, AdmissionRequest, Operation, Write};
use webhooks::{Matched, Phase};

mod conditions;
pub(crate) mod conversation;
pub(crate) mod expressions;
mod matching;
mod mutation;
mod mutations;
pub(crate) mod policies;
pub(crate) mod policy;
mod review;
mod rights;
mod rounds;
pub(crate) mod verdict;
pub(crate) mod webhook;
pub(crate) mod webhooks;

/// The plugins that decide by stored objects.
pub(crate) struct Plugins<'a> {
    /// Answers for every webhook.
    pub(crate) hook: Option<&'a mut AdmissionHook>,
    /// The answers of webhooks over the network. Without it and without a hook every call fails.
    pub(crate) conversation: Option<&'a mut Conversation>,
    pub(crate) registry: &'a Registry,
    pub(crate) store: &'a Store,
    pub(crate) authorizer: Option<&'a Authorizer>,
    pub(crate) compiled: &'a mut Compiled,
    /// Fills in the defaults of what a patch added.
    pub(crate) default: fn(&Kind, &mut Value),
}

/// Refuses a valid configuration or policy that needs something not simulated.
///
/// # Errors
/// 501 that names it.
pub(crate) fn check_simulated(kind: &Kind, object: &Value) -> Outcome<()> {
    match kind.kind.as_str() {
        _ if kind.group != ADMISSION => Ok(()),
        "ValidatingAdmissionPolicy" => policy::Policy::compile(object).map(drop),
        "MutatingAdmissionPolicy" => mutation::Mutation::compile(object).map(drop),
        _ => webhooks::check_simulated(object),
    }
}

/// A creation or an update.
fn write<'a>(call: &Call<'_>, object: &'a Value, old: Option<&'a Value>) -> Write<'a> {
    let operation = if old.is_some() { Operation::Update } else { Operation::Create };
    let dry_run = call.options.is_dry_run();
    Write { operation, object: Some(object), old, dry_run, options: None, body: None, in_collection: false }
}

/// The failure of a call where nothing can answer.
const UNREACHABLE: &str = "no function answers for webhooks, and a simulation has no network: register one with \
    set_admission";

/// The object of a write after the changes of a webhook, in the form in which the server handles it.
fn patched(subject: &Subject<'_>, webhook: &Matched<'_>, patch: &[PatchOperation]) -> Outcome<Value> {
    let [object, _] = subject.objects(webhook.kind);
    let mut object = object.map(Cow::into_owned).unwrap_or_default();
    json_patch::apply(&mut object, patch).map_err(|why| Box::new(status::internal_error(&why.to_string())))?;
    Ok(matching::received(object, webhook.kind, subject.call.kind))
}

impl Plugins<'_> {
    /// Lets the mutating policies, then the mutating webhooks, change the object of a creation or an update. If one of
    /// them did, those that ask for it are called once more.
    pub(crate) fn mutate(
        &mut self,
        call: &Call<'_>,
        value: &mut Value,
        old: Option<&Value>,
        warnings: &mut Vec<String>,
    ) -> Outcome<()> {
        let webhooks = self.configured(Phase::Mutating, call);
        let has_policies = !self.policies().bound(call.kind, "mutating").is_empty();
        if call.admitted || webhooks.is_empty() && !has_policies {
            return Ok(());
        }
        let (mut asked, mut called) = (Round::default(), Round::default());
        for _ in 0..2 {
            let by_policies = has_policies && self.mutate_by_policies(call, value, old, &mut asked)?;
            let by_webhooks = self.mutate_by_webhooks(call, value, old, &webhooks, &mut called, warnings)?;
            if !by_policies && !by_webhooks {
                break;
            }
        }
        Ok(())
    }

    /// Asks the policies; returns whether one applied a patch.
    fn mutate_by_policies(
        &mut self,
        call: &Call<'_>,
        value: &mut Value,
        old: Option<&Value>,
        round: &mut Round,
    ) -> Outcome<bool> {
        round.begin(value);
        let (registry, store, authorizer) = (self.registry, self.store, self.authorizer);
        let original = value.clone();
        let subject = Subject::new(call, write(call, &original, old), registry, store, authorizer);
        let (invocations, mut failures) =
            Mutations { registry, store, compiled: &mut *self.compiled }.invocations(&subject)?;
        let mut changed = false;
        for invocation in invocations {
            changed |= invocation.mutate(value, &subject, round, &mut failures, self.default)?;
        }
        if changed {
            round.changed();
        }
        round.end(value);
        failures.refuse(&subject)?;
        Ok(changed)
    }

    /// Calls the webhooks and applies their patches; returns whether one changed the object.
    fn mutate_by_webhooks(
        &mut self,
        call: &Call<'_>,
        value: &mut Value,
        old: Option<&Value>,
        webhooks: &[webhooks::Configured],
        round: &mut Round,
        warnings: &mut Vec<String>,
    ) -> Outcome<bool> {
        round.begin(value);
        let mut changed = false;
        for configured in webhooks {
            let subject = Subject::new(call, write(call, value, old), self.registry, self.store, self.authorizer);
            let Some(webhook) = configured.matched(&subject)?.filter(|webhook| round.admits(&webhook.id)) else {
                continue;
            };
            let patch = self.call_webhook(&webhook, &subject, warnings)?;
            let (id, may_be_called_again) = (webhook.id.clone(), webhook.may_be_called_again);
            if !patch.is_empty() {
                let next = patched(&subject, &webhook, &patch)?;
                let before = std::mem::replace(value, next);
                let mut decoded = Decoded { value: value.take(), complaints: Vec::new() };
                decode::normalise(call.kind, &mut decoded)?;
                *value = decoded.value;
                (self.default)(call.kind, value);
                if *value != before {
                    round.changed();
                    changed = true;
                }
            }
            if may_be_called_again {
                round.called(&id);
            }
        }
        round.end(value);
        Ok(changed)
    }

    /// Asks the conditions of the mutating policies; returns whether one of them applies.
    ///
    /// # Errors
    /// The refusal if one fails.
    fn ask_policies(&mut self, subject: &Subject<'_>) -> Outcome<bool> {
        let (registry, store) = (self.registry, self.store);
        let (invocations, mut failures) =
            Mutations { registry, store, compiled: &mut *self.compiled }.invocations(subject)?;
        let mut applies = false;
        for invocation in invocations {
            applies |= invocation.applies(subject, &mut failures)?;
        }
        failures.refuse(subject)?;
        Ok(applies)
    }

    fn policies(&mut self) -> Policies<'_> {
        Policies { registry: self.registry, store: self.store, compiled: self.compiled }
    }

    /// Lets the policies and the validating webhooks judge a creation or an update that has passed validation.
    pub(crate) fn review_write(
        &mut self,
        call: &Call<'_>,
        value: &Value,
        old: Option<&Value>,
        warnings: &mut Vec<String>,
    ) -> Outcome<()> {
        if call.admitted { Ok(()) } else { self.judge(call, write(call, value, old), warnings) }
    }

    /// Judges the body of a subresource, which nothing changes here.
    ///
    /// # Errors
    /// The refusal; 501 for a policy or a webhook that changes the body.
    pub(crate) fn review_body(
        &mut self,
        call: &Call<'_>,
        kind: &Kind,
        body: &Value,
        old: Option<&Value>,
        warnings: &mut Vec<String>,
    ) -> Outcome<()> {
        let write = Write { body: Some(kind), ..write(call, body, old) };
        let subject = Subject::new(call, write, self.registry, self.store, self.authorizer);
        if self.ask_policies(&subject)? {
            return Err(status::not_simulated(&format!("an admission policy that changes a {}", kind.kind)));
        }
        for configured in self.configured(Phase::Mutating, call) {
            let Some(webhook) = configured.matched(&subject)? else { continue };
            if !self.call_webhook(&webhook, &subject, warnings)?.is_empty() {
                return Err(status::not_simulated(&format!("a webhook that changes a {}", kind.kind)));
            }
        }
        self.judge(call, write, warnings)
    }

    /// Calls the mutating webhooks for a deletion, then lets the policies and the validating webhooks judge it.
    pub(crate) fn review_deletion(
        &mut self,
        call: &Call<'_>,
        deletion: Write<'_>,
        warnings: &mut Vec<String>,
    ) -> Outcome<()> {
        self.ask_mutating(call, deletion, warnings)?;
        self.judge(call, deletion, warnings)
    }

    /// Calls the mutating webhooks for a deletion, in which nothing can be changed. Policies are not asked, even where
    /// their rules name every operation.
    pub(crate) fn ask_mutating(
        &mut self,
        call: &Call<'_>,
        deletion: Write<'_>,
        warnings: &mut Vec<String>,
    ) -> Outcome<()> {
        let subject = Subject::new(call, deletion, self.registry, self.store, self.authorizer);
        for configured in self.configured(Phase::Mutating, call) {
            let Some(webhook) = configured.matched(&subject)? else { continue };
            if !self.call_webhook(&webhook, &subject, warnings)?.is_empty() {
                return Err(status::cannot_modify(&webhook.name));
            }
        }
        Ok(())
    }

    /// Lets the policies judge a write, then the validating webhooks: all of them are called, and the first refusal
    /// counts.
    pub(crate) fn judge(&mut self, call: &Call<'_>, write: Write<'_>, warnings: &mut Vec<String>) -> Outcome<()> {
        let subject = Subject::new(call, write, self.registry, self.store, self.authorizer);
        self.policies().judge(&subject, warnings)?;
        let mut matched = Vec::new();
        for configured in self.configured(Phase::Validating, call) {
            matched.extend(configured.matched(&subject)?);
        }
        let mut refusal = Ok(());
        for webhook in matched {
            let outcome = self.call_webhook(&webhook, &subject, warnings).map(drop);
            refusal = refusal.and(outcome);
            if self.conversation.as_ref().is_some_and(|conversation| conversation.question().is_some()) {
                break;
            }
        }
        refusal
    }

    fn configured(&self, phase: Phase, call: &Call<'_>) -> Vec<webhooks::Configured> {
        let Some(kind) = self.registry.find(ADMISSION, "v1", phase.plural()) else { return Vec::new() };
        // Configurations are not subject to webhooks themselves, so that a mistaken one can be deleted.
        if self.store.log(kind.id).is_empty() || call.kind.group == ADMISSION {
            return Vec::new();
        }
        webhooks::configured(phase, self.store.range_at(kind.id, "", None, self.store.revision()))
    }

    /// Calls a webhook and returns its changes.
    fn call_webhook(
        &mut self,
        webhook: &Matched<'_>,
        subject: &Subject<'_>,
        warnings: &mut Vec<String>,
    ) -> Outcome<Vec<PatchOperation>> {
        let (name, write, call) = (webhook.name.as_str(), subject.write, subject.call);
        if write.dry_run && webhook.has_side_effects {
            return Err(status::bad_request(format!("admission webhook {} does not support dry run", quoted(name))));
        }
        let mutating = webhook.phase == Phase::Mutating;
        let [object, old] = subject.objects(webhook.kind);
        let verdict = match (&mut self.hook, &mut self.conversation) {
            (Some(hook), _) => {
                let request = AdmissionRequest {
                    webhook: name,
                    mutating,
                    operation: write.operation,
                    group: &webhook.kind.group,
                    version: &webhook.kind.version,
                    resource: &webhook.kind.plural,
                    subresource: call.subresource,
                    namespace: call.namespace,
                    name: subject.name(),
                    user: call.user,
                    object: object.as_deref(),
                    old_object: old.as_deref(),
                    dry_run: write.dry_run,
                };
                verdict::of_function(hook(&request), name, &webhook.url, mutating && write.object.is_some())
            }
            (None, Some(conversation)) => {
                let question = Question {
                    webhook: name.to_owned(),
                    config: webhook.config.clone(),
                    timeout: webhook.timeout,
                    review: review::review(subject, webhook.kind, &webhook.review_version),
                };
                let Some(reply) = conversation.ask(question) else { return Err(status::unanswered(name)) };
                verdict::of_reply(reply, name, &webhook.url, mutating, warnings)
            }
            (None, None) => verdict::of_function(
                webhook::AdmissionResponse::Fail(UNREACHABLE.to_owned()),
                name,
                &webhook.url,
                mutating,
            ),
        };
        match verdict {
            Verdict::Allowed(changes) => Ok(changes),
            Verdict::Denied(refusal) => Err(refusal),
            Verdict::Failed(_) if webhook.fails_open => Ok(Vec::new()),
            Verdict::Failed(why) => Err(status::webhook_failed(name, &why)),
        }
    }
}
