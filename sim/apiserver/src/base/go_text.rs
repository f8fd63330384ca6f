//! Texts and values as Go prints them in messages (packages strconv and encoding/json).
use super::{go_number, json::go_string};
use serde_json::Value;
use std::fmt::Write;

/// Go's `unicode.IsPrint`, without its tables of unassigned characters: no control characters, no spaces other than
/// U+0020, no format or private-use characters.
pub(crate) fn is_printable(c: char) -> bool {
    let marks = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}');
    let format = marks || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}');
    let private = matches!(c, '\u{e000}'..='\u{f8ff}');
    c == ' ' || !(c.is_control() || c.is_whitespace() || format || private)
}

/// A text in quotes (`%q`).
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\n' | '\r' | '\t' | '"' | '\\' => out.extend(c.escape_default()),
            c if is_printable(c) => out.push(c),
            c => put_number(&mut out, c),
        }
    }
    out.push('"');
    out
}

fn put_number(out: &mut String, c: char) {
    let number = u32::from(c);
    let written = match number {
        0..0x20 | 0x7f => write!(out, "\\x{number:02x}"),
        0x1_0000.. => write!(out, "\\U{number:08x}"),
        _ => write!(out, "\\u{number:04x}"),
    };
    written.expect("a String takes any text");
}

/// A value as an error of a field shows it: a text in quotes, a float in `%v`, anything else as JSON that may stand in
/// HTML.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Number(number) if number.is_f64() => go_number::general(number.as_f64().unwrap_or_default()),
        other => json(other),
    }
}

/// A value as Go's encoder writes it: JSON that may stand in HTML.
pub(crate) fn json(value: &Value) -> String {
    html_safe(&go_string(value))
}

fn html_safe(json: &str) -> String {
    if !json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("a String takes any text");
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_quoted_as_in_go() {
        assert_eq!(quoted("a\"b\\\n\u{1}\u{7f}\u{200b}é"), "\"a\\\"b\\\\\\n\\x01\\x7f\\u200bé\"");
        assert_eq!(shown(&json!(["<a>&"])), "[\"\\u003ca\\u003e\\u0026\"]");
        assert_eq!(shown(&json!("<a>")), "\"<a>\"");
    }
}
