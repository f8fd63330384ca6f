//! Validation of events (k8s.io/kubernetes/pkg/apis/core/validation/events.go): lenient for the core group, strict for
//! events.k8s.io, where everything but the series is immutable. Both name the fields of the core group.
use crate::{
    base::{field_error::FieldError, names},
    registry::events::Through,
};
use serde_json::{Value, json};

/// Validates a new event in its stored form.
pub(crate) fn validate(event: &Value, through: Through, errors: &mut Vec<FieldError>) {
    validate_any(event, through, errors);
    if through == Through::Core {
        return;
    }
    validate_series(event, errors);
    if is_unset(event.get("eventTime")) {
        errors.push(FieldError::required("eventTime", ""));
    }
    let kind = text(event, "/type");
    if !matches!(kind, "Normal" | "Warning") {
        errors.push(FieldError::invalid("type", &json!(""), format_args!("has invalid value: {kind}")));
    }
    let source = event.get("source").and_then(Value::as_object).is_some_and(|source| !source.is_empty());
    let counted = event.get("count").and_then(Value::as_i64).is_some_and(|count| count != 0);
    let timed = |member: &str| !is_unset(event.get(member));
    let set = [
        ("firstTimestamp", timed("firstTimestamp")),
        ("lastTimestamp", timed("lastTimestamp")),
        ("count", counted),
        ("source", source),
    ];
    for (member, _) in set.into_iter().filter(|(_, set)| *set) {
        errors.push(FieldError::invalid(member, &json!(""), "needs to be unset"));
    }
}

/// Checks that an update of an event does not change immutable members.
pub(crate) fn validate_update(new: &Value, old: &Value, through: Through, errors: &mut Vec<FieldError>) {
    const IMMUTABLE: [&str; 13] = [
        "involvedObject",
        "reason",
        "message",
        "source",
        "firstTimestamp",
        "lastTimestamp",
        "count",
        "type",
        "eventTime",
        "action",
        "related",
        "reportingComponent",
        "reportingInstance",
    ];
    validate_any(new, through, errors);
    if through == Through::Core {
        return;
    }
    if new.get("series") != old.get("series") {
        validate_series(new, errors);
    }
    for member in IMMUTABLE.into_iter().filter(|member| new.get(*member) != old.get(*member)) {
        let shown = if member == "reportingComponent" { "reportingController" } else { member };
        let value = new.get(member).unwrap_or(&Value::Null);
        errors.push(FieldError::invalid(shown, value, "field is immutable"));
    }
}

/// The rules for both APIs: an event with an event time must satisfy the newer API's rules, through whichever API it is
/// sent.
fn validate_any(event: &Value, through: Through, errors: &mut Vec<FieldError>) {
    let (namespace, about) = (text(event, "/metadata/namespace"), text(event, "/involvedObject/namespace"));
    let newer = !is_unset(event.get("eventTime"));
    let cluster_wide = namespace == "default" || (newer && namespace == "kube-system");
    let foreign = if about.is_empty() { !cluster_wide } else { !newer && about != namespace };
    if foreign {
        errors.push(FieldError::invalid("involvedObject.namespace", &json!(about), "does not match event.namespace"));
    }
    if !newer {
        return;
    }
    let controller = text(event, "/reportingComponent");
    let shown = if through == Through::Core { "reportingComponent" } else { "reportingController" };
    if controller.is_empty() {
        errors.push(FieldError::required(shown, ""));
    }
    for problem in names::qualified_name(controller) {
        errors.push(FieldError::invalid(shown, &json!(controller), problem));
    }
    for (member, required, most) in
        [("reportingInstance", true, 128), ("action", true, 128), ("reason", true, 128), ("message", false, 1024)]
    {
        let found = event.get(member).and_then(Value::as_str).unwrap_or_default();
        if required && found.is_empty() {
            errors.push(FieldError::required(member, ""));
        }
        if found.len() > most {
            errors.push(FieldError::invalid(member, &json!(""), format_args!("can have at most {most} characters")));
        }
    }
}

fn validate_series(event: &Value, errors: &mut Vec<FieldError>) {
    let Some(series) = event.get("series").filter(|series| series.is_object()) else { return };
    if series.get("count").and_then(Value::as_i64).unwrap_or_default() < 2 {
        errors.push(FieldError::invalid("series.count", &json!(""), "should be at least 2"));
    }
    if is_unset(series.get("lastObservedTime")) {
        errors.push(FieldError::required("series.lastObservedTime", ""));
    }
}

fn is_unset(time: Option<&Value>) -> bool {
    time.is_none_or(|time| !time.is_string())
}

fn text<'a>(event: &'a Value, pointer: &str) -> &'a str {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
