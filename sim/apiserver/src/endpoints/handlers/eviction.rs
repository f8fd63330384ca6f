//! Eviction of a pod: a deletion that its disruption budget must allow
//! (k8s.io/kubernetes/pkg/registry/core/pod/storage/eviction.go).
use crate::{
    base::{
        object::{self, Object},
        request::Answer,
        selectors::structured,
        status::{self, Outcome, Subject},
        timestamp,
    },
    codec::decode,
    registry::builtin,
    request::call::Call,
    server::state::ApiServer,
};
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use std::sync::Arc;

/// Number of evictions that a budget remembers until its controller confirms them.
const UNCONFIRMED_LIMIT: usize = 2000;
/// Delay before a retry while a budget has not been processed, in seconds.
const RETRY_AFTER: u32 = 10;
const BUDGET: Subject<'static> = Subject { group: "policy", kind: "poddisruptionbudget" };

impl ApiServer {
    pub(crate) fn evict(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        let kind = builtin::body_kind("Eviction");
        let decoded = decode::object(kind, call.body_encoding()?, call.body)?;
        decode::field_validation(kind, &call.options.field_validation, decoded.complaints)?;
        let eviction = decoded.value;
        if object::meta_str(&eviction, "name") != call.name {
            return Err(status::bad_request("name in URL does not match name in Eviction object"));
        }
        let pod = self.current(call)?.ok_or_else(|| call.not_found())?;
        let mut options = eviction.get("deleteOptions").cloned().unwrap_or_else(|| json!({}));
        if call.options.is_dry_run() {
            options["dryRun"] = json!(["All"]);
        }
        let dry_run = options["dryRun"].as_array().is_some_and(|values| !values.is_empty());
        self.plugins().review_body(call, kind, &eviction, None, &mut Vec::new())?;
        if !ignores_budgets(&pod.value) {
            self.take_from_budget(call, &pod, dry_run)?;
        }
        // The eviction may have been sent in another encoding.
        let json = HeaderValue::from_static("application/json");
        let (body, headers) = (object::encode(&options), HeaderMap::from_iter([(header::CONTENT_TYPE, json)]));
        // Only the eviction is judged, not the deletion.
        let delete = Call { subresource: "", body: &body, headers: &headers, admitted: true, ..call.clone() };
        self.delete(&delete)?;
        Ok(status::done(201).answer())
    }

    /// Counts the eviction in the pod's budget, if it has one.
    fn take_from_budget(&mut self, call: &Call<'_>, pod: &Arc<Object>, dry_run: bool) -> Outcome<()> {
        let registry = Arc::clone(&self.registry);
        let Some(kind) = registry.find("policy", "v1", "poddisruptionbudgets") else { return Ok(()) };
        let prefix = format!("{}/", call.namespace);
        let all = self.store.range_at(kind.id, &prefix, None, self.store.revision());
        let selects = |budget: &&Arc<Object>| {
            budget.value.pointer("/spec/selector").is_some_and(|selector| structured::matches(selector, &pod.value))
        };
        let budgets: Vec<_> = all.filter(selects).cloned().collect();
        let [budget] = budgets.as_slice() else {
            let why =
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
            return if budgets.is_empty() { Ok(()) } else { Err(status::bare_error(why)) };
        };
        if !is_ready(&pod.value) && lets_unhealthy_go(&budget.value) {
            return Ok(());
        }
        let next = decremented(call, &budget.name, &budget.value)?;
        if !dry_run {
            self.commit_put(call.actor, kind.id, &kind.key(call.namespace, &budget.name), next);
        }
        Ok(())
    }
}

/// Whether no budget protects the pod: it has ended, has not begun, or is being deleted.
fn ignores_budgets(pod: &Value) -> bool {
    let phase = pod.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
    matches!(phase, "Succeeded" | "Failed" | "Pending") || object::is_terminating(pod)
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    conditions.clone().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// Whether pods that are not ready may be evicted without counting them.
fn lets_unhealthy_go(budget: &Value) -> bool {
    let count = |member: &str| budget["status"][member].as_i64().unwrap_or_default();
    let always = budget.pointer("/spec/unhealthyPodEvictionPolicy").is_some_and(|policy| policy == "AlwaysAllow");
    always || count("currentHealthy") >= count("desiredHealthy") && count("desiredHealthy") > 0
}

/// The budget with one disruption less.
///
/// # Errors
/// 429 if it allows none now, 403 for one that its controller has given up.
fn decremented(call: &Call<'_>, name: &str, budget: &Value) -> Outcome<Value> {
    let count = |member: &str| budget["status"][member].as_i64().unwrap_or_default();
    let generation = budget.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default();
    if count("observedGeneration") < generation {
        let why = format!("The disruption budget {name} is still being processed by the server.");
        return Err(status::disruption_refused(why, Some(RETRY_AFTER)));
    }
    let allowed = count("disruptionsAllowed");
    if allowed < 0 {
        return Err(status::forbidden(BUDGET, name, "pdb disruptions allowed is negative"));
    }
    let known = budget.pointer("/status/disruptedPods").and_then(Value::as_object).map_or(0, serde_json::Map::len);
    if known > UNCONFIRMED_LIMIT {
        let why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
        return Err(status::forbidden(BUDGET, name, why));
    }
    if allowed == 0 {
        let (needed, healthy) = (count("desiredHealthy"), count("currentHealthy"));
        let why = format!("The disruption budget {name} needs {needed} healthy pods and has {healthy} currently");
        return Err(status::disruption_refused(why, None));
    }
    let mut next = budget.clone();
    next["status"]["disruptionsAllowed"] = (allowed - 1).into();
    if !next["status"]["disruptedPods"].is_object() {
        next["status"]["disruptedPods"] = json!({});
    }
    next["status"]["disruptedPods"][call.name] = timestamp::seconds(call.now).into();
    if allowed == 1 {
        exhaust(call, &mut next["status"]);
    }
    Ok(next)
}

/// Sets the condition of a budget that allows no more disruptions.
fn exhaust(call: &Call<'_>, status: &mut Value) {
    let observed = status["observedGeneration"].clone();
    let condition = json!({
        "type": "DisruptionAllowed",
        "status": "False",
        "observedGeneration": observed,
        "lastTransitionTime": timestamp::seconds(call.now),
        "reason": "InsufficientPods",
        "message": "",
    });
    if !status["conditions"].is_array() {
        status["conditions"] = json!([]);
    }
    let Some(conditions) = status["conditions"].as_array_mut() else { return };
    match conditions.iter_mut().find(|found| found["type"] == "DisruptionAllowed") {
        Some(found) => *found = condition,
        None => conditions.push(condition),
    }
}
