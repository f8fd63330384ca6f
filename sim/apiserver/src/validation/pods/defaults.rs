//! Defaults of pods and of their templates (k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, zz_generated.defaults.go).
use super::image::pull_policy;
use crate::validation::defaults::fill_member;
use serde_json::{Map, Value, json};

/// Pointers to the templates' specs, by kind.
const TEMPLATES: [(&str, &str, &str); 9] = [
    ("", "Pod", "/spec"),
    ("", "PodTemplate", "/template/spec"),
    ("", "ReplicationController", "/spec/template/spec"),
    ("apps", "Deployment", "/spec/template/spec"),
    ("apps", "ReplicaSet", "/spec/template/spec"),
    ("apps", "StatefulSet", "/spec/template/spec"),
    ("apps", "DaemonSet", "/spec/template/spec"),
    ("batch", "Job", "/spec/template/spec"),
    ("batch", "CronJob", "/spec/jobTemplate/spec/template/spec"),
];

const SPEC: &[(&str, &str)] = &[
    ("dnsPolicy", r#""ClusterFirst""#),
    ("restartPolicy", r#""Always""#),
    ("securityContext", "{}"),
    ("terminationGracePeriodSeconds", "30"),
    ("schedulerName", r#""default-scheduler""#),
    ("volumes[].hostPath.type", r#""""#),
    ("volumes[].secret.defaultMode", "420"),
    ("volumes[].configMap.defaultMode", "420"),
    ("volumes[].projected.defaultMode", "420"),
    ("volumes[].projected.sources[].serviceAccountToken.expirationSeconds", "3600"),
    ("volumes[].projected.sources[].downwardAPI.items[].fieldRef.apiVersion", r#""v1""#),
    ("volumes[].downwardAPI.defaultMode", "420"),
    ("volumes[].downwardAPI.items[].fieldRef.apiVersion", r#""v1""#),
    ("volumes[].iscsi.iscsiInterface", r#""default""#),
    ("volumes[].rbd.pool", r#""rbd""#),
    ("volumes[].rbd.user", r#""admin""#),
    ("volumes[].rbd.keyring", r#""/etc/ceph/keyring""#),
    ("volumes[].azureDisk.cachingMode", r#""ReadWrite""#),
    ("volumes[].azureDisk.fsType", r#""ext4""#),
    ("volumes[].azureDisk.readOnly", "false"),
    ("volumes[].azureDisk.kind", r#""Shared""#),
    ("volumes[].scaleIO.storageMode", r#""ThinProvisioned""#),
    ("volumes[].scaleIO.fsType", r#""xfs""#),
    ("volumes[].ephemeral.volumeClaimTemplate.spec.volumeMode", r#""Filesystem""#),
];

const CONTAINER: &[(&str, &str)] = &[
    ("terminationMessagePath", r#""/dev/termination-log""#),
    ("terminationMessagePolicy", r#""File""#),
    ("ports[].protocol", r#""TCP""#),
    ("env[].valueFrom.fieldRef.apiVersion", r#""v1""#),
    ("env[].valueFrom.fileKeyRef.optional", "false"),
    ("lifecycle.postStart.httpGet.path", r#""/""#),
    ("lifecycle.postStart.httpGet.scheme", r#""HTTP""#),
    ("lifecycle.preStop.httpGet.path", r#""/""#),
    ("lifecycle.preStop.httpGet.scheme", r#""HTTP""#),
];

const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];
const PROBE: &[(&str, &str)] = &[
    ("timeoutSeconds!", "1"),
    ("periodSeconds!", "10"),
    ("successThreshold!", "1"),
    ("failureThreshold!", "3"),
    ("httpGet.path", r#""/""#),
    ("httpGet.scheme", r#""HTTP""#),
    ("grpc.service", r#""""#),
];

/// The lists of containers.
pub(crate) const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// The pointer to the spec of the pods that a kind describes.
pub(crate) fn spec_of(group: &str, kind: &str) -> Option<&'static str> {
    let found = TEMPLATES.iter().find(|(in_group, of, _)| *of == kind && *in_group == group);
    found.map(|(.., pointer)| *pointer)
}

/// Fills in the defaults of the pod, or of the template of pods, in an object.
pub(crate) fn fill(group: &str, kind: &str, object: &mut Map<String, Value>) {
    let Some(pointer) = spec_of(group, kind) else { return };
    let mut names = pointer.split('/').skip(1);
    let first = names.next().unwrap_or_default();
    let top = object.get_mut(first);
    let spec = top.and_then(|top| names.try_fold(top, |at, name| at.get_mut(name)));
    let Some(spec) = spec.and_then(Value::as_object_mut) else { return };
    if kind == "Pod" && group.is_empty() {
        fill_pod(spec);
    }
    fill_spec(spec);
}

fn fill_spec(spec: &mut Map<String, Value>) {
    // Both names of the account are written.
    let account = ["serviceAccountName", "serviceAccount"].into_iter().find_map(|name| spec.get(name)).cloned();
    for (name, account) in ["serviceAccountName", "serviceAccount"].into_iter().zip([account.clone(), account]) {
        spec.extend(account.map(|account| (name.to_owned(), account)));
    }
    for volume in spec.get_mut("volumes").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(volume) = volume.as_object_mut() else { continue };
        if volume.keys().all(|name| name == "name") {
            volume.insert("emptyDir".to_owned(), json!({}));
        }
        if let Some(image) = volume.get_mut("image").and_then(Value::as_object_mut) {
            let policy = pull_policy(image.get("reference").and_then(Value::as_str).unwrap_or_default());
            image.entry("pullPolicy").or_insert(policy.into());
        }
    }
    for (path, value) in SPEC {
        fill_member(spec, path, value);
    }
    for list in CONTAINERS {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        containers.filter_map(Value::as_object_mut).for_each(fill_container);
    }
}

fn fill_container(container: &mut Map<String, Value>) {
    let policy = pull_policy(container.get("image").and_then(Value::as_str).unwrap_or_default());
    container.entry("imagePullPolicy").or_insert(policy.into());
    for (path, value) in CONTAINER {
        fill_member(container, path, value);
    }
    for probe in PROBES {
        for (path, value) in PROBE {
            if container.contains_key(probe) {
                fill_member(container, &format!("{probe}.{path}"), value);
            }
        }
    }
}

/// The defaults that only a pod has, not the template of one.
fn fill_pod(spec: &mut Map<String, Value>) {
    spec.entry("enableServiceLinks").or_insert(json!(true));
    let host_network = spec.get("hostNetwork") == Some(&Value::Bool(true));
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            request_limits(container);
            let ports = container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten();
            for port in ports.filter(|_| host_network).filter_map(Value::as_object_mut) {
                let number = port.get("containerPort").cloned().unwrap_or_default();
                port.entry("hostPort").or_insert(number);
            }
        }
    }
}

/// What a container is limited to is what it requests, unless it requests less.
fn request_limits(container: &mut Value) {
    let Some(resources) = container.get_mut("resources").and_then(Value::as_object_mut) else { return };
    let Some(limits) = resources.get("limits").and_then(Value::as_object).cloned() else { return };
    let requests = resources.entry("requests").or_insert_with(|| json!({}));
    for (name, limit) in limits {
        requests.as_object_mut().into_iter().for_each(|requests| {
            requests.entry(name.as_str()).or_insert_with(|| limit.clone());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_get_the_defaults_of_go() {
        let mut pod = json!({"spec": {"serviceAccountName": "a", "volumes": [{"name": "v"}],
            "containers": [{"name": "c", "image": "i", "resources": {"limits": {"cpu": "1"}},
                "livenessProbe": {"httpGet": {"port": 1}}, "ports": [{"containerPort": 80}]}]}});
        fill("", "Pod", pod.as_object_mut().unwrap());
        let container = &pod["spec"]["containers"][0];
        assert_eq!(container["resources"]["requests"], json!({"cpu": "1"}));
        assert_eq!(container["imagePullPolicy"], "Always");
        assert_eq!(container["ports"], json!([{"containerPort": 80, "protocol": "TCP"}]));
        assert_eq!(container["livenessProbe"]["httpGet"], json!({"port": 1, "path": "/", "scheme": "HTTP"}));
        assert_eq!(container["livenessProbe"]["failureThreshold"], 3);
        assert_eq!(pod["spec"]["volumes"], json!([{"name": "v", "emptyDir": {}}]));
        assert_eq!((&pod["spec"]["serviceAccount"], &pod["spec"]["restartPolicy"]), (&json!("a"), &json!("Always")));
    }

    #[test]
    fn templates_request_no_limits() {
        let mut deployment = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "c", "image": "i:1", "resources": {"limits": {"cpu": "1"}}}]}}}});
        fill("apps", "Deployment", deployment.as_object_mut().unwrap());
        let spec = &deployment["spec"]["template"]["spec"];
        assert_eq!(spec["containers"][0]["resources"], json!({"limits": {"cpu": "1"}}));
        assert_eq!(spec.get("enableServiceLinks"), None);
        assert_eq!(spec["containers"][0]["imagePullPolicy"], "IfNotPresent");
    }
}
