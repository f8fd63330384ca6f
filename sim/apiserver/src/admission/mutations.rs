//! Which mutating policies apply to a write, and the object after them
//! (k8s.io/apiserver/pkg/admission/plugin/policy/{generic/policy_dispatcher.go,mutating/dispatcher.go}).
//!
//! Policies, bindings and selected parameters are tried in the order of their names.
use super::{
    conditions::{Held, Inputs},
    matching::{self, Subject},
    mutation::Mutation,
    policies::{Compiled, Policies, check_params, compiled},
    review, rights,
    rounds::Round,
};
use crate::{
    base::{
        object::Object,
        status::{self, Outcome},
    },
    cel::Check,
    codec::decode::{self, Decoded},
    registry::{kind::Kind, resources::Registry},
    storage::store::Store,
};
use serde_json::Value;
use std::sync::Arc;

/// A policy with one of its bindings and one set of parameters.
pub(super) struct Invocation<'a> {
    id: String,
    policy: Arc<Object>,
    binding: Arc<Object>,
    compiled: Arc<Mutation>,
    kind: &'a Kind,
    params: Option<Arc<Value>>,
}

/// The mutating policies of a store.
pub(super) struct Mutations<'a> {
    pub(super) registry: &'a Registry,
    pub(super) store: &'a Store,
    pub(super) compiled: &'a mut Compiled,
}

/// The failures of policies that do not let them pass.
#[derive(Default)]
pub(super) struct Failures(Vec<(String, bool)>);

impl Failures {
    /// Adds the failure of a policy, in its configuration or in an expression.
    fn add(&mut self, policy: &Object, binding: Option<&Object>, why: &str, of_expression: bool) {
        let message = match binding {
            Some(binding) => {
                format!("policy '{}' with binding '{}' denied request: {why}", policy.name, binding.name)
            }
            None => format!("policy \"{}\" denied request: {why}", policy.name),
        };
        self.0.push((message, of_expression));
    }

    /// Refuses the write if there is a failure.
    ///
    /// # Errors
    /// The refusal.
    pub(super) fn refuse(self, subject: &Subject<'_>) -> Outcome<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let name = [subject.name(), subject.object_name()].into_iter().find(|name| !name.is_empty());
        Err(status::denied_by_mutation(subject.call.kind.subject(), name.unwrap_or("Unknown"), self.0))
    }
}

impl<'a> Mutations<'a> {
    /// The policies that apply to a write, and the failures of those that cannot be asked.
    ///
    /// # Errors
    /// 501 for a policy that is not simulated.
    pub(super) fn invocations(&mut self, subject: &Subject<'a>) -> Outcome<(Vec<Invocation<'a>>, Failures)> {
        let (mut found, mut failures) = (Vec::new(), Failures::default());
        let policies = Policies { registry: self.registry, store: self.store, compiled: &mut *self.compiled };
        for (policy, bindings) in policies.bound(subject.call.kind, "mutating") {
            let spec = &policy.value["spec"];
            let Some(kind) = subject.by_resources(&spec["matchConstraints"])? else { continue };
            subject.check_simulated(kind)?;
            let compiled = compiled(&mut self.compiled.mutating, &policy, Mutation::compile)?;
            let policies = Policies { registry: self.registry, store: self.store, compiled: &mut *self.compiled };
            let mut fail = |binding: Option<&Object>, what: &str, why: &str| {
                if !compiled.fails_open {
                    failures.add(&policy, binding, &format!("failed to configure {what}: {why}"), false);
                }
            };
            let params = match policies.param_kind(spec) {
                Ok(params) => params,
                Err(why) => {
                    fail(None, "policy", &why);
                    continue;
                }
            };
            check_params(params)?;
            for binding in bindings {
                let spec = &binding.value["spec"];
                if let Some(resources) = spec.get("matchResources")
                    && subject.by_resources(resources)?.is_none()
                {
                    continue;
                }
                match policies.params(params, spec, subject.namespace_name()) {
                    Err(why) => fail(Some(&binding), "binding", &why),
                    Ok(all) => found.extend(all.into_iter().enumerate().map(|(index, params)| Invocation {
                        id: format!("{}/{}/{index}", policy.name, binding.name),
                        policy: Arc::clone(&policy),
                        binding: Arc::clone(&binding),
                        compiled: Arc::clone(&compiled),
                        kind,
                        params,
                    })),
                }
            }
        }
        Ok((found, failures))
    }
}

impl Invocation<'_> {
    /// Changes the object of a write, which was reviewed as `of` before. Returns whether a patch was applied.
    ///
    /// # Errors
    /// 404 if the namespace does not exist; 500 for a patch whose result is not an object of the kind.
    pub(super) fn mutate(
        &self,
        value: &mut Value,
        of: &Subject<'_>,
        round: &mut Round,
        failures: &mut Failures,
        default: fn(&Kind, &mut Value),
    ) -> Outcome<bool> {
        let before = value.clone();
        if !self.applies(&of.with_object(value), failures)? || !round.admits(&self.id) {
            return Ok(false);
        }
        let mut patched = false;
        for index in 0..self.compiled.len() {
            let subject = of.with_object(value);
            match self.with_inputs(&subject, |inputs| self.compiled.patched(index, inputs, self.kind)) {
                Ok(object) => {
                    let received = matching::received(object, self.kind, subject.call.kind);
                    *value = decoded(received, subject.call.kind)?;
                    default(of.call.kind, value);
                    patched = true;
                }
                Err(why) => self.fail(failures, &why),
            }
        }
        if *value != before {
            round.changed();
        }
        if self.compiled.may_be_asked_again {
            round.called(&self.id);
        }
        Ok(patched)
    }

    /// Whether its conditions hold.
    ///
    /// # Errors
    /// 404 if the namespace does not exist.
    pub(super) fn applies(&self, subject: &Subject<'_>, failures: &mut Failures) -> Outcome<bool> {
        let namespaces = subject.registry.find("", "v1", "namespaces").filter(|_| subject.call.kind.namespaced);
        if let (None, Some(namespaces)) = (subject.namespace, namespaces) {
            return Err(status::not_found(namespaces.subject(), subject.call.namespace));
        }
        Ok(match self.with_inputs(subject, |inputs| self.compiled.holds(inputs)) {
            Held::Yes => true,
            Held::No => false,
            Held::Failed(why) => {
                self.fail(failures, &why);
                false
            }
        })
    }

    fn with_inputs<T>(&self, subject: &Subject<'_>, with: impl FnOnce(&Inputs<'_>) -> T) -> T {
        let ([object, old], request) = (subject.objects(self.kind), review::request(subject, self.kind));
        let ask = |check: &Check, verb: &str| rights::answer(subject, check, verb);
        with(&Inputs {
            object: object.as_deref(),
            old: old.as_deref(),
            request: &request,
            namespace: subject.namespace,
            params: self.compiled.has_params.then_some(self.params.as_deref()),
            ask: &ask,
            resource: rights::resource(subject),
        })
    }

    fn fail(&self, failures: &mut Failures, why: &str) {
        if !self.compiled.fails_open {
            failures.add(&self.policy, Some(&self.binding), why, true);
        }
    }
}

/// The result of a patch in its stored form.
fn decoded(value: Value, kind: &Kind) -> Outcome<Value> {
    let mut decoded = Decoded { value, complaints: Vec::new() };
    let unfit = |why: &str| Box::new(status::internal_error(why));
    decode::normalise(kind, &mut decoded).map_err(|why| unfit(decode::reason(why.message())))?;
    match decoded.complaints.as_slice() {
        complaints if complaints.is_empty() || kind.custom => Ok(decoded.value),
        complaints => Err(unfit(&format!("strict decoding error: {}", complaints.join(", ")))),
    }
}
