//! Which policies apply to a write, with which parameters, and what follows from their refusals
//! (k8s.io/apiserver/pkg/admission/plugin/policy/{generic,validating/dispatcher.go}).
//!
//! The real server tries policies, bindings and selected parameters in an order that differs from one server to the
//! next; here it is that of their names. A policy is in force at once, there within about a second.
use super::{
    conditions::Inputs,
    matching::Subject,
    mutation::Mutation,
    policy::{INVALID, Policy, Refusal},
    review, rights,
};
use crate::{
    base::{
        json::{list, text},
        object::Object,
        selectors::structured,
        status::{self, Outcome},
    },
    cel::Check,
    registry::{group::ADMISSION, kind::Kind, resources::Registry},
    storage::store::Store,
};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// The compiled policies of each kind, by name, each with the version that was compiled.
#[derive(Debug, Default, Clone)]
pub(crate) struct Compiled {
    validating: Cache<Policy>,
    pub(super) mutating: Cache<Mutation>,
}

type Cache<T> = BTreeMap<String, (u64, Arc<T>)>;

/// The compiled form of a policy, which is compiled once for each of its versions.
pub(super) fn compiled<T>(cache: &mut Cache<T>, policy: &Object, compile: fn(&Value) -> Outcome<T>) -> Outcome<Arc<T>> {
    if let Some((revision, known)) = cache.get(&*policy.name)
        && *revision == policy.revision
    {
        return Ok(Arc::clone(known));
    }
    let compiled = Arc::new(compile(&policy.value)?);
    cache.insert(policy.name.to_string(), (policy.revision, Arc::clone(&compiled)));
    Ok(compiled)
}

/// The policies of a store.
pub(super) struct Policies<'a> {
    pub(super) registry: &'a Registry,
    pub(super) store: &'a Store,
    pub(super) compiled: &'a mut Compiled,
}

/// The first refusal of a write.
struct Denial {
    message: String,
    reason: String,
}

impl<'a> Policies<'a> {
    /// Judges a write by all policies that apply to it.
    ///
    /// # Errors
    /// The refusal of the first policy that denies the write; 501 for a policy that is not simulated.
    pub(super) fn judge(&mut self, subject: &Subject<'a>, warnings: &mut Vec<String>) -> Outcome<()> {
        let kind = subject.call.kind;
        let mut denial = None;
        for (policy, bindings) in self.bound(kind, "validating") {
            let found = self.judge_by(subject, &policy, &bindings, warnings)?;
            denial = denial.or(found);
        }
        match denial {
            None => Ok(()),
            Some(Denial { message, reason }) => {
                let name = [subject.name(), subject.object_name()].into_iter().find(|name| !name.is_empty());
                Err(status::denied_by_policy(kind.subject(), name.unwrap_or("Unknown"), &message, &reason))
            }
        }
    }

    /// The policies that mutate, or those that validate, each with its bindings; none for a write to policies.
    pub(super) fn bound(&self, kind: &Kind, prefix: &str) -> Vec<(Arc<Object>, Vec<Arc<Object>>)> {
        let found = |suffix: &str| self.registry.find(ADMISSION, "v1", &format!("{prefix}admissionpolic{suffix}"));
        let is_policy = kind.group == ADMISSION && !kind.kind.ends_with("WebhookConfiguration");
        let (Some(policies), Some(bindings)) = (found("ies"), found("ybindings")) else { return Vec::new() };
        if is_policy || self.store.log(bindings.id).is_empty() {
            return Vec::new();
        }
        let all = |kind: &Kind| self.store.range_at(kind.id, "", None, self.store.revision());
        let names = |policy: &Object, binding: &Object| *policy.name == *text(&binding.value["spec"], "policyName");
        let with = |policy: &Arc<Object>| {
            let bindings: Vec<_> = all(bindings).filter(|binding| names(policy, binding)).cloned().collect();
            (!bindings.is_empty()).then(|| (Arc::clone(policy), bindings))
        };
        all(policies).filter_map(with).collect()
    }

    fn judge_by(
        &mut self,
        subject: &Subject<'a>,
        policy: &Arc<Object>,
        bindings: &[Arc<Object>],
        warnings: &mut Vec<String>,
    ) -> Outcome<Option<Denial>> {
        let spec = &policy.value["spec"];
        let Some(kind) = subject.by_resources(&spec["matchConstraints"])? else { return Ok(None) };
        subject.check_simulated(kind)?;
        let compiled = compiled(&mut self.compiled.validating, policy, Policy::compile)?;
        let misconfigured = |what: &str, why: String, binding: Option<&str>| {
            let message = denied(&policy.name, binding, &format!("failed to configure {what}: {why}"));
            (!compiled.fails_open).then(|| Denial { message, reason: INVALID.to_owned() })
        };
        let params = match self.param_kind(spec) {
            Ok(params) => params,
            Err(why) => return Ok(misconfigured("policy", why, None)),
        };
        check_params(params)?;
        let mut denial = None;
        for binding in bindings {
            let resources = binding.value["spec"].get("matchResources");
            if let Some(resources) = resources
                && subject.by_resources(resources)?.is_none()
            {
                continue;
            }
            let found = match self.params(params, &binding.value["spec"], subject.namespace_name()) {
                Ok(found) => found,
                Err(why) => {
                    denial = denial.or_else(|| misconfigured("binding", why, Some(&binding.name)));
                    continue;
                }
            };
            let namespaces = self.registry.find("", "v1", "namespaces").filter(|_| subject.call.kind.namespaced);
            if let (None, Some(namespaces)) = (subject.namespace, namespaces) {
                return Err(status::not_found(namespaces.subject(), subject.call.namespace));
            }
            let [object, old] = subject.objects(kind);
            let request = review::request(subject, kind);
            let ask = |check: &Check, verb: &str| rights::answer(subject, check, verb);
            for params in found {
                let params = compiled.has_params.then_some(params.as_deref());
                let namespace = subject.namespace;
                let inputs = Inputs {
                    object: object.as_deref(),
                    old: old.as_deref(),
                    request: &request,
                    namespace,
                    params,
                    ask: &ask,
                    resource: rights::resource(subject),
                };
                for refusal in compiled.judge(&inputs) {
                    let found = follow(&policy.name, binding, refusal, warnings);
                    denial = denial.or(found);
                }
            }
        }
        Ok(denial)
    }

    /// The kind of a policy's parameters, if it has any.
    ///
    /// # Errors
    /// If there is no such kind.
    pub(super) fn param_kind(&self, spec: &Value) -> Result<Option<&'a Kind>, String> {
        let Some(wanted) = spec.get("paramKind") else { return Ok(None) };
        let (version, kind) = (text(wanted, "apiVersion"), text(wanted, "kind"));
        let missing = || format!("failed to find resource referenced by paramKind: '{version}, Kind={kind}'");
        self.registry.kind_of(wanted).map(Some).ok_or_else(missing)
    }

    /// The parameters that a binding names; one None if it names none.
    pub(super) fn params(
        &self,
        kind: Option<&Kind>,
        binding: &Value,
        namespace: &str,
    ) -> Result<Vec<Option<Arc<Value>>>, String> {
        let (Some(kind), Some(wanted)) = (kind, binding.get("paramRef")) else { return Ok(vec![None]) };
        let own = text(wanted, "namespace");
        let namespace = match kind.namespaced {
            true if own.is_empty() && namespace.is_empty() => {
                return Err("cannot use namespaced paramRef in policy binding that matches cluster-scoped \
                            resources"
                    .to_owned());
            }
            true if own.is_empty() => namespace,
            true => own,
            false if own.is_empty() => "",
            false => return Err("paramRef.namespace must not be provided for a cluster-scoped `paramKind`".to_owned()),
        };
        let prefix = if kind.namespaced { format!("{namespace}/") } else { String::new() };
        let all = self.store.range_at(kind.storage, &prefix, None, self.store.revision());
        let name = text(wanted, "name");
        let selected = all.filter(|object| match wanted.get("selector") {
            _ if !name.is_empty() => *object.name == *name,
            Some(selector) => structured::matches(selector, &object.value),
            None => false,
        });
        let found: Vec<_> = selected.map(|object| Some(Arc::new(kind.shown(&object.value).into_owned()))).collect();
        if found.is_empty() && text(wanted, "parameterNotFoundAction") == "Deny" {
            return Err("no params found for policy binding with `Deny` parameterNotFoundAction".to_owned());
        }
        Ok(found)
    }
}

/// Refuses parameters that only a conversion webhook can show.
///
/// # Errors
/// 501.
pub(super) fn check_params(kind: Option<&Kind>) -> Outcome<()> {
    match kind.filter(|kind| kind.converter.is_some()) {
        None => Ok(()),
        Some(_) => Err(status::not_simulated("parameters of a policy whose kind has a conversion webhook")),
    }
}

/// What a binding makes of a refusal: a warning, a denial, or nothing, because there is no audit log.
fn follow(policy: &str, binding: &Object, refusal: Refusal, warnings: &mut Vec<String>) -> Option<Denial> {
    let Refusal { message, reason, always } = refusal;
    let does = |action: &str| list(&binding.value["spec"], "validationActions").iter().any(|found| found == action);
    if !always && does("Warn") {
        let name = &binding.name;
        let warning =
            format!("Validation failed for ValidatingAdmissionPolicy '{policy}' with binding '{name}': {message}");
        // Equal warnings are one.
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    (always || does("Deny")).then(|| Denial { message: denied(policy, Some(&binding.name), &message), reason })
}

fn denied(policy: &str, binding: Option<&str>, why: &str) -> String {
    match binding {
        Some(binding) => format!("ValidatingAdmissionPolicy '{policy}' with binding '{binding}' denied request: {why}"),
        None => format!("ValidatingAdmissionPolicy '{policy}' denied request: {why}"),
    }
}
