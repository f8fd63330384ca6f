//! Percent-decoding of paths and queries.
use std::borrow::Cow;

/// Percent-decoding, with `+` as a space; invalid UTF-8 is decoded lossily.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| b == b'%' || b == b'+') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(decode_percent(text, true))
}

/// Percent-decoding of a path segment.
pub(crate) fn decode_segment(text: &str) -> Cow<'_, str> {
    if text.contains('%') { Cow::Owned(decode_percent(text, false)) } else { Cow::Borrowed(text) }
}

fn decode_percent(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = text.get(at + 1..at + 3).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (bytes[at], pair) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) if plus_is_space => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
