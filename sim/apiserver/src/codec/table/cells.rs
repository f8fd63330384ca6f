//! The cells of a row, for each kind (k8s.io/kubernetes/pkg/printers/internalversion/printers.go). The server prints
//! all columns, including those of `-o wide`.
use super::{
    access::{count, is_true, list, number, or, text, truth},
    pod, printers, rows, selector_text, workloads,
};
use crate::base::age;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The cells of an object; None for a kind without a printer.
pub(crate) fn of(kind: &str, value: &Value, now: Timestamp) -> Option<Vec<Value>> {
    let name = text(value, "/metadata/name");
    let age = &age::since(value.pointer("/metadata/creationTimestamp"), now);
    Some(match kind {
        "Pod" => pod::row(value, name, age, now),
        "Deployment" => workloads::deployment(value, name, age),
        "ReplicaSet" => workloads::replica_set(value, name, age),
        "StatefulSet" => workloads::stateful_set(value, name, age),
        "DaemonSet" => workloads::daemon_set(value, name, age),
        "Job" => workloads::job(value, name, age, now),
        "CronJob" => workloads::cron_job(value, name, age, now),
        "Event" => event(value, name, now),
        "Node" => node(value, name, age),
        "Service" => service(value, name, age),
        "PersistentVolumeClaim" => claim(value, name, age),
        "RoleBinding" | "ClusterRoleBinding" => binding(value, name, age),
        "ControllerRevision" => controller_revision(value, name, age),
        "ConfigMap" => vec![json!(name), json!(count(value, "/data") + count(value, "/binaryData")), json!(age)],
        "ResourceQuota" => quota(value, name, age),
        "Endpoints" => vec![json!(name), json!(endpoints(value)), json!(age)],
        _ => return rows::of(kind, value, now),
    })
}

/// The cells of an event in its stored form, that of the core group.
fn event(value: &Value, name: &str, now: Timestamp) -> Vec<Value> {
    let time = |pointer: &str| value.pointer(pointer).filter(|time| time.is_string());
    let first = age::since(time("/firstTimestamp").or_else(|| time("/eventTime")), now);
    let mut last = time("/lastTimestamp").map_or_else(|| first.clone(), |time| age::since(Some(time), now));
    // In events.k8s.io, an event that is not a series has no count.
    let mut count = number(value, "/count").max(1);
    if value.pointer("/series").is_some_and(Value::is_object) {
        last = age::since(time("/series/lastObservedTime"), now);
        count = number(value, "/series/count");
    }
    let kind = text(value, "/involvedObject/kind").to_lowercase();
    let object = match text(value, "/involvedObject/name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    let component = or(text(value, "/source/component"), text(value, "/reportingComponent"));
    let source = match or(text(value, "/source/host"), text(value, "/reportingInstance")) {
        "" => component.to_owned(),
        instance => format!("{component}, {instance}"),
    };
    vec![
        json!(last),
        json!(text(value, "/type")),
        json!(text(value, "/reason")),
        json!(object),
        json!(text(value, "/involvedObject/fieldPath")),
        json!(source),
        json!(text(value, "/message").trim()),
        json!(first),
        json!(count),
        json!(name),
    ]
}

/// Usage per hard limit of a quota, with limits separate from requests.
fn quota(value: &Value, name: &str, age: &str) -> Vec<Value> {
    let hard: BTreeMap<_, _> = value.pointer("/status/hard").and_then(Value::as_object).into_iter().flatten().collect();
    let shown = |amount: Option<&Value>| amount.and_then(Value::as_str).unwrap_or("0").to_owned();
    let column = |limits: bool| {
        let resources = hard.iter().filter(|(resource, _)| resource.starts_with("limits.") == limits);
        let texts = resources.map(|(resource, most)| {
            let used = value.pointer("/status/used").and_then(|used| used.get(resource.as_str()));
            format!("{resource}: {}/{}", shown(used), shown(Some(most)))
        });
        texts.collect::<Vec<_>>().join(", ")
    };
    vec![json!(name), json!(column(false)), json!(column(true)), json!(age)]
}

fn node(value: &Value, name: &str, age: &str) -> Vec<Value> {
    let conditions = list(value, "/status/conditions");
    let mut status = match conditions.iter().any(|c| text(c, "/type") == "Ready") {
        true if is_true(conditions, "Ready") => "Ready".to_owned(),
        true => "NotReady".to_owned(),
        false => "Unknown".to_owned(),
    };
    if truth(value, "/spec/unschedulable") {
        status.push_str(",SchedulingDisabled");
    }
    let system = |member: &str| text(value, &format!("/status/nodeInfo/{member}")).to_owned();
    let shown = |member: &str| match system(member) {
        empty if empty.is_empty() => "<unknown>".to_owned(),
        found => found,
    };
    let address = |kind: &str| {
        let found = list(value, "/status/addresses").iter().find(|address| text(address, "/type") == kind);
        found.map_or("<none>", |address| text(address, "/address")).to_owned()
    };
    let mut kernel = shown("kernelVersion");
    if !system("architecture").is_empty() {
        kernel.push_str(&format!(" ({})", system("architecture")));
    }
    vec![
        json!(name),
        json!(status),
        json!(node_roles(value)),
        json!(age),
        json!(system("kubeletVersion")),
        json!(address("InternalIP")),
        json!(address("ExternalIP")),
        json!(shown("osImage")),
        json!(kernel),
        json!(shown("containerRuntimeVersion")),
    ]
}

fn node_roles(value: &Value) -> String {
    let labels = value.pointer("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
    let roles: BTreeSet<_> = labels
        .filter_map(|(key, role)| match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => Some(role),
            None if key == "kubernetes.io/role" => role.as_str(),
            None => None,
        })
        .filter(|role| !role.is_empty())
        .collect();
    if roles.is_empty() { "<none>".into() } else { roles.into_iter().collect::<Vec<_>>().join(",") }
}

fn service(value: &Value, name: &str, age: &str) -> Vec<Value> {
    let ports: Vec<_> = list(value, "/spec/ports").iter().map(port).collect();
    let ports = ports.join(",");
    vec![
        json!(name),
        json!(text(value, "/spec/type")),
        json!(or(text(value, "/spec/clusterIPs/0"), "<none>")),
        json!(external_ip(value)),
        json!(or(&ports, "<none>")),
        json!(age),
        json!(selector_text::labels(value.pointer("/spec/selector"))),
    ]
}

fn port(port: &Value) -> String {
    let (number, protocol) = (number(port, "/port"), text(port, "/protocol"));
    match self::number(port, "/nodePort") {
        0 => format!("{number}/{protocol}"),
        node => format!("{number}:{node}/{protocol}"),
    }
}

fn external_ip(value: &Value) -> String {
    let mut all: Vec<_> = list(value, "/spec/externalIPs").iter().filter_map(Value::as_str).collect();
    match text(value, "/spec/type") {
        "ClusterIP" | "NodePort" if all.is_empty() => return "<none>".into(),
        "ClusterIP" | "NodePort" => {}
        "LoadBalancer" => {
            let ingress = list(value, "/status/loadBalancer/ingress").iter();
            let found: BTreeSet<_> = ingress.map(|i| or(text(i, "/ip"), text(i, "/hostname"))).collect();
            all.splice(0..0, found.into_iter().filter(|address| !address.is_empty()));
            if all.is_empty() {
                return "<pending>".into();
            }
        }
        "ExternalName" => return text(value, "/spec/externalName").to_owned(),
        _ => return "<unknown>".into(),
    }
    all.join(",")
}

fn claim(value: &Value, name: &str, age: &str) -> Vec<Value> {
    let bound = !text(value, "/spec/volumeName").is_empty();
    vec![
        json!(name),
        printers::volume_phase(value),
        json!(text(value, "/spec/volumeName")),
        json!(if bound { or(text(value, "/status/capacity/storage"), "0") } else { "" }),
        json!(if bound { printers::access_modes(list(value, "/status/accessModes")) } else { String::new() }),
        printers::volume_class(value),
        json!(or(text(value, "/spec/volumeAttributesClassName"), "<unset>")),
        json!(age),
        json!(or(text(value, "/spec/volumeMode"), "<unset>")),
    ]
}

fn binding(value: &Value, name: &str, age: &str) -> Vec<Value> {
    let role = format!("{}/{}", text(value, "/roleRef/kind"), text(value, "/roleRef/name"));
    let subjects = |kind: &str| {
        let of_kind = list(value, "/subjects").iter().filter(|subject| text(subject, "/kind") == kind);
        let names = of_kind.map(|subject| match kind {
            "ServiceAccount" => format!("{}/{}", text(subject, "/namespace"), text(subject, "/name")),
            _ => text(subject, "/name").to_owned(),
        });
        json!(names.collect::<Vec<_>>().join(", "))
    };
    vec![json!(name), json!(role), json!(age), subjects("User"), subjects("Group"), subjects("ServiceAccount")]
}

fn controller_revision(value: &Value, name: &str, age: &str) -> Vec<Value> {
    let controller = list(value, "/metadata/ownerReferences").iter().find(|owner| truth(owner, "/controller"));
    let controller = controller.map_or_else(
        || "<none>".to_owned(),
        |owner| {
            let group = text(owner, "/apiVersion").split_once('/').map_or("", |(group, _)| group);
            let dot = if group.is_empty() { "" } else { "." };
            format!("{}{dot}{group}/{}", text(owner, "/kind").to_lowercase(), text(owner, "/name"))
        },
    );
    vec![json!(name), json!(controller), json!(number(value, "/revision")), json!(age)]
}

/// Shows three addresses at most.
fn endpoints(value: &Value) -> String {
    const SHOWN: usize = 3;
    let mut all = Vec::new();
    for subset in list(value, "/subsets") {
        let addresses = || list(subset, "/addresses").iter().map(|address| text(address, "/ip"));
        let ports = list(subset, "/ports");
        if ports.is_empty() {
            all.extend(addresses().map(str::to_owned));
        }
        for port in ports {
            let host = |ip: &str| if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
            all.extend(addresses().map(|ip| format!("{}:{}", host(ip), number(port, "/port"))));
        }
    }
    match all.len() {
        0 => "<none>".into(),
        found if found > SHOWN => format!("{} + {} more...", all[..SHOWN].join(","), found - SHOWN),
        _ => all.join(","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: &str, value: &Value) -> Vec<Value> {
        of(kind, value, Timestamp::from_second(100).unwrap()).unwrap()
    }

    #[test]
    fn load_balancer_waits_for_its_address() {
        let ports = json!([{"port": 80, "nodePort": 30080, "protocol": "TCP"}]);
        let mut service = json!({"spec": {"type": "LoadBalancer", "ports": ports}});
        assert_eq!(shown("Service", &service)[3..5], ["<pending>", "80:30080/TCP"]);
        service["status"] = json!({"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}});
        assert_eq!(shown("Service", &service)[3], "10.0.0.9");
    }

    #[test]
    fn series_counts_for_the_event() {
        let series = json!({"count": 7, "lastObservedTime": "1970-01-01T00:01:30.000000Z"});
        let event = json!({"eventTime": "1970-01-01T00:00:40.000000Z", "series": series,
            "involvedObject": {"kind": "Pod", "name": "p"}, "reportingComponent": "c", "reportingInstance": "i"});
        let cells = shown("Event", &event);
        assert_eq!(cells[0], "10s");
        assert_eq!(cells[3..6], ["pod/p", "", "c, i"]);
        assert_eq!((&cells[7], &cells[8]), (&json!("60s"), &json!(7)));
    }

    #[test]
    fn node_shows_roles_and_cordon() {
        let labels = json!({"node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": ""});
        let status = json!({"conditions": [{"type": "Ready", "status": "True"}]});
        let node = json!({"metadata": {"labels": labels}, "spec": {"unschedulable": true}, "status": status});
        assert_eq!(shown("Node", &node)[1..3], ["Ready,SchedulingDisabled", "control-plane,worker"]);
    }
}
