//! Reads JSON token by token, and names the first byte that Go's scanner refuses (encoding/json/scanner.go).
use super::{JsonError, text};
use crate::base::go_text;
use std::{borrow::Cow, ops::Range};

/// Maximum depth of nested arrays and objects.
const DEPTH_LIMIT: usize = 10_000;

type Read<T> = Result<T, JsonError>;

/// A position in a text.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    text: &'a [u8],
    /// The same, if all of it is UTF-8: then so is each text in it.
    valid: Option<&'a str>,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, valid: std::str::from_utf8(text).ok(), at: 0, depth: 0 }
    }

    /// The first byte of the next value.
    pub(super) fn begin(&mut self) -> Read<u8> {
        match self.token() {
            Some(byte @ (b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')) => Ok(byte),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    /// Checks that nothing follows the value.
    pub(super) fn end(&mut self) -> Read<()> {
        match self.token() {
            None => Ok(()),
            Some(_) => Err(self.unexpected("after top-level value")),
        }
    }

    /// Number of open arrays and objects.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Enters an array or an object.
    pub(super) fn enter(&mut self) -> Read<()> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(self.unexpected("exceeded max depth"));
        }
        self.at += 1;
        Ok(())
    }

    /// The name of the next member of an object, up to its colon; None at the end.
    pub(super) fn member(&mut self, first: bool) -> Read<Option<Cow<'a, str>>> {
        match self.token() {
            Some(b'}') => {
                self.leave();
                return Ok(None);
            }
            Some(b',') if !first => self.at += 1,
            _ if !first => return Err(self.unexpected("after object key:value pair")),
            _ => {}
        }
        if self.token() != Some(b'"') {
            return Err(self.unexpected("looking for beginning of object key string"));
        }
        let name = self.string()?;
        if self.token() != Some(b':') {
            return Err(self.unexpected("after object key"));
        }
        self.at += 1;
        Ok(Some(name))
    }

    /// Whether an array has a next item.
    pub(super) fn item(&mut self, first: bool) -> Read<bool> {
        match self.token() {
            Some(b']') => {
                self.leave();
                return Ok(false);
            }
            Some(b',') if !first => self.at += 1,
            _ if !first => return Err(self.unexpected("after array element")),
            _ => {}
        }
        Ok(true)
    }

    fn leave(&mut self) {
        self.at += 1;
        self.depth -= 1;
    }

    /// A text.
    pub(super) fn string(&mut self) -> Read<Cow<'a, str>> {
        let (inner, escapes) = self.skip_string()?;
        match self.valid {
            Some(valid) if !escapes => Ok(Cow::Borrowed(&valid[inner])),
            _ => Ok(text::unquoted(&self.text[inner])),
        }
    }

    /// The place between the quotes of a text, and whether it has escapes.
    fn skip_string(&mut self) -> Read<(Range<usize>, bool)> {
        let start = self.at + 1;
        let mut escapes = false;
        self.at = start;
        loop {
            self.at = plain_end(self.text, self.at);
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok((start..self.at - 1, escapes));
                }
                Some(b'\\') => {
                    escapes = true;
                    self.skip_escape()?;
                }
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    fn skip_escape(&mut self) -> Read<()> {
        self.at += 1;
        match self.text.get(self.at) {
            Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.text.get(self.at).is_some_and(u8::is_ascii_hexdigit) {
                        return Err(self.cut_off("in \\u hexadecimal character escape"));
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.cut_off("in string escape code")),
        }
        Ok(())
    }

    /// The text of a number.
    pub(super) fn number(&mut self) -> Read<&'a str> {
        let start = self.at;
        if self.text[self.at] == b'-' {
            self.at += 1;
        }
        if self.text.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.text.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(std::str::from_utf8(&self.text[start..self.at]).unwrap_or_default())
    }

    /// At least one digit.
    fn digits(&mut self, place: &str) -> Read<()> {
        let count = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(self.cut_off(place)) } else { Ok(()) }
    }

    /// One of the words `true`, `false` and `null`.
    pub(super) fn word(&mut self, word: &str) -> Read<()> {
        for (index, letter) in word.bytes().enumerate() {
            if self.text.get(self.at) != Some(&letter) {
                let place = format!("in literal {} (expecting {})", word, quoted_byte(word.as_bytes()[index]));
                return Err(self.cut_off(&place));
            }
            self.at += 1;
        }
        Ok(())
    }

    /// The bytes of the next value, whatever it is.
    pub(super) fn skip(&mut self) -> Read<&'a [u8]> {
        self.begin()?;
        let start = self.at;
        // Whether each open value is an object: values may be nested too deep for a recursion.
        let mut open: Vec<bool> = Vec::new();
        loop {
            let entered = match self.begin()? {
                b'{' => {
                    self.enter()?;
                    open.push(true);
                    self.member(true)?.is_some()
                }
                b'[' => {
                    self.enter()?;
                    open.push(false);
                    self.item(true)?
                }
                _ => {
                    self.skip_scalar()?;
                    open.push(false);
                    false
                }
            };
            if entered {
                continue;
            }
            open.pop();
            loop {
                let more = match open.last() {
                    None => return Ok(&self.text[start..self.at]),
                    Some(true) => self.member(false)?.is_some(),
                    Some(false) => self.item(false)?,
                };
                if more {
                    break;
                }
                open.pop();
            }
        }
    }

    fn skip_scalar(&mut self) -> Read<()> {
        match self.begin()? {
            b'"' => self.skip_string().map(|_| ()),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number().map(|_| ()),
        }
    }

    /// The next byte that is not space.
    fn token(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    fn unexpected(&self, place: &str) -> JsonError {
        match self.text.get(self.at) {
            Some(byte) => invalid(*byte, place),
            None => JsonError::Syntax("unexpected end of JSON input".to_owned()),
        }
    }

    /// An error within a token: Go takes the end of the text for a space there.
    fn cut_off(&self, place: &str) -> JsonError {
        invalid(self.text.get(self.at).copied().unwrap_or(b' '), place)
    }
}

fn invalid(byte: u8, place: &str) -> JsonError {
    JsonError::Syntax(format!("invalid character {} {place}", quoted_byte(byte)))
}

/// A byte as the scanner's errors show it.
fn quoted_byte(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        byte => {
            let quoted = go_text::quoted(&char::from(byte).to_string());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

/// The position of the next quote, backslash or control character; eight bytes at a time.
fn plain_end(text: &[u8], mut at: usize) -> usize {
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

    fn error(text: &str) -> String {
        let mut reader = Reader::new(text.as_bytes());
        let outcome = reader.skip().map(|_| ()).and_then(|()| reader.end());
        outcome.err().map(|why| why.to_string()).unwrap_or_default()
    }

    #[test]
    fn errors_are_those_of_go() {
        let begin = "looking for beginning of value";
        for (text, why) in [
            ("", "unexpected end of JSON input"),
            ("{\"a\"", "unexpected end of JSON input"),
            ("\"abc", "unexpected end of JSON input"),
            ("nul", "invalid character ' ' in literal null (expecting 'l')"),
            ("nuxl", "invalid character 'x' in literal null (expecting 'l')"),
            ("-", "invalid character ' ' in numeric literal"),
            ("1.", "invalid character ' ' after decimal point in numeric literal"),
            ("1ex", "invalid character 'x' in exponent of numeric literal"),
            ("[1,]", &format!("invalid character ']' {begin}")),
            ("{\"a\":}", &format!("invalid character '}}' {begin}")),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("{'a':1}", r"invalid character '\'' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 \"b\":2}", "invalid character '\"' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("{} x", "invalid character 'x' after top-level value"),
            ("\"a\nb\"", r"invalid character '\n' in string literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\\u12\"", "invalid character '\"' in \\u hexadecimal character escape"),
            ("01", "invalid character '1' after top-level value"),
            ("+1", &format!("invalid character '+' {begin}")),
        ] {
            assert_eq!(error(text), why, "{text}");
        }
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

    #[test]
    fn ten_thousand_levels_are_the_limit() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(error(&nested(10_000)), "");
        assert_eq!(error(&nested(10_001)), "invalid character '[' exceeded max depth");
    }
}
