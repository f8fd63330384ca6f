//! The characters of a body: what Go replaces in them, and how deep it reads.
use std::borrow::Cow;

/// How deep lists and objects may be nested, as in encoding/json.
pub(super) const DEPTH_MAX: usize = 10_000;
const REPLACEMENT: &str = "\\ufffd";

/// `bytes` as text. Each byte that is not UTF-8 is U+FFFD, as in Go; the standard library would replace several by one.
pub fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() * 3 / 2);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Cow::Owned(text)
}

/// `json` with each half of a surrogate pair replaced; `None` if it is nested too deep.
pub(super) fn prepared(json: &str) -> Option<Cow<'_, str>> {
    let bytes = json.as_bytes();
    if bytes.len() <= DEPTH_MAX && memchr::memmem::find(bytes, b"\\u").is_none() {
        // Too short to be too deep, and no surrogates: what Alertmanager sends is usually so.
        return Some(Cow::Borrowed(json));
    }
    let (mut repaired, mut copied) = (String::new(), 0);
    let (mut at, mut depth, mut in_string) = (0, 0_usize, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => {
                at += match surrogate(bytes, at) {
                    None => 2,
                    Some(High) if surrogate(bytes, at + 6) == Some(Low) => 12,
                    Some(_) => {
                        repaired.push_str(&json[copied..at]);
                        repaired.push_str(REPLACEMENT);
                        copied = at + 6;
                        6
                    }
                };
                continue;
            }
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MAX {
            return None;
        }
        at += 1;
    }
    if copied == 0 {
        return Some(Cow::Borrowed(json));
    }
    repaired.push_str(&json[copied..]);
    Some(Cow::Owned(repaired))
}

#[derive(PartialEq, Eq)]
enum Half {
    High,
    Low,
}
use Half::{High, Low};

/// The half of a surrogate pair that the escape at `at` stands for.
fn surrogate(bytes: &[u8], at: usize) -> Option<Half> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(High),
        0xdc00..=0xdfff => Some(Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_replaced_alone() {
        assert_eq!(utf8("é".as_bytes()), "é");
        assert_eq!(utf8(b"a\xe2\x82b\xff"), "a\u{fffd}\u{fffd}b\u{fffd}");
        assert_eq!(utf8(b"\xed\xa0\x80"), "\u{fffd}".repeat(3), "a surrogate in UTF-8");
    }

    #[test]
    fn only_half_surrogates_are_replaced() {
        for (json, expected) in [
            (r#"{"a\n":["é"]}"#, r#"{"a\n":["é"]}"#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\uDE00\u0041é""#, r#""\ufffd\u0041é""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\ud83"#, r#""\ud83"#),
            (r#""\u+83d""#, r#""\u+83d""#),
            (r"\ud83d", r"\ud83d"),
        ] {
            assert_eq!(prepared(json).as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn depth_is_limited_as_in_go() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(prepared(&nested(DEPTH_MAX)).is_some());
        assert!(prepared(&nested(DEPTH_MAX + 1)).is_none());
        assert!(prepared(&format!("[\"{}\"]", nested(DEPTH_MAX + 1))).is_some(), "text is not nested");
    }
}
