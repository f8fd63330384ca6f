//! Validation of containers (k8s.io/kubernetes/pkg/apis/core/validation, validateContainers).
use crate::{
    base::{field_error::FieldError, names::NameRule},
    cel::quantity::Quantity,
    validation::{
        check::{self, list, number, text},
        networking::port_name,
    },
};
use serde_json::Value;

const PULL_POLICIES: [&str; 3] = ["Always", "IfNotPresent", "Never"];
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

/// Validates the containers and the init containers of a spec.
pub(super) fn validate(spec: &Value, path: &str, volumes: &[&str], errors: &mut Vec<FieldError>) {
    let containers = list(spec, "/containers");
    if containers.is_empty() {
        errors.push(FieldError::required(format!("{path}.containers"), ""));
    }
    let mut known: Vec<&str> = Vec::new();
    for (i, container) in containers.iter().enumerate() {
        let at = format!("{path}.containers[{i}]");
        validate_container(container, &at, volumes, errors);
        let name = text(container, "/name");
        if known.contains(&name) {
            errors.push(FieldError::duplicate(format!("{at}.name"), &name.into()));
        }
        known.push(name);
        probes(container, &at, errors);
    }
    for (i, container) in list(spec, "/initContainers").iter().enumerate() {
        let at = format!("{path}.initContainers[{i}]");
        validate_container(container, &at, volumes, errors);
        let name = text(container, "/name");
        if known.contains(&name) && !name.is_empty() {
            errors.push(FieldError::duplicate(format!("{at}.name"), &name.into()));
        }
        known.push(name);
        let restarts = text(container, "/restartPolicy") == "Always";
        if restarts {
            probes(container, &at, errors);
            continue;
        }
        let unusual = [
            ("lifecycle", "may not be set for init containers without restartPolicy=Always"),
            ("livenessProbe", "may not be set for init containers without restartPolicy=Always"),
            ("readinessProbe", "may not be set for init containers without restartPolicy=Always"),
            ("startupProbe", "may not be set for init containers without restartPolicy=Always"),
        ];
        for (member, why) in unusual.into_iter().filter(|(member, _)| container.get(*member).is_some()) {
            errors.push(FieldError::forbidden(format!("{at}.{member}"), why));
        }
    }
    host_ports(containers, &format!("{path}.containers"), errors);
}

fn validate_container(container: &Value, path: &str, volumes: &[&str], errors: &mut Vec<FieldError>) {
    let name = text(container, "/name");
    if name.is_empty() {
        errors.push(FieldError::required(format!("{path}.name"), ""));
    } else {
        check::name(name, NameRule::Label, &format!("{path}.name"), errors);
    }
    if text(container, "/image").is_empty() {
        errors.push(FieldError::required(format!("{path}.image"), ""));
    }
    let at = format!("{path}.");
    check::one_of(container, "/terminationMessagePolicy", &at, &["File", "FallbackToLogsOnError"], errors);
    ports(container, path, errors);
    variables(container, path, errors);
    mounts(container, path, volumes, errors);
    check::one_of(container, "/imagePullPolicy", &at, &PULL_POLICIES, errors);
    resources(container.get("resources").unwrap_or(&Value::Null), &format!("{path}.resources"), errors);
}

fn ports(container: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let mut known: Vec<&str> = Vec::new();
    for (i, port) in list(container, "/ports").iter().enumerate() {
        let path = format!("{path}.ports[{i}]");
        let name = text(port, "/name");
        if !name.is_empty() {
            let before = errors.len();
            port_name(name, &format!("{path}.name"), errors);
            if known.contains(&name) {
                errors.push(FieldError::duplicate(format!("{path}.name"), &name.into()));
            } else if errors.len() == before {
                known.push(name);
            }
        }
        match number(port, "/containerPort").unwrap_or_default() {
            0 => errors.push(FieldError::required(format!("{path}.containerPort"), "")),
            number => check::port(number, &format!("{path}.containerPort"), errors),
        }
        if let Some(number) = number(port, "/hostPort").filter(|number| *number != 0) {
            check::port(number, &format!("{path}.hostPort"), errors);
        }
        check::one_of(port, "/protocol", &format!("{path}."), &PROTOCOLS, errors);
    }
}

/// Two containers cannot have the same port of the host.
fn host_ports(containers: &[Value], path: &str, errors: &mut Vec<FieldError>) {
    let mut known = Vec::new();
    for (i, container) in containers.iter().enumerate() {
        for (j, port) in list(container, "/ports").iter().enumerate() {
            let Some(number) = number(port, "/hostPort").filter(|number| *number != 0) else { continue };
            let shown = format!("{}/{}/{number}", text(port, "/protocol"), text(port, "/hostIP"));
            if known.contains(&shown) {
                let field = format!("{path}[{i}].ports[{j}].hostPort");
                errors.push(FieldError::duplicate(field, &shown.into()));
            } else {
                known.push(shown);
            }
        }
    }
}

fn variables(container: &Value, path: &str, errors: &mut Vec<FieldError>) {
    const SOURCES: &str = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or \
        `fileKeyRef`";
    for (i, variable) in list(container, "/env").iter().enumerate() {
        let path = format!("{path}.env[{i}]");
        let name = text(variable, "/name");
        if name.is_empty() {
            errors.push(FieldError::required(format!("{path}.name"), ""));
        } else if !name.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=') {
            let why =
                "a valid environment variable name must consist only of printable ASCII characters other than '='";
            errors.push(FieldError::invalid(format!("{path}.name"), &name.into(), why));
        }
        let Some(source) = variable.get("valueFrom").and_then(Value::as_object) else { continue };
        let field = format!("{path}.valueFrom");
        match source.len() {
            0 => errors.push(FieldError::invalid(field.as_str(), &"".into(), SOURCES)),
            1 => {}
            _ => {
                let why = "may not have more than one field specified at a time";
                errors.push(FieldError::invalid(field.as_str(), &"".into(), why));
            }
        }
        if !text(variable, "/value").is_empty() && !source.is_empty() {
            let why = "may not be specified when `value` is not empty";
            errors.push(FieldError::invalid(field.as_str(), &"".into(), why));
        }
        for reference in ["configMapKeyRef", "secretKeyRef"] {
            let Some(found) = source.get(reference) else { continue };
            check::name(text(found, "/name"), NameRule::Subdomain, &format!("{field}.{reference}.name"), errors);
            if text(found, "/key").is_empty() {
                errors.push(FieldError::required(format!("{field}.{reference}.key"), ""));
            }
        }
    }
}

fn mounts(container: &Value, path: &str, volumes: &[&str], errors: &mut Vec<FieldError>) {
    let mut known: Vec<&str> = Vec::new();
    for (i, mount) in list(container, "/volumeMounts").iter().enumerate() {
        let path = format!("{path}.volumeMounts[{i}]");
        let (name, place) = (text(mount, "/name"), text(mount, "/mountPath"));
        if name.is_empty() {
            errors.push(FieldError::required(format!("{path}.name"), ""));
        }
        if !volumes.contains(&name) {
            errors.push(FieldError::not_found(format!("{path}.name"), &name.into()));
        }
        if place.is_empty() {
            errors.push(FieldError::required(format!("{path}.mountPath"), ""));
        }
        if known.contains(&place) {
            errors.push(FieldError::invalid(format!("{path}.mountPath"), &place.into(), "must be unique"));
        }
        known.push(place);
    }
}

fn probes(container: &Value, path: &str, errors: &mut Vec<FieldError>) {
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get(name) else { continue };
        let path = format!("{path}.{name}");
        let handlers: Vec<&str> = HANDLERS.into_iter().filter(|handler| probe.get(*handler).is_some()).collect();
        if handlers.is_empty() {
            errors.push(FieldError::required(path.as_str(), "must specify a handler type"));
        }
        for handler in handlers.iter().skip(1) {
            errors.push(FieldError::forbidden(format!("{path}.{handler}"), "may not specify more than 1 handler type"));
        }
        if probe.get("exec").is_some_and(|exec| list(exec, "/command").is_empty()) {
            errors.push(FieldError::required(format!("{path}.exec.command"), ""));
        }
        for member in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
        {
            check::not_negative(probe, &format!("/{member}"), &format!("{path}."), errors);
        }
        if name != "readinessProbe" && number(probe, "/successThreshold").is_some_and(|times| times != 1) {
            let times = number(probe, "/successThreshold").unwrap_or_default();
            errors.push(FieldError::invalid(format!("{path}.successThreshold"), &times.into(), "must be 1"));
        }
    }
}

/// Requests are not negative, and not above the limits.
fn resources(resources: &Value, path: &str, errors: &mut Vec<FieldError>) {
    for of in ["limits", "requests"] {
        for (name, amount) in resources.get(of).and_then(Value::as_object).into_iter().flatten() {
            let field = format!("{path}.{of}[{name}]");
            let quantity = Quantity::parse(amount.as_str().unwrap_or_default()).ok();
            if quantity.is_some_and(|quantity| quantity.sign() < 0) {
                errors.push(FieldError::invalid(field, amount, "must be greater than or equal to 0"));
            } else if !name.contains('/') && !is_standard(name) {
                let why = "must be a standard resource type or fully qualified";
                errors.push(FieldError::invalid(format!("{path}.{of}[{name}]"), &name.as_str().into(), why));
                let why = "must be a standard resource for containers";
                errors.push(FieldError::invalid(format!("{path}.{of}[{name}]"), &name.as_str().into(), why));
            }
        }
    }
    for (name, amount) in resources.get("requests").and_then(Value::as_object).into_iter().flatten() {
        let parse = |amount: &Value| Quantity::parse(amount.as_str().unwrap_or_default()).ok();
        let Some(limit) = resources.get("limits").and_then(|limits| limits.get(name)) else { continue };
        if let (Some(request), Some(most)) = (parse(amount), parse(limit))
            && request.compare(&most).is_gt()
        {
            let limit = limit.as_str().unwrap_or_default();
            let why = format!("must be less than or equal to {name} limit of {limit}");
            errors.push(FieldError::invalid(format!("{path}.requests"), amount, why));
        }
    }
}

fn is_standard(name: &str) -> bool {
    matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-")
}
