//! Classes of characters: `[…]`, `\d`, `[[:alpha:]]`, `\pL` (regexp/syntax/{parse,perl_groups}.go).
use super::{
    cursor::{Cursor, escape},
    error::PatternError,
    unicode,
};

const RANGE: &str = "invalid character class range";

/// POSIX classes, as ranges of the `regex` crate.
const POSIX: [(&str, &str); 14] = [
    ("alnum", "0-9A-Za-z"),
    ("alpha", "A-Za-z"),
    ("ascii", r"\x00-\x7F"),
    ("blank", r"\t\x20"),
    ("cntrl", r"\x00-\x1F\x7F"),
    ("digit", "0-9"),
    ("graph", r"!-\x7E"),
    ("lower", "a-z"),
    ("print", r"\x20-\x7E"),
    ("punct", r"!-/:-@\[-`\{-\x7E"),
    ("space", r"\t\n\x0B\x0C\r\x20"),
    ("upper", "A-Z"),
    ("word", "0-9A-Za-z_"),
    ("xdigit", "0-9A-Fa-f"),
];

/// Reads `\d` and the like, if the cursor is at one.
pub(super) fn perl(cursor: &mut Cursor<'_>) -> Option<String> {
    let ranges = match cursor.rest().as_bytes() {
        [b'\\', b'd' | b'D', ..] => "0-9",
        [b'\\', b's' | b'S', ..] => r"\t\n\x0C\r\x20",
        [b'\\', b'w' | b'W', ..] => "0-9A-Za-z_",
        _ => return None,
    };
    let negated = cursor.rest().as_bytes()[1].is_ascii_uppercase();
    cursor.skip(2);
    Some(bracketed(ranges, negated))
}

/// Reads `\p{…}`, if the cursor is at one.
///
/// # Errors
/// For an unknown name.
pub(super) fn unicode(cursor: &mut Cursor<'_>) -> Result<Option<String>, PatternError> {
    let rest = cursor.rest();
    let mut negated = match rest.as_bytes() {
        [b'\\', b'p', ..] => false,
        [b'\\', b'P', ..] => true,
        _ => return Ok(None),
    };
    let (whole, mut name) = if rest[2..].starts_with('{') {
        let end = rest.find('}').ok_or_else(|| PatternError::new(RANGE, rest))?;
        (&rest[..=end], &rest[3..end])
    } else {
        let length = rest[2..].chars().next().map_or(0, char::len_utf8);
        (&rest[..2 + length], &rest[2..2 + length])
    };
    if let Some(inner) = name.strip_prefix('^') {
        (negated, name) = (!negated, inner);
    }
    let class = unicode::class(name).ok_or_else(|| PatternError::new(RANGE, whole))?;
    cursor.skip(whole.len());
    Ok(Some(bracketed(&class, negated)))
}

/// Reads a whole `[…]`.
///
/// # Errors
/// Those of Go.
pub(super) fn brackets(cursor: &mut Cursor<'_>) -> Result<String, PatternError> {
    let whole = cursor.rest();
    cursor.skip(1);
    let negated = cursor.eat('^');
    let mut class = String::new();
    let mut first = true;
    while first || !cursor.rest().starts_with(']') {
        first = false;
        if let Some(found) = posix(cursor)? {
            class.push_str(&found);
        } else if let Some(found) = unicode(cursor)? {
            class.push_str(&found);
        } else if let Some(found) = perl(cursor) {
            class.push_str(&found);
        } else {
            range(cursor, whole, &mut class)?;
        }
    }
    cursor.skip(1);
    if class.is_empty() {
        class.push_str(unicode::NOTHING);
    }
    Ok(bracketed(&class, negated))
}

fn posix(cursor: &mut Cursor<'_>) -> Result<Option<String>, PatternError> {
    let rest = cursor.rest();
    let Some(end) = rest.strip_prefix("[:").and_then(|inner| inner.find(":]")) else { return Ok(None) };
    let (whole, name) = (&rest[..end + 4], &rest[2..end + 2]);
    let (negated, name) = name.strip_prefix('^').map_or((false, name), |name| (true, name));
    let Some((_, ranges)) = POSIX.iter().find(|(known, _)| *known == name) else {
        return Err(PatternError::new(RANGE, whole));
    };
    cursor.skip(whole.len());
    Ok(Some(bracketed(ranges, negated)))
}

/// Reads one character or a range of them.
fn range(cursor: &mut Cursor<'_>, whole: &str, class: &mut String) -> Result<(), PatternError> {
    let start = cursor.rest();
    let low = character(cursor, whole)?;
    let mut high = low;
    let rest = cursor.rest();
    if rest.len() >= 2 && rest.starts_with('-') && !rest[1..].starts_with(']') {
        cursor.skip(1);
        high = character(cursor, whole)?;
        if high < low {
            return Err(PatternError::new(RANGE, &start[..start.len() - cursor.rest().len()]));
        }
    }
    // The crate has no surrogates.
    for (low, high) in [(low, high.min(0xD7FF)), (low.max(0xE000), high)] {
        if low <= high {
            class.push_str(&format!(r"\x{{{low:X}}}-\x{{{high:X}}}"));
        }
    }
    Ok(())
}

fn character(cursor: &mut Cursor<'_>, whole: &str) -> Result<u32, PatternError> {
    match cursor.rest().chars().next() {
        None => Err(PatternError::new("missing closing ]", whole)),
        Some('\\') => escape(cursor),
        Some(c) => {
            cursor.skip(c.len_utf8());
            Ok(u32::from(c))
        }
    }
}

/// A class of its own, which the crate folds and negates by itself, as Go does.
fn bracketed(class: &str, negated: bool) -> String {
    format!("[{}{class}]", if negated { "^" } else { "" })
}
