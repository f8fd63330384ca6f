//! The limit ranges of a namespace: what they add to the containers of a new pod, and what they refuse of pods and
//! claims (k8s.io/kubernetes/plugin/pkg/admission/limitranger).
//!
//! Where several limits are broken, the real server names them in an order that varies; here it is that of their names.
use crate::{
    base::{
        aggregate::aggregate,
        json::{list, text},
        object::{self, Object},
        status::{self, Outcome},
    },
    cel::quantity::Quantity,
    request::call::Call,
    server::state::ApiServer,
};
use serde_json::{Map, Value, json};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// The annotation that says what was added.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";
/// Lists of containers, and what the annotation calls an item.
const CONTAINERS: [(&str, &str); 2] = [("containers", "container"), ("initContainers", "init container")];

/// Amounts by the name of the resource.
type Amounts<'a> = BTreeMap<&'a str, Amount<'a>>;

/// An amount, and how it is shown.
#[derive(Debug, Clone)]
struct Amount<'a> {
    quantity: Quantity,
    text: Cow<'a, str>,
}

impl ApiServer {
    /// Adds the default requests and limits to the containers of a new pod.
    pub(crate) fn default_by_limits(&self, call: &Call<'_>, value: &mut Value) {
        if !is_limited(call) || call.kind.kind != "Pod" {
            return;
        }
        for range in self.limit_ranges(call) {
            default_containers(value, &range.value);
        }
    }

    /// Checks a new pod or claim against the limits.
    ///
    /// # Errors
    /// 403 for what breaks a limit.
    pub(crate) fn check_limits(&self, call: &Call<'_>, value: &Value) -> Outcome<()> {
        if !is_limited(call) {
            return Ok(());
        }
        for range in self.limit_ranges(call) {
            let mut broken = Vec::new();
            for limit in items(&range.value) {
                broken.extend(match (call.kind.kind.as_str(), text(limit, "type")) {
                    ("Pod", "Container") => containers(value).flat_map(|one| check_container(limit, one)).collect(),
                    ("Pod", "Pod") => check_pod(limit, value),
                    ("PersistentVolumeClaim", "PersistentVolumeClaim") => check_claim(limit, value),
                    _ => Vec::new(),
                });
            }
            let Some(why) = aggregate(broken) else { continue };
            return Err(status::forbidden(call.kind.subject(), object::meta_str(value, "name"), &why));
        }
        Ok(())
    }

    fn limit_ranges(&self, call: &Call<'_>) -> Vec<Arc<Object>> {
        let Some(kind) = self.registry.find("", "v1", "limitranges") else { return Vec::new() };
        let prefix = format!("{}/", call.namespace);
        self.store.range_at(kind.id, &prefix, None, self.store.revision()).cloned().collect()
    }
}

fn is_limited(call: &Call<'_>) -> bool {
    !call.kind.custom
        && call.subresource.is_empty()
        && matches!(call.kind.kind.as_str(), "Pod" | "PersistentVolumeClaim")
}

fn items(range: &Value) -> &[Value] {
    list(&range["spec"], "limits")
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    CONTAINERS.into_iter().flat_map(|(name, _)| list(&pod["spec"], name))
}

fn default_containers(pod: &mut Value, range: &Value) {
    let (mut requests, mut limits) = (Map::new(), Map::new());
    for limit in items(range).iter().filter(|limit| limit["type"] == "Container") {
        let of = |member: &str| limit[member].as_object().cloned().unwrap_or_default();
        requests.extend(of("defaultRequest"));
        limits.extend(of("default"));
    }
    let mut added = Vec::new();
    for (all, name) in CONTAINERS {
        let found = pod.pointer_mut(&format!("/spec/{all}")).and_then(Value::as_array_mut);
        for container in found.into_iter().flatten().filter_map(Value::as_object_mut) {
            for (member, defaults, word) in [("requests", &requests, "request"), ("limits", &limits, "limit")] {
                let names = add_missing(container, member, defaults);
                if !names.is_empty() {
                    let of = container.get("name").and_then(Value::as_str).unwrap_or_default();
                    added.push(format!("{} {word} for {name} {of}", names.join(", ")));
                }
            }
        }
    }
    if !added.is_empty() {
        let text = format!("LimitRanger plugin set: {}", added.join("; "));
        let annotations = object::metadata_mut(pod).entry("annotations").or_insert_with(|| json!({}));
        annotations[ANNOTATION] = text.into();
    }
}

/// Adds amounts that a container does not have; returns their names.
fn add_missing(container: &mut Map<String, Value>, member: &str, defaults: &Map<String, Value>) -> Vec<String> {
    let resources = container.entry("resources").or_insert_with(|| json!({}));
    let Some(resources) = resources.as_object_mut() else { return Vec::new() };
    let missing = |name: &str| resources.get(member).is_none_or(|amounts| amounts.get(name).is_none());
    let mut names: Vec<String> = defaults.keys().filter(|name| missing(name)).cloned().collect();
    names.sort();
    for name in &names {
        resources.entry(member).or_insert_with(|| json!({}))[name] = defaults[name].clone();
    }
    names
}

fn amounts<'a>(owner: &'a Value, pointer: &str) -> Amounts<'a> {
    let found = owner.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
    let read = |(name, amount): (&'a String, &'a Value)| {
        let text = amount.as_str()?;
        Some((name.as_str(), Amount { quantity: Quantity::parse(text).ok()?, text: text.into() }))
    };
    found.filter_map(read).collect()
}

fn check_container(limit: &Value, container: &Value) -> Vec<String> {
    check(limit, "Container", &amounts(container, "/resources/requests"), &amounts(container, "/resources/limits"))
}

fn check_pod(limit: &Value, pod: &Value) -> Vec<String> {
    check(limit, "Pod", &of_pod(pod, "requests"), &of_pod(pod, "limits"))
}

/// What all containers of a pod have together: init containers run one after the other, before the others.
fn of_pod<'a>(pod: &'a Value, member: &str) -> Amounts<'a> {
    let of = |container: &'a Value| amounts(container, &format!("/resources/{member}"));
    let (mut all, mut restarted, mut first) = (Amounts::new(), Amounts::new(), Amounts::new());
    list(&pod["spec"], "containers").iter().for_each(|container| add(&mut all, &of(container)));
    for container in list(&pod["spec"], "initContainers") {
        let own = of(container);
        let mut together = restarted.clone();
        add(&mut together, &own);
        if container["restartPolicy"] == "Always" {
            add(&mut all, &own);
            restarted = together.clone();
        }
        raise(&mut first, &together);
    }
    raise(&mut all, &first);
    let of_the_whole = amounts(pod, &format!("/spec/resources/{member}"));
    all.extend(of_the_whole);
    all
}

fn add<'a>(to: &mut Amounts<'a>, more: &Amounts<'a>) {
    for (name, amount) in more {
        let sum = to.get(name).map_or_else(
            || amount.clone(),
            |had| {
                let quantity = had.quantity.plus(&amount.quantity);
                Amount { quantity, text: quantity.shown_like(&had.text).into() }
            },
        );
        to.insert(name, sum);
    }
}

fn raise<'a>(to: &mut Amounts<'a>, others: &Amounts<'a>) {
    for (name, amount) in others {
        if to.get(name).is_none_or(|had| had.quantity.compare(&amount.quantity).is_lt()) {
            to.insert(name, amount.clone());
        }
    }
}

fn check(limit: &Value, what: &str, requests: &Amounts<'_>, limits: &Amounts<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, least) in amounts(limit, "/min") {
        let rule = format!("minimum {name} usage per {what} is {}", least.text);
        let below = |amount: &&Amount<'_>| amount.quantity.compare(&least.quantity).is_lt();
        broken.extend(match (requests.get(name), limits.get(name).filter(below)) {
            (None, _) => Some(format!("{rule}.  No request is specified")),
            (Some(request), _) if below(&request) => Some(format!("{rule}, but request is {}", request.text)),
            (Some(_), Some(limit)) => Some(format!("{rule}, but limit is {}", limit.text)),
            (Some(_), None) => None,
        });
    }
    for (name, most) in amounts(limit, "/max") {
        let rule = format!("maximum {name} usage per {what} is {}", most.text);
        let above = |amount: &&Amount<'_>| amount.quantity.compare(&most.quantity).is_gt();
        broken.extend(match (limits.get(name), requests.get(name).filter(above)) {
            (None, _) => Some(format!("{rule}.  No limit is specified")),
            (Some(limit), _) if above(&limit) => Some(format!("{rule}, but limit is {}", limit.text)),
            (Some(_), Some(request)) => Some(format!("{rule}, but request is {}", request.text)),
            (Some(_), None) => None,
        });
    }
    for (name, most) in amounts(limit, "/maxLimitRequestRatio") {
        let rule = format!("{name} max limit to request ratio per {what} is {}", most.text);
        let positive = |amount: &&Amount<'_>| amount.quantity.sign() != 0;
        let (request, limit) = (requests.get(name).filter(positive), limits.get(name).filter(positive));
        broken.extend(match (request, limit) {
            (None, _) => Some(format!("{rule}, but no request is specified or request is 0")),
            (_, None) => Some(format!("{rule}, but no limit is specified or limit is 0")),
            (Some(request), Some(limit)) => {
                let ratio = limit.quantity.as_float() / request.quantity.as_float();
                (ratio > most.quantity.as_float()).then(|| format!("{rule}, but provided ratio is {ratio:.6}"))
            }
        });
    }
    broken
}

/// A claim has requests only.
fn check_claim(limit: &Value, claim: &Value) -> Vec<String> {
    let requests = amounts(claim, "/spec/resources/requests");
    let mut broken = check(&json!({"min": limit["min"]}), "PersistentVolumeClaim", &requests, &Amounts::new());
    for (name, most) in amounts(limit, "/max") {
        let rule = format!("maximum {name} usage per PersistentVolumeClaim is {}", most.text);
        broken.extend(match requests.get(name) {
            None => Some(format!("{rule}.  No request is specified")),
            Some(request) if request.quantity.compare(&most.quantity).is_gt() => {
                Some(format!("{rule}, but request is {}", request.text))
            }
            Some(_) => None,
        });
    }
    broken
}
