//! What a runtime class adds to a pod that names it: overhead, and where it can run
//! (k8s.io/kubernetes/plugin/pkg/admission/runtimeclass).
//!
//! An overhead of `{}` is an absent one here; the real server refuses it without a class.
use crate::{
    base::{
        go_text::quoted,
        json::text,
        object,
        status::{self, Outcome},
    },
    cel::quantity::Quantity,
    request::call::Call,
    server::state::ApiServer,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl ApiServer {
    /// Adds what the runtime class of a new pod demands.
    ///
    /// # Errors
    /// 403 for a class that does not exist, and for a pod that demands something else.
    pub(super) fn apply_runtime_class(&self, call: &Call<'_>, pod: &mut Value) -> Outcome<()> {
        let Some(classes) = self.registry.find("node.k8s.io", "v1", "runtimeclasses") else { return Ok(()) };
        let named = pod.pointer("/spec/runtimeClassName").and_then(Value::as_str).map(str::to_owned);
        let name = object::meta_str(pod, "name").to_owned();
        let refused = |why: String| status::forbidden(call.kind.subject(), &name, &why);
        let class = match &named {
            // The live look-up of the class fails.
            Some(wanted) if wanted.is_empty() => return Err(status::bare_error("resource name may not be empty")),
            Some(wanted) => Some(
                self.store
                    .get(classes.id, wanted)
                    .ok_or_else(|| refused(format!("pod rejected: RuntimeClass {} not found", quoted(wanted))))?,
            ),
            None => None,
        };
        let overhead = class.and_then(|class| class.value.pointer("/overhead/podFixed"));
        let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return Ok(()) };
        match (overhead, spec.get("overhead").and_then(Value::as_object)) {
            (Some(fixed), Some(sent)) if !sent.is_empty() && !same_amounts(fixed, &json!(sent)) => {
                let why = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
                return Err(refused(why.to_owned()));
            }
            (Some(fixed), _) => _ = spec.insert("overhead".into(), fixed.clone()),
            (None, Some(_)) => {
                let why = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
                return Err(refused(why.to_owned()));
            }
            (None, None) => {}
        }
        let Some(scheduling) = class.and_then(|class| class.value.get("scheduling")) else { return Ok(()) };
        for (key, value) in scheduling.get("nodeSelector").and_then(Value::as_object).into_iter().flatten() {
            let selector = spec.entry("nodeSelector").or_insert_with(|| json!({}));
            if let Some(other) = selector.get(key).filter(|other| *other != value) {
                return Err(refused(format!(
                    "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {}; pod.spec.nodeSelector[{key}] = {}",
                    value.as_str().unwrap_or_default(),
                    other.as_str().unwrap_or_default()
                )));
            }
            selector[key] = value.clone();
        }
        let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        let all = [list(spec.get("tolerations")), list(scheduling.get("tolerations"))].concat();
        if !all.is_empty() {
            spec.insert("tolerations".into(), merged(&all).into());
        }
        Ok(())
    }
}

fn same_amounts(one: &Value, other: &Value) -> bool {
    let amounts = |value: &Value| -> BTreeMap<String, Quantity> {
        let parse = |amount: &Value| amount.as_str().and_then(|text| Quantity::parse(text).ok());
        let members = value.as_object().into_iter().flatten();
        members.filter_map(|(name, amount)| Some((name.clone(), parse(amount)?))).collect()
    };
    let (one, other) = (amounts(one), amounts(other));
    let same = |(name, amount): (&String, &Quantity)| other.get(name).is_some_and(|it| it.compare(amount).is_eq());
    one.len() == other.len() && one.iter().all(same)
}

/// The tolerations without those that another one includes; of equal ones the first stays
/// (k8s.io/kubernetes/pkg/util/tolerations).
fn merged(all: &[Value]) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for (i, one) in all.iter().enumerate() {
        let before = kept.iter().any(|other| includes(other, one));
        let after = all[i + 1..].iter().any(|other| other != one && includes(other, one));
        if !before && !after {
            kept.push(one.clone());
        }
    }
    kept
}

fn includes(whole: &Value, part: &Value) -> bool {
    let (operator, effect) = (text(whole, "operator"), text(whole, "effect"));
    if whole == part {
        return true;
    }
    if text(part, "key") != text(whole, "key") && !(text(whole, "key").is_empty() && operator == "Exists") {
        return false;
    }
    if text(part, "effect") != effect && !effect.is_empty() {
        return false;
    }
    let seconds = |of: &Value| of["tolerationSeconds"].as_i64();
    if effect == "NoExecute"
        && let Some(most) = seconds(whole)
        && seconds(part).is_none_or(|wanted| wanted > most)
    {
        return false;
    }
    match operator {
        "Equal" | "" => text(part, "operator") == "Equal" && text(part, "value") == text(whole, "value"),
        "Exists" => true,
        _ => false,
    }
}
