//! Decodes the typed spec of a Lease as Go's decoder does.
use crate::base::{json::json_type, timestamp};
use serde_json::{Map, Value};

/// Converts a lease's members, except its metadata, into their stored form.
///
/// # Errors
/// The message of Go's decoder for a member of the wrong type.
pub(crate) fn normalise(lease: &mut Map<String, Value>, unknown: &mut Vec<String>) -> Result<(), String> {
    lease.retain(|member, _| {
        let known = matches!(member.as_str(), "apiVersion" | "kind" | "metadata" | "spec");
        if !known {
            unknown.push(member.clone());
        }
        known
    });
    let spec = lease.entry("spec").or_insert(Value::Null);
    if spec.is_null() {
        *spec = Value::Object(Map::new());
    }
    let Value::Object(spec) = spec else {
        let found = json_type(spec);
        return Err(format!("json: cannot unmarshal {found} into Go struct field Lease.spec of type v1.LeaseSpec"));
    };
    let (mut broken_time, mut error) = (None, None);
    spec.retain(|member, value| match decode_member(member, value) {
        Ok(Some(kept)) => kept,
        Ok(None) => {
            unknown.push(format!("spec.{member}"));
            false
        }
        Err(message) => {
            // An invalid time stops Go's decoder; after any other error it continues, and reports the first.
            let first =
                if matches!(member.as_str(), "acquireTime" | "renewTime") { &mut broken_time } else { &mut error };
            first.get_or_insert(message);
            true
        }
    });
    broken_time.or(error).map_or(Ok(()), Err)
}

pub(crate) fn decode_member(member: &str, value: &mut Value) -> Result<Option<bool>, String> {
    let wanted = match member {
        "holderIdentity" | "preferredHolder" => "string",
        "strategy" => "v1.CoordinatedLeaseStrategy",
        "leaseDurationSeconds" | "leaseTransitions" => "int32",
        "acquireTime" | "renewTime" => "v1.MicroTime",
        _ => return Ok(None),
    };
    let fits = match (wanted, &*value) {
        (_, Value::Null) => return Ok(Some(false)),
        ("string" | "v1.CoordinatedLeaseStrategy", Value::String(_)) => true,
        ("int32", Value::Number(n)) => n.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
        ("v1.MicroTime", Value::String(text)) => {
            if let Some(utc) = timestamp::micro_time(text)? {
                *value = Value::String(utc);
            }
            true
        }
        _ => false,
    };
    if !fits {
        // Go's message quotes an invalid number, and only names the type of other values.
        let found = match &*value {
            Value::Number(number) if wanted == "int32" => format!("number {number}"),
            other => json_type(other).to_owned(),
        };
        let wanted = if wanted == "v1.MicroTime" { "string" } else { wanted };
        return Err(format!(
            "json: cannot unmarshal {found} into Go struct field LeaseSpec.spec.{member} of type {wanted}"
        ));
    }
    Ok(Some(true))
}

/// Normalises a spec that comes from a patched object and not from a body: a number is truncated to 32 bits
/// (k8s.io/apimachinery/pkg/runtime/converter.go, fromUnstructured).
///
/// # Errors
/// The converter's message for a member of the wrong type, in the order of Go's struct.
pub(crate) fn from_unstructured(lease: &mut Value) -> Result<(), String> {
    let Some(spec) = lease.get_mut("spec").and_then(Value::as_object_mut) else { return Ok(()) };
    for member in ["leaseDurationSeconds", "acquireTime", "renewTime", "leaseTransitions"] {
        match (member, spec.get_mut(member)) {
            ("leaseDurationSeconds" | "leaseTransitions", Some(value @ Value::Number(_))) => {
                *value = cut(value).ok_or("cannot convert float64 to int32")?.into();
            }
            ("acquireTime" | "renewTime", Some(Value::String(text))) => {
                timestamp::micro_time(text)?;
            }
            ("acquireTime" | "renewTime", Some(other)) if !other.is_null() => {
                return Err(format!("json: cannot unmarshal {} into Go value of type string", json_type(other)));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Converts to an int32 as amd64 does: through an int64, whose minimum replaces values out of range.
pub(crate) fn cut(number: &Value) -> Option<i32> {
    let wide = number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
        #[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
        Some(if float.abs() < 9.2e18 { float as i64 } else { i64::MIN })
    })?;
    #[expect(clippy::cast_possible_truncation, reason = "truncation is intended")]
    Some(wide as i32)
}
