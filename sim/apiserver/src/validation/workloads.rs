//! Deployments, replica sets, stateful sets and daemon sets (k8s.io/kubernetes/pkg/apis/apps/{v1,validation},
//! pkg/registry/apps). Not checked: the claims that a stateful set creates.
use super::{
    check::{self, list, number, text},
    pods,
};
use crate::base::{field_error::FieldError, names::NameRule, object, selectors::structured};
use serde_json::{Map, Value, json};

/// The generation of a daemon set's template, which older clients read.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// The defaults that depend on other members.
pub(crate) fn default(kind: &str, object: &mut Map<String, Value>) {
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return };
    match kind {
        "Deployment" => {
            let strategy = rolling(spec, "strategy");
            set_absent(strategy, &[("maxUnavailable", json!("25%")), ("maxSurge", json!("25%"))]);
        }
        "DaemonSet" => {
            let strategy = rolling(spec, "updateStrategy");
            set_absent(strategy, &[("maxUnavailable", json!(1)), ("maxSurge", json!(0))]);
        }
        "StatefulSet" => default_stateful_set(spec),
        _ => {}
    }
}

/// The parameters of rolling updates, if that is the strategy.
fn rolling<'a>(spec: &'a mut Map<String, Value>, member: &str) -> Option<&'a mut Map<String, Value>> {
    let strategy = spec.entry(member).or_insert_with(|| json!({})).as_object_mut()?;
    let kind = strategy.entry("type").or_insert_with(|| "RollingUpdate".into());
    if *kind != "RollingUpdate" {
        return None;
    }
    strategy.entry("rollingUpdate").or_insert_with(|| json!({})).as_object_mut()
}

fn set_absent(object: Option<&mut Map<String, Value>>, members: &[(&str, Value)]) {
    let Some(object) = object else { return };
    for (member, value) in members {
        object.entry(*member).or_insert_with(|| value.clone());
    }
}

fn default_stateful_set(spec: &mut Map<String, Value>) {
    let strategy = spec.entry("updateStrategy").or_insert_with(|| json!({}));
    if let Some(strategy) = strategy.as_object_mut() {
        if !strategy.contains_key("type") {
            strategy.insert("type".to_owned(), "RollingUpdate".into());
            strategy.entry("rollingUpdate").or_insert_with(|| json!({}));
        }
        if strategy["type"] == "RollingUpdate" {
            set_absent(strategy.get_mut("rollingUpdate").and_then(Value::as_object_mut), &[("partition", json!(0))]);
        }
    }
    let retention = spec.entry("persistentVolumeClaimRetentionPolicy").or_insert_with(|| json!({}));
    let retain = [("whenDeleted", json!("Retain")), ("whenScaled", json!("Retain"))];
    set_absent(retention.as_object_mut(), &retain);
    for claim in spec.get_mut("volumeClaimTemplates").and_then(Value::as_array_mut).into_iter().flatten() {
        claim["apiVersion"] = "v1".into();
        claim["kind"] = "PersistentVolumeClaim".into();
        set_absent(claim["spec"].as_object_mut(), &[("volumeMode", json!("Filesystem"))]);
        set_absent(claim["status"].as_object_mut(), &[("phase", json!("Pending"))]);
    }
}

/// Counts the generations of a daemon set's template in an annotation.
pub(crate) fn count_template(kind: &str, object: &mut Value, old: Option<&Value>) {
    if kind != "DaemonSet" {
        return;
    }
    let stored = |object: &Value| {
        let annotations = object::metadata(object)?.get("annotations")?;
        annotations.get(TEMPLATE_GENERATION)?.as_str()?.parse::<i64>().ok()
    };
    let count = match old {
        None => stored(object).filter(|count| *count > 0).unwrap_or(1),
        Some(old) => {
            let changed = object.pointer("/spec/template") != old.pointer("/spec/template");
            stored(old).unwrap_or(1) + i64::from(changed)
        }
    };
    let annotations = object::metadata_mut(object).entry("annotations").or_insert_with(|| json!({}));
    annotations[TEMPLATE_GENERATION] = count.to_string().into();
}

/// Validates an object of the group `apps`, except its metadata.
pub(crate) fn validate(kind: &str, object: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    match kind {
        "Deployment" => {
            check::not_negative(object, "/spec/replicas", "", errors);
            selector(spec, "deployment", errors);
            template(spec, "ReplicaSet", errors);
            strategy(spec, errors);
            deadlines(object, spec, errors);
        }
        "ReplicaSet" => {
            check::not_negative(object, "/spec/replicas", "", errors);
            check::not_negative(object, "/spec/minReadySeconds", "", errors);
            selector(spec, "deployment", errors);
            template(spec, "ReplicaSet", errors);
        }
        "DaemonSet" => {
            selector(spec, "daemonset", errors);
            template(spec, "DaemonSet", errors);
            check::not_negative(object, "/spec/minReadySeconds", "", errors);
            daemon_strategy(spec, errors);
            check::not_negative(object, "/spec/revisionHistoryLimit", "", errors);
        }
        _ => stateful_set(object, spec, old, errors),
    }
    if let Some(old) = old {
        match kind {
            "StatefulSet" => stateful_update(object, old, errors),
            _ => check::immutable(object, old, "/spec/selector", errors),
        }
    }
}

/// Validates a selector: it is there, and not empty.
fn selector(spec: &Value, of: &str, errors: &mut Vec<FieldError>) {
    let path = "spec.selector";
    let Some(selector) = spec.get("selector").filter(|selector| !selector.is_null()) else {
        if of != "daemonset" {
            errors.push(FieldError::required(path, ""));
        }
        return;
    };
    check::label_selector(Some(selector), path, errors);
    let labels = selector.get("matchLabels").and_then(Value::as_object).map_or(0, Map::len);
    if labels + list(selector, "/matchExpressions").len() == 0 {
        errors.push(FieldError::invalid(path, selector, format!("empty selector is invalid for {of}")));
    }
}

/// Validates a template, which the selector must match.
fn template(spec: &Value, of: &str, errors: &mut Vec<FieldError>) {
    let template = spec.get("template").unwrap_or(&Value::Null);
    let labels = template.pointer("/metadata/labels").cloned().unwrap_or(Value::Null);
    // Without a selector nothing matches.
    let selector = spec.get("selector").filter(|selector| !selector.is_null());
    if !selector.is_some_and(|selector| structured::matches(selector, template)) {
        let why = "`selector` does not match template `labels`";
        errors.push(FieldError::invalid("spec.template.metadata.labels", &labels, why));
    }
    pods::spec::validate(template.get("spec").unwrap_or(&Value::Null), "spec.template.spec", errors);
    let path = "spec.template.spec.restartPolicy";
    let policy = text(template, "/spec/restartPolicy");
    if policy != "Always" {
        errors.push(FieldError::not_supported(path, &policy.into(), &[&json!("Always")]));
    }
    if template.pointer("/spec/activeDeadlineSeconds").is_some() {
        let why = format!("activeDeadlineSeconds in {of} is not Supported");
        errors.push(FieldError::forbidden("spec.template.spec.activeDeadlineSeconds", why));
    }
}

fn strategy(spec: &Value, errors: &mut Vec<FieldError>) {
    let path = "spec.strategy";
    let rolling = spec.pointer("/strategy/rollingUpdate");
    match text(spec, "/strategy/type") {
        "Recreate" if rolling.is_some() => {
            let why = "may not be specified when strategy `type` is 'Recreate'";
            errors.push(FieldError::forbidden(format!("{path}.rollingUpdate"), why));
        }
        "Recreate" => {}
        "RollingUpdate" => {
            let Some(rolling) = rolling else { return };
            let path = format!("{path}.rollingUpdate");
            share(rolling, "maxUnavailable", &path, errors);
            share(rolling, "maxSurge", &path, errors);
            if amount(rolling, "maxUnavailable") == 0 && amount(rolling, "maxSurge") == 0 {
                let why = "may not be 0 when `maxSurge` is 0";
                errors.push(FieldError::invalid(format!("{path}.maxUnavailable"), &rolling["maxUnavailable"], why));
            }
            at_most_all(rolling, "maxUnavailable", &path, errors);
        }
        _ => {
            let shown = internal(&spec["strategy"], &["MaxUnavailable", "MaxSurge"], "0");
            errors.push(FieldError::not_supported_as(path, &shown, &["Recreate", "RollingUpdate"]));
        }
    }
}

fn daemon_strategy(spec: &Value, errors: &mut Vec<FieldError>) {
    let path = "spec.updateStrategy";
    match text(spec, "/updateStrategy/type") {
        "OnDelete" => {}
        "RollingUpdate" => {
            let Some(rolling) = spec.pointer("/updateStrategy/rollingUpdate") else { return };
            let path = format!("{path}.rollingUpdate");
            for member in ["maxUnavailable", "maxSurge"] {
                share(rolling, member, &path, errors);
            }
            for member in ["maxUnavailable", "maxSurge"] {
                at_most_all(rolling, member, &path, errors);
            }
            match (amount(rolling, "maxUnavailable") != 0, amount(rolling, "maxSurge") != 0) {
                (true, true) => {
                    let why = "may not be set when maxUnavailable is non-zero";
                    errors.push(FieldError::invalid(format!("{path}.maxSurge"), &rolling["maxSurge"], why));
                }
                (false, false) => {
                    let why = "cannot be 0 when maxSurge is 0";
                    errors.push(FieldError::required(format!("{path}.maxUnavailable"), why));
                }
                _ => {}
            }
        }
        _ => {
            let shown = internal(&spec["updateStrategy"], &["MaxUnavailable", "MaxSurge"], "0");
            errors.push(FieldError::not_supported_as(path, &shown, &["RollingUpdate", "OnDelete"]));
        }
    }
}

fn deadlines(object: &Value, spec: &Value, errors: &mut Vec<FieldError>) {
    for member in ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"] {
        check::not_negative(object, &format!("/spec/{member}"), "", errors);
    }
    let ready = number(spec, "/minReadySeconds").unwrap_or_default();
    if let Some(deadline) = number(spec, "/progressDeadlineSeconds").filter(|deadline| *deadline <= ready) {
        let why = "must be greater than minReadySeconds";
        errors.push(FieldError::invalid("spec.progressDeadlineSeconds", &deadline.into(), why));
    }
}

/// A strategy as messages show it: the struct of the internal version, whose members have no other names in JSON.
fn internal(strategy: &Value, members: &[&str], absent: &str) -> String {
    let rolling = rolling_update(strategy, members, absent);
    format!("{{\"Type\":{},\"RollingUpdate\":{rolling}}}", strategy["type"])
}

fn rolling_update(strategy: &Value, members: &[&str], absent: &str) -> String {
    let Some(rolling) = strategy.get("rollingUpdate") else { return "null".to_owned() };
    let member = |name: &&str| {
        let json = name[..1].to_ascii_lowercase() + &name[1..];
        let nothing = if *name == "Partition" { "0" } else { absent };
        format!("\"{name}\":{}", rolling.get(json).map_or(nothing.to_owned(), Value::to_string))
    };
    format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
}

/// Checks a number or a percentage that is not negative.
fn share(rolling: &Value, member: &str, path: &str, errors: &mut Vec<FieldError>) {
    let whole = check_share(rolling, member);
    let found = rolling.get(member);
    check::share(found.filter(|_| !whole), &format!("{path}.{member}"), errors);
}

/// Whether a share is a percentage above all: that is another check.
fn check_share(rolling: &Value, member: &str) -> bool {
    rolling[member].as_str().and_then(|text| text.strip_suffix('%')?.parse::<u64>().ok()).is_some()
}

fn at_most_all(rolling: &Value, member: &str, path: &str, errors: &mut Vec<FieldError>) {
    let percent = rolling[member].as_str().and_then(|text| text.strip_suffix('%')?.parse::<u64>().ok());
    if percent.is_some_and(|percent| percent > 100) {
        errors.push(FieldError::invalid(format!("{path}.{member}"), &rolling[member], "must not be greater than 100%"));
    }
}

/// A number, or the number of a percentage.
fn amount(rolling: &Value, member: &str) -> i64 {
    let percent = || rolling[member].as_str()?.strip_suffix('%')?.parse().ok();
    rolling[member].as_i64().or_else(percent).unwrap_or_default()
}

fn stateful_set(object: &Value, spec: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    let policy = text(spec, "/podManagementPolicy");
    if !matches!(policy, "OrderedReady" | "Parallel") {
        let why = "must be 'OrderedReady' or 'Parallel'";
        errors.push(FieldError::invalid("spec.podManagementPolicy", &policy.into(), why));
    }
    let rolling = spec.pointer("/updateStrategy/rollingUpdate");
    match (text(spec, "/updateStrategy/type"), rolling) {
        ("OnDelete", Some(_)) => {
            let why = "only allowed for updateStrategy 'RollingUpdate'";
            let shown = rolling_update(&spec["updateStrategy"], &["Partition", "MaxUnavailable"], "null");
            errors.push(FieldError::invalid_as("spec.updateStrategy.rollingUpdate", &shown, why));
        }
        ("RollingUpdate", Some(_)) => {
            check::not_negative(object, "/spec/updateStrategy/rollingUpdate/partition", "", errors);
        }
        ("OnDelete" | "RollingUpdate", None) => {}
        _ => {
            let why = "must be 'RollingUpdate' or 'OnDelete'";
            let shown = internal(&spec["updateStrategy"], &["Partition", "MaxUnavailable"], "null");
            errors.push(FieldError::invalid_as("spec.updateStrategy", &shown, why));
        }
    }
    check::not_negative(object, "/spec/replicas", "", errors);
    check::not_negative(object, "/spec/minReadySeconds", "", errors);
    let service = text(spec, "/serviceName");
    if old.is_none() && !service.is_empty() {
        check::name(service, NameRule::Label, "spec.serviceName", errors);
    }
    selector(spec, "statefulset", errors);
    template(&with_claims(spec), "StatefulSet", errors);
}

/// The spec with a volume for each claim that the set creates.
fn with_claims(spec: &Value) -> Value {
    let mut spec = spec.clone();
    let named = |claim: &Value| json!({"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": "c"}});
    let mut volumes: Vec<Value> = list(&spec, "/volumeClaimTemplates").iter().map(named).collect();
    let own = list(&spec, "/template/spec/volumes").to_vec();
    volumes.extend(own.into_iter().filter(|own| {
        !list(&spec, "/volumeClaimTemplates").iter().any(|claim| claim["metadata"]["name"] == own["name"])
    }));
    if let Some(template) = spec.pointer_mut("/template/spec").and_then(Value::as_object_mut) {
        template.insert("volumes".to_owned(), volumes.into());
    }
    spec
}

fn stateful_update(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    const FREE: [&str; 7] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let fixed = |object: &Value| {
        let mut spec = object["spec"].as_object().cloned().unwrap_or_default();
        spec.retain(|member, _| !FREE.contains(&member.as_str()));
        spec
    };
    if fixed(object) != fixed(old) {
        let why = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
            'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' \
            are forbidden";
        errors.push(FieldError::forbidden("spec", why));
    }
}
