//! Skips decoding a spec that equals the stored one, byte for byte.
//!
//! A status update carries the whole object, and the spec is most of it. Only identical bytes are skipped, so that
//! duplicate and unknown members are still found everywhere.
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    spec: Option<&'a RawValue>,
}

/// The body with an empty spec, if its spec occurs unchanged in `stored`.
pub(crate) fn left_out(body: &[u8], stored: &[u8]) -> Option<Vec<u8>> {
    let (text, stored) = (std::str::from_utf8(body).ok()?, std::str::from_utf8(stored).ok()?);
    let spec = serde_json::from_str::<Body<'_>>(text).ok()?.spec?.get();
    // Stored members are sorted by name, and metadata has no member `spec` that holds an object.
    let (_, rest) = stored.split_once(",\"spec\":")?;
    let known = rest.strip_prefix(spec).is_some_and(|rest| rest.starts_with(",\"status\":") || rest == "}");
    if !known {
        return None;
    }
    let start = spec.as_ptr() as usize - text.as_ptr() as usize;
    Some([&text[..start], "{}", &text[start + spec.len()..]].concat().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::left_out;

    const STORED: &str = r#"{"kind":"K","metadata":{"name":"a"},"spec":{"a":"1","b":{"c":2}},"status":{"n":1}}"#;

    #[test]
    fn identical_spec_is_left_out() {
        let body = r#"{ "spec":{"a":"1","b":{"c":2}}, "kind":"K" }"#;
        let short = left_out(body.as_bytes(), STORED.as_bytes()).expect("the same spec");
        assert_eq!(short, br#"{ "spec":{}, "kind":"K" }"#);
    }

    #[test]
    fn any_other_spec_is_decoded() {
        for spec in [r#"{"a":"1"}"#, r#"{"a":"1", "b":{"c":2}}"#, r#"{"a":"1","b":{"c":2},"d":0}"#, "{}", "null", "7"] {
            let body = format!(r#"{{"kind":"K","spec":{spec}}}"#);
            assert_eq!(left_out(body.as_bytes(), STORED.as_bytes()), None, "{spec}");
        }
        let twice = r#"{"spec":{"a":"1","b":{"c":2}},"spec":{"a":"1","b":{"c":2}}}"#;
        assert_eq!(left_out(twice.as_bytes(), STORED.as_bytes()), None);
    }
}
