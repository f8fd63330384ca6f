//! A position in a pattern, and the escapes that stand for one character.
use super::error::PatternError;

/// A position in a pattern.
#[derive(Debug)]
pub(super) struct Cursor<'p> {
    rest: &'p str,
}

impl<'p> Cursor<'p> {
    pub(super) fn new(rest: &'p str) -> Self {
        Self { rest }
    }

    pub(super) fn rest(&self) -> &'p str {
        self.rest
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    pub(super) fn eat(&mut self, c: char) -> bool {
        let found = self.rest.starts_with(c);
        if found {
            self.skip(c.len_utf8());
        }
        found
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.skip(c.len_utf8());
        Some(c)
    }
}

/// Reads an escape that stands for one character.
///
/// # Errors
/// Those of Go.
pub(super) fn escape(cursor: &mut Cursor<'_>) -> Result<u32, PatternError> {
    let start = cursor.rest;
    cursor.skip(1);
    let Some(c) = cursor.next() else {
        return Err(PatternError::new("trailing backslash at end of expression", ""));
    };
    let octal = |cursor: &Cursor<'_>| cursor.rest.starts_with(|c: char| matches!(c, '0'..='7'));
    let simple = match c {
        '1'..='7' if !octal(cursor) => None,
        '0'..='7' => {
            let mut code = u32::from(c) - u32::from('0');
            for _ in 0..2 {
                if !octal(cursor) {
                    break;
                }
                code = code * 8 + cursor.next().and_then(|c| c.to_digit(8)).unwrap_or_default();
            }
            Some(code)
        }
        'x' => hexadecimal(cursor),
        'a' => Some(7),
        'f' => Some(0xC),
        'n' => Some(0xA),
        'r' => Some(0xD),
        't' => Some(9),
        'v' => Some(0xB),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(u32::from(c)),
        _ => None,
    };
    let read = &start[..start.len() - cursor.rest.len()];
    simple.ok_or_else(|| PatternError::new("invalid escape sequence", read))
}

fn hexadecimal(cursor: &mut Cursor<'_>) -> Option<u32> {
    let first = cursor.next()?;
    if first != '{' {
        let second = cursor.next()?;
        return Some(first.to_digit(16)? * 16 + second.to_digit(16)?);
    }
    let (mut code, mut digits) = (0u32, 0);
    loop {
        let c = cursor.next()?;
        if c == '}' {
            return (digits > 0).then_some(code);
        }
        code = code * 16 + c.to_digit(16)?;
        if code > u32::from(char::MAX) {
            return None;
        }
        digits += 1;
    }
}
