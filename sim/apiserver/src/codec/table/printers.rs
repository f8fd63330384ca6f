//! Cells that show more than one member (k8s.io/kubernetes/pkg/printers/internalversion/printers.go).
use super::{
    access::{list, number, or, text},
    selector_text,
};
use crate::base::age;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Number of addresses, ports or hosts that a cell shows.
const SHOWN: usize = 3;

/// The names of the containers and their images.
pub(super) fn containers(value: &Value, pointer: &str) -> [Value; 2] {
    ["/name", "/image"].map(|member| {
        let all: Vec<_> = list(value, pointer).iter().map(|container| text(container, member)).collect();
        all.join(",").into()
    })
}

fn annotated(value: &Value, names: &[&str]) -> Value {
    let name = text(value, "/metadata/name");
    let annotations = value.pointer("/metadata/annotations");
    let is_default = names.iter().any(|key| annotations.and_then(|found| found.get(key)).is_some_and(|v| v == "true"));
    json!(if is_default { format!("{name} (default)") } else { name.to_owned() })
}

pub(super) fn storage_class(value: &Value) -> Value {
    annotated(
        value,
        &["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"],
    )
}

pub(super) fn ingress_class(value: &Value) -> Value {
    annotated(value, &["ingressclass.kubernetes.io/is-default-class"])
}

pub(super) fn class_parameters(value: &Value) -> Value {
    let Some(parameters) = value.pointer("/spec/parameters") else { return json!("<none>") };
    let group = parameters.get("apiGroup").and_then(Value::as_str).map(|group| format!(".{group}"));
    json!(format!("{}{}/{}", text(parameters, "/kind"), group.unwrap_or_default(), text(parameters, "/name")))
}

pub(super) fn hosts(value: &Value) -> Value {
    let rules = list(value, "/spec/rules");
    let hosts = rules.iter().map(|rule| text(rule, "/host")).filter(|host| !host.is_empty());
    let shown: Vec<_> = hosts.take(SHOWN).collect();
    let more = shown.len() == SHOWN && rules.len() > SHOWN;
    let joined = if shown.is_empty() { "*".to_owned() } else { shown.join(",") };
    json!(if more { format!("{joined} + {} more...", rules.len() - SHOWN) } else { joined })
}

pub(super) fn ingress_ports(value: &Value) -> Value {
    json!(if list(value, "/spec/tls").is_empty() { "80" } else { "80, 443" })
}

pub(super) fn ingress_addresses(value: &Value) -> Value {
    let ingress = list(value, "/status/loadBalancer/ingress").iter();
    let all: BTreeSet<_> = ingress.map(|i| or(text(i, "/ip"), text(i, "/hostname"))).collect();
    json!(all.into_iter().filter(|address| !address.is_empty()).collect::<Vec<_>>().join(","))
}

pub(super) fn pod_selector(value: &Value) -> Value {
    let shown = selector_text::selector(value.pointer("/spec/podSelector"));
    json!(or(&shown, "<none>"))
}

pub(super) fn address_ranges(value: &Value) -> Value {
    let ranges: Vec<_> = list(value, "/spec/cidrs").iter().filter_map(Value::as_str).collect();
    json!(ranges.join(","))
}

pub(super) fn parent(value: &Value) -> Value {
    let Some(parent) = value.pointer("/spec/parentRef") else { return json!("<none>") };
    let member = |name: &str| text(parent, name);
    let dot = if member("/group").is_empty() { "" } else { "." };
    let resource = format!("{}{dot}{}", member("/resource"), member("/group")).to_lowercase();
    let namespace = Some(member("/namespace")).filter(|n| !n.is_empty()).map(|n| format!("/{n}"));
    json!(format!("{resource}{}/{}", namespace.unwrap_or_default(), member("/name")))
}

pub(super) fn scale_target(value: &Value) -> Value {
    json!(format!("{}/{}", text(value, "/spec/scaleTargetRef/kind"), text(value, "/spec/scaleTargetRef/name")))
}

/// Access modes in their short form, in a fixed order.
pub(super) fn access_modes(modes: &[Value]) -> String {
    let short =
        [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];
    let found = short.iter().filter(|(mode, _)| modes.iter().any(|found| found == mode));
    found.map(|(_, short)| *short).collect::<Vec<_>>().join(",")
}

/// The class of a volume or a claim: the annotation is older than the member, and takes precedence.
pub(super) fn volume_class(value: &Value) -> Value {
    let annotation = value.pointer("/metadata/annotations/volume.beta.kubernetes.io~1storage-class");
    json!(annotation.and_then(Value::as_str).unwrap_or_else(|| text(value, "/spec/storageClassName")))
}

pub(super) fn volume_modes(value: &Value) -> Value {
    json!(access_modes(list(value, "/spec/accessModes")))
}

pub(super) fn volume_phase(value: &Value) -> Value {
    let terminating = value.pointer("/metadata/deletionTimestamp").is_some();
    json!(if terminating { "Terminating" } else { text(value, "/status/phase") })
}

pub(super) fn volume_claim(value: &Value) -> Value {
    let claim = value.pointer("/spec/claimRef");
    json!(claim.map_or_else(String::new, |c| format!("{}/{}", text(c, "/namespace"), text(c, "/name"))))
}

pub(super) fn token_requests(value: &Value) -> Value {
    let Some(requests) = value.pointer("/spec/tokenRequests").and_then(Value::as_array) else {
        return json!("<unset>");
    };
    json!(requests.iter().map(|request| text(request, "/audience")).collect::<Vec<_>>().join(","))
}

pub(super) fn lifecycle_modes(value: &Value) -> Value {
    let modes: Vec<_> = list(value, "/spec/volumeLifecycleModes").iter().filter_map(Value::as_str).collect();
    json!(or(&modes.join(","), "<none>"))
}

pub(super) fn claim_state(value: &Value) -> Value {
    let deleted = value.pointer("/metadata/deletionTimestamp").is_some();
    let allocated = value.pointer("/status/allocation").is_some();
    let reserved = allocated && !list(value, "/status/reservedFor").is_empty();
    let states = [("deleted", deleted), ("pending", !deleted && !allocated), ("allocated", allocated)];
    let states = states.into_iter().chain([("reserved", reserved)]).filter(|(_, holds)| *holds);
    json!(states.map(|(name, _)| name).collect::<Vec<_>>().join(","))
}

pub(super) fn requested_duration(value: &Value) -> Value {
    let seconds = value.pointer("/spec/expirationSeconds").and_then(Value::as_i64);
    json!(seconds.map_or_else(|| "<none>".to_owned(), |seconds| age::human(seconds * 1000)))
}

pub(super) fn signing_state(value: &Value) -> Value {
    let has = |wanted: &str| list(value, "/status/conditions").iter().any(|c| text(c, "/type") == wanted);
    let mut state = match (has("Denied"), has("Approved")) {
        (true, _) => "Denied",
        (false, true) => "Approved",
        (false, false) => "Pending",
    }
    .to_owned();
    if has("Failed") {
        state.push_str(",Failed");
    }
    if !text(value, "/status/certificate").is_empty() {
        state.push_str(",Issued");
    }
    json!(state)
}

fn healthy(value: &Value) -> Option<&Value> {
    list(value, "/conditions").iter().find(|condition| text(condition, "/type") == "Healthy")
}

pub(super) fn health(value: &Value) -> Value {
    json!(match healthy(value).map(|condition| text(condition, "/status")) {
        Some("True") => "Healthy",
        Some(_) => "Unhealthy",
        None => "Unknown",
    })
}

pub(super) fn health_message(value: &Value) -> Value {
    json!(healthy(value).map_or("", |condition| text(condition, "/message")))
}

pub(super) fn health_error(value: &Value) -> Value {
    json!(healthy(value).map_or("", |condition| text(condition, "/error")))
}

pub(super) fn dangling(value: &Value) -> Value {
    let conditions = list(value, "/status/conditions");
    let found = conditions.iter().find(|condition| text(condition, "/type") == "Dangling");
    json!(found.map_or("?", |condition| text(condition, "/status")))
}

pub(super) fn parameter_kind(value: &Value) -> Value {
    let Some(kind) = value.pointer("/spec/paramKind") else { return json!("<unset>") };
    json!(format!("{}/{}", text(kind, "/apiVersion"), text(kind, "/kind")))
}

pub(super) fn parameter(value: &Value) -> Value {
    let Some(parameter) = value.pointer("/spec/paramRef") else { return json!("<unset>") };
    match text(parameter, "/name") {
        "" => json!("<unset>"),
        // A parameter without a namespace may be of any.
        name => json!(format!("{}/{name}", or(text(parameter, "/namespace"), "*"))),
    }
}

pub(super) fn service_of_api(value: &Value) -> Value {
    let service = value.pointer("/spec/service");
    json!(service.map_or("Local".to_owned(), |s| format!("{}/{}", text(s, "/namespace"), text(s, "/name"))))
}

pub(super) fn availability(value: &Value) -> Value {
    let conditions = list(value, "/status/conditions");
    let found = conditions.iter().find(|condition| text(condition, "/type") == "Available");
    json!(match found.map(|condition| (text(condition, "/status"), text(condition, "/reason"))) {
        Some(("True", _)) => "True".to_owned(),
        Some((status, reason)) => format!("{status} ({reason})"),
        None => "Unknown".to_owned(),
    })
}

pub(super) fn slice_ports(value: &Value) -> Value {
    let ports = list(value, "/ports").iter().map(|port| match (port.get("port"), port.get("name")) {
        (Some(_), _) => number(port, "/port").to_string(),
        (None, Some(_)) => text(port, "/name").to_owned(),
        (None, None) => "*".to_owned(),
    });
    some_of(ports.collect())
}

pub(super) fn slice_addresses(value: &Value) -> Value {
    let addresses = list(value, "/endpoints").iter().flat_map(|endpoint| list(endpoint, "/addresses"));
    some_of(addresses.filter_map(Value::as_str).map(str::to_owned).collect())
}

/// The first three, and the number of those left out.
pub(super) fn some_of(all: Vec<String>) -> Value {
    json!(match all.len() {
        0 => "<unset>".to_owned(),
        found if found > SHOWN => format!("{} + {} more...", all[..SHOWN].join(","), found - SHOWN),
        _ => all.join(","),
    })
}
