//! Decodes `metav1.DeleteOptions` as Go's decoder does.
use crate::base::json::json_type;
use serde_json::Value;

/// The Go type of each member, and the struct that contains it.
const MEMBERS: [(&str, &str); 6] = [
    ("dryRun", "[]string"),
    ("gracePeriodSeconds", "int64"),
    ("ignoreStoreReadErrorWithClusterBreakingPotential", "bool"),
    ("orphanDependents", "bool"),
    ("preconditions", "v1.Preconditions"),
    ("propagationPolicy", "v1.DeletionPropagation"),
];
const PRECONDITIONS: [(&str, &str); 2] = [("resourceVersion", "string"), ("uid", "types.UID")];

/// Checks the types of all members; unknown ones are ignored.
///
/// # Errors
/// The message of Go's decoder.
pub(crate) fn check(options: &Value) -> Result<(), String> {
    let Some(map) = options.as_object() else { return Ok(()) };
    for member in ["apiVersion", "kind"] {
        if let Some(wrong) = map.get(member).filter(|found| !found.is_string() && !found.is_null()) {
            let found = json_type(wrong);
            return Err(format!(
                "couldn't get version/kind; json parse error: json: cannot unmarshal {found} into Go struct field \
                 .{member} of type string"
            ));
        }
    }
    let known = |name: &str| MEMBERS.iter().find(|(member, _)| *member == name);
    for (name, value) in map {
        let Some((_, wanted)) = known(name) else { continue };
        check_member("DeleteOptions", name, value, wanted)?;
        for (name, wanted) in PRECONDITIONS.iter().filter(|_| *name == "preconditions") {
            if let Some(value) = value.get(name) {
                check_member("Preconditions", &format!("preconditions.{name}"), value, wanted)?;
            }
        }
    }
    Ok(())
}

fn check_member(owner: &str, path: &str, value: &Value, wanted: &str) -> Result<(), String> {
    let culprit = match (wanted, value) {
        (_, Value::Null) | ("bool", Value::Bool(_)) | ("v1.Preconditions", Value::Object(_)) => None,
        ("string" | "types.UID" | "v1.DeletionPropagation", Value::String(_)) => None,
        ("int64", Value::Number(number)) if number.is_i64() => None,
        ("[]string", Value::Array(list)) => {
            list.iter().find(|item| !item.is_string() && !item.is_null()).map(|item| (item, "string"))
        }
        _ => Some((value, wanted)),
    };
    let Some((value, wanted)) = culprit else { return Ok(()) };
    // Only a number that does not fit into a number is shown.
    let found = match value {
        Value::Number(number) if wanted == "int64" => format!("number {number}"),
        other => json_type(other).to_owned(),
    };
    Err(format!("json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {wanted}"))
}
