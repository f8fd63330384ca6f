//! The JSON text of a value, with floats as Go writes them.
//!
//! Every answer and every watch event is such a text, and most of it is strings. What needs no escape is found eight
//! bytes at a time and copied in one piece.
use super::go_number;
use serde_json::{Number, Value};

/// Appends the text of a value.
pub(crate) fn write(value: &Value, text: &mut Vec<u8>) {
    match value {
        Value::Null => text.extend_from_slice(b"null"),
        Value::Bool(true) => text.extend_from_slice(b"true"),
        Value::Bool(false) => text.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, text),
        Value::String(string) => write_string(string, text),
        Value::Array(items) => {
            text.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                write(item, text);
            }
            text.push(b']');
        }
        Value::Object(members) => {
            text.push(b'{');
            for (index, (name, member)) in members.iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                write_string(name, text);
                text.push(b':');
                write(member, text);
            }
            text.push(b'}');
        }
    }
}

fn write_number(number: &Number, text: &mut Vec<u8>) {
    let written = match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) => go_number::json(float),
        None => number.to_string(),
    };
    text.extend_from_slice(written.as_bytes());
}

fn write_string(string: &str, text: &mut Vec<u8>) {
    let mut rest = string.as_bytes();
    text.push(b'"');
    loop {
        let plain = plain_end(rest, 0);
        text.extend_from_slice(&rest[..plain]);
        let Some(&byte) = rest.get(plain) else { break };
        write_escape(byte, text);
        rest = &rest[plain + 1..];
    }
    text.push(b'"');
}

fn write_escape(byte: u8, text: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        _ => {
            let (high, low) = (DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0xf)]);
            text.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            return;
        }
    };
    text.extend_from_slice(&[b'\\', short]);
}

/// The position of the next quote, backslash or control character; eight bytes at a time.
pub(crate) fn plain_end(text: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The highest bit of each byte that is zero; bytes after the first of these may be wrong.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    while let Some(chunk) = text.get(at..at + 8).and_then(|chunk| <[u8; 8]>::try_from(chunk).ok()) {
        let word = u64::from_le_bytes(chunk);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let found = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\'))) | control;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let stops = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    at + text[at..].iter().position(stops).unwrap_or(text.len() - at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(value: &Value) -> String {
        let mut text = Vec::new();
        write(value, &mut text);
        String::from_utf8(text).expect("UTF-8")
    }

    #[test]
    fn texts_are_those_of_the_library() {
        let every: String = (0..0x180).filter_map(char::from_u32).collect();
        let strings = (0..40).map(|length| Value::from(format!("{}\"{}", "é".repeat(length), "x".repeat(length))));
        let value = json!({
            "": [], "empty": {}, "a\nb": null, "flags": [true, false], "every": every,
            "numbers": [0, -1, i64::MIN, u64::MAX], "strings": strings.collect::<Vec<_>>(),
            "nested": [{"a": [{}, [[], ["x"]]]}, "y"], "slash": "/<>&\u{2028}",
        });
        assert_eq!(written(&value), value.to_string());
    }

    #[test]
    fn floats_are_those_of_go() {
        assert_eq!(written(&json!([2.0, 1e21, 0.5, -0.25])), "[2,1e+21,0.5,-0.25]");
    }

    #[test]
    fn texts_end_at_any_position() {
        for length in 0..40 {
            let letters = "é".repeat(length / 2) + &"x".repeat(length % 2);
            for stop in ['"', '\\', '\n', '\u{1f}'] {
                let text = format!("{letters}{stop}zzzzzzzzzzz");
                assert_eq!(plain_end(text.as_bytes(), 0), letters.len(), "{text:?}");
            }
        }
    }
}
