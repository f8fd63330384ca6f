//! The row of a pod: the number of its ready containers, and a one-word summary of its state
//! (k8s.io/kubernetes/pkg/printers/internalversion/printers.go, printPod).
use super::access::{is_true, list, number, or, text, truth};
use crate::base::age;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Summary of the container statuses.
struct Summary<'a> {
    reason: String,
    ready: usize,
    restarts: i64,
    /// Time when a container last ended before a restart.
    last_restart: &'a str,
}

pub(crate) fn row(value: &Value, name: &str, age: &str, now: Timestamp) -> Vec<Value> {
    let sidecars = list(value, "/spec/initContainers").iter().filter(|container| is_sidecar(container)).count();
    let total = list(value, "/spec/containers").len() + sidecars;
    let summary = summary(value);
    let mut restarts = summary.restarts.to_string();
    if summary.restarts != 0 && !summary.last_restart.is_empty() {
        let when = age::since(Some(&summary.last_restart.into()), now);
        restarts = format!("{restarts} ({when} ago)");
    }
    vec![
        json!(name),
        json!(format!("{}/{total}", summary.ready)),
        json!(state(value, summary.reason)),
        json!(restarts),
        json!(age),
        json!(or(text(value, "/status/podIPs/0/ip"), "<none>")),
        json!(or(text(value, "/spec/nodeName"), "<none>")),
        json!(or(text(value, "/status/nominatedNodeName"), "<none>")),
        json!(readiness_gates(value)),
    ]
}

/// The state of a pod; a pod that is being deleted is shown as such unless it has ended.
fn state(value: &Value, reason: String) -> String {
    if value.pointer("/metadata/deletionTimestamp").is_none() {
        return reason;
    }
    match text(value, "/status/phase") {
        _ if text(value, "/status/reason") == "NodeLost" => "Unknown".into(),
        "Succeeded" | "Failed" => reason,
        _ => "Terminating".into(),
    }
}

fn summary(value: &Value) -> Summary<'_> {
    let conditions = list(value, "/status/conditions");
    let gated = |c: &Value| text(c, "/type") == "PodScheduled" && text(c, "/reason") == "SchedulingGated";
    let mut reason = or(text(value, "/status/reason"), text(value, "/status/phase")).to_owned();
    if conditions.iter().any(gated) {
        reason = "SchedulingGated".into();
    }
    let mut all = Summary { reason, ready: 0, restarts: 0, last_restart: "" };
    let mut sidecars = Summary { reason: String::new(), ready: 0, restarts: 0, last_restart: "" };
    let initializing = add_init_containers(value, &mut all, &mut sidecars);
    if !initializing || is_true(conditions, "Initialized") {
        (all.restarts, all.last_restart) = (sidecars.restarts, sidecars.last_restart);
        add_containers(value, &mut all);
    }
    all
}

/// Adds the init containers in order, up to the one that the pod waits for; true if there is one.
fn add_init_containers<'a>(value: &'a Value, all: &mut Summary<'a>, sidecars: &mut Summary<'a>) -> bool {
    let specs = list(value, "/spec/initContainers");
    for (i, status) in list(value, "/status/initContainerStatuses").iter().enumerate() {
        let spec = specs.iter().find(|spec| text(spec, "/name") == text(status, "/name"));
        let sidecar = spec.is_some_and(is_sidecar);
        all.add_restarts(status);
        if sidecar {
            sidecars.add_restarts(status);
        }
        let ended = status.pointer("/state/terminated");
        let waiting = text(status, "/state/waiting/reason");
        match ended {
            Some(ended) if number(ended, "/exitCode") == 0 => continue,
            _ if sidecar && truth(status, "/started") => {
                all.ready += usize::from(truth(status, "/ready"));
                continue;
            }
            Some(ended) => all.reason = format!("Init:{}", termination(ended)),
            None if !matches!(waiting, "" | "PodInitializing") => all.reason = format!("Init:{waiting}"),
            None => all.reason = format!("Init:{i}/{}", specs.len()),
        }
        return true;
    }
    false
}

/// Adds the containers from last to first; the first unhealthy one determines the state.
fn add_containers<'a>(value: &'a Value, all: &mut Summary<'a>) {
    let (mut running, mut failure) = (false, String::new());
    for status in list(value, "/status/containerStatuses").iter().rev() {
        all.add_restarts(status);
        let waiting = text(status, "/state/waiting/reason");
        if !waiting.is_empty() {
            waiting.clone_into(&mut all.reason);
        } else if let Some(ended) = status.pointer("/state/terminated") {
            all.reason = termination(ended);
            if number(ended, "/exitCode") != 0 {
                failure.clone_from(&all.reason);
            }
        } else if truth(status, "/ready") && status.pointer("/state/running").is_some() {
            running = true;
            all.ready += 1;
        }
    }
    if all.reason == "Completed" {
        if running && is_true(list(value, "/status/conditions"), "Ready") {
            all.reason = "Running".into();
        } else if !failure.is_empty() {
            all.reason = failure;
        } else if running {
            all.reason = "NotReady".into();
        }
    }
}

impl<'a> Summary<'a> {
    fn add_restarts(&mut self, status: &'a Value) {
        self.restarts += number(status, "/restartCount");
        // RFC 3339 in UTC sorts lexically.
        self.last_restart = self.last_restart.max(text(status, "/lastState/terminated/finishedAt"));
    }
}

fn termination(ended: &Value) -> String {
    match (text(ended, "/reason"), number(ended, "/signal")) {
        ("", 0) => format!("ExitCode:{}", number(ended, "/exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn is_sidecar(container: &Value) -> bool {
    text(container, "/restartPolicy") == "Always"
}

fn readiness_gates(value: &Value) -> String {
    let gates = list(value, "/spec/readinessGates");
    if gates.is_empty() {
        return "<none>".into();
    }
    let conditions = list(value, "/status/conditions");
    let open = gates.iter().filter(|gate| is_true(conditions, text(gate, "/conditionType"))).count();
    format!("{open}/{}", gates.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(pod: &Value) -> Vec<Value> {
        row(pod, "p", "1s", Timestamp::from_second(120).unwrap())[1..4].to_vec()
    }

    #[test]
    fn waiting_container_names_the_state() {
        let statuses = json!([
            {"name": "a", "ready": true, "state": {"running": {}}},
            {"name": "b", "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
             "lastState": {"terminated": {"finishedAt": "1970-01-01T00:01:00Z"}}},
        ]);
        let pod =
            json!({"spec": {"containers": [{}, {}]}, "status": {"phase": "Running", "containerStatuses": statuses}});
        assert_eq!(cells(&pod), ["1/2", "CrashLoopBackOff", "3 (60s ago)"]);
    }

    #[test]
    fn failing_init_container_holds_pod_up() {
        let statuses = json!([{"name": "i", "state": {"terminated": {"exitCode": 2}}}]);
        let pod = json!({"spec": {"containers": [{}], "initContainers": [{"name": "i"}]},
            "status": {"phase": "Pending", "initContainerStatuses": statuses}});
        assert_eq!(cells(&pod), ["0/1", "Init:ExitCode:2", "0"]);
    }

    #[test]
    fn deleted_pod_is_terminating_until_ended() {
        let pod = |phase: &str| json!({"metadata": {"deletionTimestamp": "x"}, "status": {"phase": phase}});
        assert_eq!(cells(&pod("Running"))[1], "Terminating");
        assert_eq!(cells(&pod("Succeeded"))[1], "Succeeded");
    }
}
