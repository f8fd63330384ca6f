//! Resource versions in requests and bodies.
use crate::base::{
    go_text::quoted,
    object,
    status::{self, Outcome},
};
use serde_json::Value;

/// Parses a resourceVersion; an empty one is 0.
///
/// # Errors
/// Go's message for a text that is not a number.
pub(crate) fn parse_revision(text: &str) -> Result<u64, String> {
    unsigned(text).map_err(|why| format!("resourceVersion: Invalid value: {}: {why}", quoted(text)))
}

/// Go's `strconv.ParseUint`, which accepts no sign; an empty text is 0.
fn unsigned(text: &str) -> Result<u64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| {
        let why = if digits { "value out of range" } else { "invalid syntax" };
        format!("strconv.ParseUint: parsing {}: {why}", quoted(text))
    })
}

/// The resourceVersion in a body.
pub(crate) fn body_revision(value: &Value) -> Outcome<u64> {
    unsigned(object::meta_str(value, "resourceVersion")).map_err(status::bare_error)
}
