//! DELETE of one object and of a collection (k8s.io/apiserver/pkg/registry/rest/delete.go).
//!
//! The finalizers of foreground and orphan deletion remain until the garbage collector, if it is on, or a client
//! removes them.
use super::{
    grace::{self, Grace},
    list::encode_page,
};
use crate::{
    admission::webhook::Write,
    base::{
        field_error::FieldError,
        json::json_type,
        object::{self, Object},
        request::{Answer, json_answer},
        status::{self, Outcome},
        timestamp,
        warning::{add_warnings, warn_first},
    },
    codec::{
        decode,
        negotiation::{self, Encoding},
    },
    registry::{builtin, scheme},
    request::{call::Call, options::Options},
    server::state::ApiServer,
    validation,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// The finalizers that belong to the garbage collector.
const COLLECTOR: [&str; 2] = ["orphan", "foregroundDeletion"];

/// `metav1.DeleteOptions`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct DeleteOptions {
    kind: Option<String>,
    api_version: Option<String>,
    pub(crate) preconditions: Option<Preconditions>,
    dry_run: Option<Vec<String>>,
    propagation_policy: Option<String>,
    pub(crate) orphan_dependents: Option<bool>,
    pub(crate) grace_period_seconds: Option<i64>,
}

/// An empty string is a precondition too: it never holds.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Preconditions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource_version: Option<String>,
}

impl DeleteOptions {
    /// The options as JSON, without those that are not set.
    fn given(&self) -> Value {
        let mut given = serde_json::to_value(self).unwrap_or_default();
        let is_set = |value: &Value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
        given.as_object_mut().into_iter().for_each(|given| given.retain(|_, value| is_set(value)));
        given
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        self.dry_run.as_ref().is_some_and(|values| !values.is_empty())
    }

    /// The finalizer that instructs the garbage collector: `Some(None)` for background deletion, None if the options do
    /// not say.
    pub(crate) fn collector_finalizer(&self) -> Option<Option<&'static str>> {
        match (self.orphan_dependents, self.propagation_policy.as_deref()) {
            (Some(true), _) | (None, Some("Orphan")) => Some(Some("orphan")),
            (None, Some("Foreground")) => Some(Some("foregroundDeletion")),
            (Some(false), _) | (None, Some(_)) => Some(None),
            (None, None) => None,
        }
    }
}

impl ApiServer {
    pub(crate) fn delete(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        let options = delete_options(call)?;
        let deleted = self.delete_named(call, &options);
        let Some(warning) = warning(call, &options) else { return deleted };
        let mut answer = deleted.map_err(|status| status.also_warned(warning))?;
        warn_first(&mut answer.headers, warning);
        Ok(answer)
    }

    fn delete_named(&mut self, call: &Call<'_>, options: &DeleteOptions) -> Outcome<Answer> {
        let current = self.current(call)?.ok_or_else(|| call.not_found())?;
        check_preconditions(call, options, call.name, &current)?;
        let warnings = if call.admitted { Vec::new() } else { self.review_deletion(call, options, &current)? };
        let mut answer = self.delete_object(call, options, &current)?;
        add_warnings(&mut answer.headers, &warnings);
        Ok(answer)
    }

    /// Lets the admission plugins judge a deletion; returns their warnings, which a refusal has too.
    pub(crate) fn review_deletion(
        &mut self,
        call: &Call<'_>,
        options: &DeleteOptions,
        current: &Object,
    ) -> Outcome<Vec<String>> {
        let (given, mut warnings) = (options.given(), Vec::new());
        let deletion = Write::deletion(Some(&current.value), options.is_dry_run(), &given);
        let outcome = self.plugins().review_deletion(call, deletion, &mut warnings);
        outcome.map_err(|refusal| refusal.with_warnings(warnings.clone()))?;
        Ok(warnings)
    }

    /// Deletes an object, or marks it as terminating, after all checks have passed.
    pub(crate) fn delete_object(
        &mut self,
        call: &Call<'_>,
        options: &DeleteOptions,
        current: &Arc<Object>,
    ) -> Outcome<Answer> {
        let key = call.key();
        let dry_run = options.is_dry_run();
        // 202 is only for clients that use the deprecated option.
        let stays = if options.orphan_dependents == Some(false) { 202 } else { 200 };
        match effect(call, options, current) {
            Effect::Stays(value) if value == *current.value => Ok(call.object_answer(stays, current, &[])),
            Effect::Stays(value) if dry_run => Ok(call.value_answer(stays, &value, &[])),
            Effect::Stays(value) => {
                let object = self.write(call, &key, value)?;
                Ok(call.object_answer(stays, &object, &[]))
            }
            // A dry run answers with the object of an update that the real server never reads: a blank one.
            Effect::Released if dry_run => Ok(call.value_answer(200, &blank(call)?, &[])),
            Effect::Released | Effect::Goes => {
                check_released(call, options, current)?;
                let gone =
                    if dry_run { current.revision } else { self.commit_delete(call.actor, call.resource(), &key) };
                Ok(deleted_answer(call, current, gone))
            }
        }
    }

    pub(crate) fn delete_collection(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        validation::options::validate_list(&call.options, false)?;
        let selector = call.kind.selector(&call.options.label_selector, &call.options.field_selector)?;
        let options = delete_options(call)?;
        let given = options.given();
        let all = Write { in_collection: true, ..Write::deletion(None, options.is_dry_run(), &given) };
        let page = self.listed_for_deletion(call, &selector)?;
        let answer = encode_page(call, &page);
        let mut warnings: Vec<_> = warning(call, &options).map(str::to_owned).into_iter().collect();
        let outcome = self.plugins().ask_mutating(call, all, &mut warnings);
        outcome.map_err(|refusal| refusal.with_warnings(warnings.clone()))?;
        // The objects before a refused one are deleted all the same.
        let (mut doomed, mut refusal) = (Vec::new(), Ok(()));
        for listed in &page.objects {
            let key = call.kind.key(&listed.namespace, &listed.name);
            // A list of the past shows objects that may be gone.
            let Some(current) = self.store.get(call.resource(), &key).cloned() else { continue };
            let judged = check_preconditions(call, &options, &current.name, &current)
                .and_then(|()| self.in_version(call.kind, &current))
                .and_then(|shown| {
                    let one = Write { old: Some(&shown.value), ..all };
                    self.plugins().judge(call, one, &mut warnings)
                });
            if judged.is_err() {
                refusal = judged;
                break;
            }
            doomed.push((key, current));
        }
        let waits = self.is_waiting();
        for (key, current) in doomed.into_iter().filter(|_| !options.is_dry_run() && !waits) {
            match effect(call, &options, &current) {
                Effect::Stays(value) if value == *current.value => {}
                Effect::Stays(value) => {
                    self.commit_put(call.actor, call.resource(), &key, value);
                }
                Effect::Released | Effect::Goes => {
                    check_released(call, &options, &current)?;
                    self.commit_delete(call.actor, call.resource(), &key);
                }
            }
        }
        refusal.map_err(|refusal| refusal.with_warnings(warnings.clone()))?;
        Ok(json_answer(200, answer, &warnings))
    }
}

/// The preconditions in a query; an empty value means that there is no such precondition.
fn preconditions(options: &Options<'_>) -> Option<Preconditions> {
    let given = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let (uid, resource_version) = (given(&options.uid), given(&options.resource_version));
    (uid.is_some() || resource_version.is_some()).then_some(Preconditions { uid, resource_version })
}

/// The options from the body if there is one, otherwise from the query.
pub(crate) fn delete_options(call: &Call<'_>) -> Outcome<DeleteOptions> {
    decode::check_size(call.body)?;
    let options = if call.body.is_empty() {
        DeleteOptions {
            dry_run: Some(call.options.dry_run.iter().map(|v| v.clone().into_owned()).collect()),
            propagation_policy: call.options.propagation_policy.as_ref().map(|v| v.clone().into_owned()),
            orphan_dependents: call.options.orphan_dependents,
            grace_period_seconds: call.options.grace_period_seconds,
            preconditions: preconditions(&call.options),
            ..DeleteOptions::default()
        }
    } else {
        let kind = builtin::body_kind("DeleteOptions");
        let value = decode::options(negotiation::of_body(call.headers)?, call.body, kind)?;
        if !value.is_object() && !value.is_null() {
            let found = json_type(&value);
            let why =
                format!("couldn't get version/kind; json parse error: json: cannot unmarshal {found} into Go value");
            return Err(status::bad_request(why));
        }
        serde_json::from_value::<Option<_>>(value).map_err(|e| status::bad_request(e.to_string()))?.unwrap_or_default()
    };
    let kind = options.kind.as_deref().filter(|kind| !kind.is_empty()).unwrap_or("DeleteOptions");
    let version = options.api_version.as_deref().filter(|version| !version.is_empty()).unwrap_or("meta.k8s.io/v1");
    if version.matches('/').count() > 1 {
        return Err(status::bad_request(format!("unexpected GroupVersion string: {version}")));
    }
    if version.ends_with('/') {
        let text = String::from_utf8_lossy(call.body);
        return Err(status::bad_request(format!("Object 'apiVersion' is missing in '{text}'")));
    }
    if let Some(why) = scheme::options_refusal(version.strip_prefix('/').unwrap_or(version), kind) {
        return Err(status::bad_request(why));
    }
    validate(&options)?;
    Ok(options)
}

fn validate(options: &DeleteOptions) -> Outcome<()> {
    let mut errors = Vec::new();
    let field = "propagationPolicy";
    if let Some(policy) = options.propagation_policy.as_deref() {
        let value = Value::from(policy);
        if options.orphan_dependents.is_some() {
            let detail = "orphanDependents and deletionPropagation cannot be both set";
            errors.push(FieldError::invalid(field, &value, detail));
        }
        if !matches!(policy, "Foreground" | "Background" | "Orphan") {
            let supported = ["Foreground", "Background", "Orphan", "nil"].map(Value::from);
            errors.push(FieldError::not_supported(field, &value, &supported.each_ref()));
        }
    }
    validation::options::dry_run(options.dry_run.as_deref().unwrap_or_default(), &mut errors);
    validation::options::finish("DeleteOptions", errors)
}

/// Checks the preconditions of a delete; these conflicts name the Kind where all others name the plural.
fn check_preconditions(call: &Call<'_>, options: &DeleteOptions, name: &str, current: &Object) -> Outcome<()> {
    let Some(wanted) = &options.preconditions else { return Ok(()) };
    let subject = call.kind.kind_subject();
    if let Some(uid) = wanted.uid.as_deref().filter(|uid| *uid != current.uid()) {
        let why = format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have \
             been deleted and then recreated",
            current.uid()
        );
        return Err(status::conflict(subject, name, &why));
    }
    let stored = current.revision.to_string();
    if let Some(revision) = wanted.resource_version.as_deref().filter(|revision| *revision != stored) {
        let why = format!(
            "the ResourceVersion in the precondition ({revision}) does not match the ResourceVersion in record \
             ({stored}). The object might have been modified"
        );
        return Err(status::conflict(subject, name, &why));
    }
    Ok(())
}

/// What a delete does to an object.
enum Effect {
    /// The object remains, in this form, until its finalizers are gone.
    Stays(Value),
    /// The options remove the object's last finalizers, which are the collector's, and it is deleted.
    Released,
    /// The object has no finalizers and is deleted.
    Goes,
}

/// When an update would remove the last finalizers, the real server deletes instead, and compares the version
/// precondition with an object that it never read: any version precondition fails
/// (k8s.io/apiserver/pkg/registry/generic/registry/store.go, Delete).
fn check_released(call: &Call<'_>, options: &DeleteOptions, current: &Object) -> Outcome<()> {
    let names_version = options.preconditions.as_ref().is_some_and(|wanted| wanted.resource_version.is_some());
    if !names_version || object::finalizers(&current.value).is_empty() {
        return Ok(());
    }
    let key = call.kind.etcd_key(&current.namespace, &current.name);
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: \
         Precondition failed: ResourceVersion in precondition: , ResourceVersion in object meta: {}",
        current.revision
    );
    Err(status::conflict(call.kind.subject(), &current.name, &why))
}

/// The collector's finalizer by the options and the kind: events have no dependents, and by default the dependents of
/// the oldest kinds of controllers are orphaned.
fn chosen_finalizer(call: &Call<'_>, options: &DeleteOptions, current: &Object) -> Option<Option<&'static str>> {
    let chosen = options.collector_finalizer();
    match call.kind.kind.as_str() {
        "Event" if !call.kind.custom => Some(None),
        "Job" | "ReplicationController" if !call.kind.custom && chosen.is_none() => {
            let held = object::finalizers(&current.value).iter().any(|found| COLLECTOR.contains(found));
            (!held).then_some(Some("orphan"))
        }
        _ => chosen,
    }
}

/// Warns that a deletion leaves the pods of a job.
fn warning(call: &Call<'_>, options: &DeleteOptions) -> Option<&'static str> {
    let unsaid = options.propagation_policy.is_none() && options.orphan_dependents.is_none();
    (call.kind.kind == "Job" && !call.kind.custom && unsaid).then_some(
        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or \
         set propagationPolicy=Orphan to suppress this warning",
    )
}

/// Applies the options to the object: they determine the collector's finalizers; by default those on the object remain
/// (k8s.io/apiserver/pkg/registry/generic/registry/store.go, deletionFinalizersForGarbageCollection).
fn effect(call: &Call<'_>, options: &DeleteOptions, current: &Object) -> Effect {
    let graceful = grace::of(call, options.grace_period_seconds, current);
    if let Grace::Pending = graceful {
        return Effect::Stays((*current.value).clone());
    }
    let mut finalizers: Vec<Value> = object::finalizers(&current.value).into_iter().map(Value::from).collect();
    if let Some(chosen) = chosen_finalizer(call, options, current) {
        finalizers.retain(|f| Some(f.as_str().unwrap_or_default()) == chosen || !COLLECTOR.iter().any(|c| f == c));
        finalizers.extend(chosen.map(Value::from).filter(|f| !finalizers.contains(f)));
    }
    let waits = matches!(graceful, Grace::Waits(_));
    let mut value =
        if let Grace::Waits(value) | Grace::Over(value) = graceful { value } else { (*current.value).clone() };
    if finalizers.is_empty() && waits {
        object::metadata_mut(&mut value).remove("finalizers");
        return Effect::Stays(value);
    }
    if finalizers.is_empty() {
        return if object::finalizers(&current.value).is_empty() { Effect::Goes } else { Effect::Released };
    }
    object::begin_deletion(&mut value, call.now);
    object::metadata_mut(&mut value).insert("finalizers".into(), finalizers.into());
    Effect::Stays(value)
}

/// An empty object of the kind.
fn blank(call: &Call<'_>) -> Outcome<Value> {
    if call.kind.custom {
        return Ok(json!({"apiVersion": call.kind.api_version, "kind": call.kind.kind}));
    }
    Ok(decode::object(call.kind, Encoding::Json, b"{}")?.value)
}

/// A Status with the uid; for some kinds the deleted object, and for a pod without a node with its termination times.
fn deleted_answer(call: &Call<'_>, last: &Arc<Object>, revision: u64) -> Answer {
    let kind = if call.kind.custom { "" } else { call.kind.kind.as_str() };
    if !call.kind.returns_deleted {
        return status::deleted(call.kind.subject(), call.name, last.uid()).answer();
    }
    let mut value = (*last.value).clone();
    let meta = object::metadata_mut(&mut value);
    meta.insert("resourceVersion".into(), revision.to_string().into());
    if kind == "Pod" && meta.insert("deletionGracePeriodSeconds".into(), 0.into()).is_none() {
        meta.insert("deletionTimestamp".into(), timestamp::seconds(call.now).into());
        let generation = meta.get("generation").and_then(Value::as_i64).unwrap_or_default();
        meta.insert("generation".into(), (generation + 1).into());
    }
    call.value_answer(200, &value, &[])
}
