//! Validation of a pod's security context (k8s.io/kubernetes/pkg/apis/core/validation,
//! validatePodSpecSecurityContext): ids, system controls and policies.
use crate::{
    base::field_error::FieldError,
    validation::check::{self, list, number, text},
};
use serde_json::Value;

/// Maximum length of the name of a system control.
const SYSCTL_LIMIT: usize = 253;
const SYSCTL: &str = "must have at most 253 characters and match regex \
    ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
/// Beginnings of the controls of the IPC namespace (k8s.io/component-helpers/node/util/sysctl/namespace.go).
const OF_IPC: [&str; 4] = ["kernel.sem", "kernel.shm", "kernel.msg", "fs.mqueue."];

/// Validates the security context of a spec at a path.
pub(super) fn validate(spec: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let Some(context) = spec.get("securityContext") else { return };
    let path = format!("{path}.securityContext");
    for member in ["fsGroup", "runAsUser", "runAsGroup"] {
        id(number(context, &format!("/{member}")), &format!("{path}.{member}"), errors);
    }
    for (i, group) in list(context, "/supplementalGroups").iter().enumerate() {
        id(group.as_i64(), &format!("{path}.supplementalGroups[{i}]"), errors);
    }
    let is_set = |object: &Value, member: &str| object.get(member) == Some(&Value::Bool(true));
    if is_set(spec, "shareProcessNamespace") && is_set(spec, "hostPID") {
        let why = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.push(FieldError::invalid(format!("{path}.shareProcessNamespace"), &true.into(), why));
    }
    sysctls(spec, context, &format!("{path}.sysctls"), errors);
    let at = format!("{path}.");
    check::one_of(context, "/fsGroupChangePolicy", &at, &["Always", "OnRootMismatch"], errors);
    check::one_of(context, "/supplementalGroupsPolicy", &at, &["Merge", "Strict"], errors);
}

/// Checks the id of a user or a group.
fn id(found: Option<i64>, path: &str, errors: &mut Vec<FieldError>) {
    if let Some(found) = found.filter(|found| !(0..=i64::from(i32::MAX)).contains(found)) {
        let why = format!("must be between 0 and {}, inclusive", i32::MAX);
        errors.push(FieldError::invalid(path, &found.into(), why));
    }
}

fn sysctls(spec: &Value, context: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let mut known = Vec::new();
    for (i, control) in list(context, "/sysctls").iter().enumerate() {
        let (name, field) = (text(control, "/name"), format!("{path}[{i}].name"));
        let shown = Value::from(name);
        if name.is_empty() {
            errors.push(FieldError::required(field.as_str(), ""));
        } else if !is_sysctl(name) {
            errors.push(FieldError::invalid(field.as_str(), &shown, SYSCTL));
        } else if known.contains(&name) {
            errors.push(FieldError::duplicate(field.as_str(), &shown));
        }
        let dotted = with_dots(name);
        let is_set = |member: &str| spec.get(member) == Some(&Value::Bool(true));
        let shared = match () {
            () if is_set("hostNetwork") && dotted.starts_with("net.") => Some("hostNetwork"),
            () if is_set("hostIPC") && OF_IPC.iter().any(|start| dotted.starts_with(start)) => Some("hostIPC"),
            () => None,
        };
        if let Some(shared) = shared {
            errors.push(FieldError::invalid(field, &shown, format!("may not be specified when '{shared}' is true")));
        }
        known.push(name);
    }
}

fn is_sysctl(name: &str) -> bool {
    let ends = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_segment = |part: &str| {
        let bytes = part.as_bytes();
        bytes.first().is_some_and(ends)
            && bytes.last().is_some_and(ends)
            && bytes.iter().all(|byte| ends(byte) || matches!(byte, b'-' | b'_'))
    };
    name.len() <= SYSCTL_LIMIT && name.split(['.', '/']).all(is_segment)
}

/// The name with dots between its parts: where a slash is the first separator, slashes and dots are swapped.
fn with_dots(name: &str) -> String {
    let swapped = name.find(['.', '/']).is_some_and(|at| name.as_bytes()[at] == b'/');
    let swap = |letter| match letter {
        '/' => '.',
        '.' => '/',
        other => other,
    };
    if swapped { name.chars().map(swap).collect() } else { name.to_owned() }
}
