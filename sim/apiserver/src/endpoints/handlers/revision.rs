//! Resource versions in requests and bodies.
use crate::base::{
    object,
    status::{self, Outcome},
};
use serde_json::Value;

/// Parses a resourceVersion; an empty one is 0.
///
/// # Errors
/// Go's message for a text that is not a number.
pub(crate) fn parse_revision(text: &str) -> Result<u64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    // Go's ParseUint accepts no sign.
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| {
        let value = Value::from(text);
        format!("resourceVersion: Invalid value: {value}: strconv.ParseUint: parsing {value}: invalid syntax")
    })
}

/// The resourceVersion in a body.
pub(crate) fn body_revision(value: &Value) -> Outcome<u64> {
    let text = object::meta_str(value, "resourceVersion");
    parse_revision(text)
        .map_err(|_| status::bare_error(format!("strconv.ParseUint: parsing {}: invalid syntax", Value::from(text))))
}
