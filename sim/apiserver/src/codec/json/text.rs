//! Texts between quotes: escapes, and bytes that are not UTF-8.
use std::borrow::Cow;

/// The text between two quotes; the escapes are known to be well formed.
pub(super) fn unquoted(inner: &[u8]) -> Cow<'_, str> {
    if !inner.contains(&b'\\') {
        return match std::str::from_utf8(inner) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(replaced(inner)),
        };
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        out.push_str(&plain(&rest[..at]));
        let escape = rest[at + 1];
        rest = &rest[at + 2..];
        match escape {
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'u' => {
                let (letter, after) = unicode(rest);
                out.push(letter);
                rest = after;
            }
            other => out.push(char::from(other)),
        }
    }
    out.push_str(&plain(rest));
    Cow::Owned(out)
}

fn plain(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| Cow::Owned(replaced(bytes)), Cow::Borrowed)
}

/// Bytes as text, with U+FFFD for each byte that is not part of a character.
pub(crate) fn replaced(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                out.push_str(text);
                return out;
            }
            Err(error) => {
                let (good, bad) = rest.split_at(error.valid_up_to());
                out.push_str(std::str::from_utf8(good).unwrap_or_default());
                out.push(char::REPLACEMENT_CHARACTER);
                rest = &bad[1..];
            }
        }
    }
}

/// The character after `\u`, and what follows it; half a pair is U+FFFD.
fn unicode(digits: &[u8]) -> (char, &[u8]) {
    let (unit, rest) = (number(digits), &digits[4..]);
    if let Some(letter) = char::from_u32(unit) {
        return (letter, rest);
    }
    let low = rest.strip_prefix(b"\\u").map(number);
    let pair = low.and_then(|low| char::decode_utf16([half(unit), half(low)]).next()?.ok());
    pair.map_or((char::REPLACEMENT_CHARACTER, rest), |letter| (letter, &rest[6..]))
}

fn half(unit: u32) -> u16 {
    u16::try_from(unit).unwrap_or_default()
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().take(4).fold(0, |number, digit| number * 16 + char::from(*digit).to_digit(16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_characters() {
        assert_eq!(unquoted(br#"a\n\"\\\/\u00e9\ud83d\ude00"#), "a\n\"\\/é😀");
    }

    #[test]
    fn broken_text_becomes_replacement_characters() {
        assert_eq!(unquoted(br"\ud800x"), "\u{fffd}x");
        assert_eq!(unquoted(br"\ud800\ud800"), "\u{fffd}\u{fffd}");
        assert_eq!(unquoted(br"\ude00\u0041"), "\u{fffd}A");
        assert_eq!(unquoted(b"a\xe2\x82z\xff"), "a\u{fffd}\u{fffd}z\u{fffd}");
    }
}
