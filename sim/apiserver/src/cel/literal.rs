//! The values of literals (cel-go, parser/unescape.go).
use super::ast::Literal;

/// The value of a text or of bytes, without the prefix `b`.
///
/// # Errors
/// The parser's message.
pub(super) fn text(token: &str, is_bytes: bool) -> Result<Vec<u8>, &'static str> {
    let token = token.replace("\r\n", "\n").replace('\r', "\n");
    let raw = token.starts_with(['r', 'R']);
    let inner = &token[usize::from(raw)..];
    let quotes = if inner.len() >= 6 && (inner.starts_with("'''") || inner.starts_with("\"\"\"")) { 3 } else { 1 };
    let inner = &inner[quotes..inner.len() - quotes];
    if raw {
        return Ok(inner.as_bytes().to_vec());
    }
    let mut value = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let Some(kind) = rest.chars().next() else {
            return Err("unable to unescape string, found '\\' as last character");
        };
        let (digits, radix) = match kind {
            'x' | 'X' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            '0'..='3' => (3, 8),
            _ => (0, 0),
        };
        if digits == 0 {
            value.push(plain(kind));
            rest = &rest[kind.len_utf8()..];
            continue;
        }
        let from = if radix == 8 { 0 } else { 1 };
        let code = rest.get(from..from + digits).and_then(|digits| u32::from_str_radix(digits, radix).ok());
        let code = code.ok_or("unable to unescape string")?;
        rest = &rest[from + digits..];
        if is_bytes {
            if matches!(kind, 'u' | 'U') {
                return Err("unable to unescape string");
            }
            value.push(u8::try_from(code).unwrap_or_default());
        } else {
            let c = char::from_u32(code).ok_or("invalid unicode code point")?;
            value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Ok(value)
}

fn plain(kind: char) -> u8 {
    match kind {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        other => u8::try_from(other).unwrap_or(b'?'),
    }
}

fn radix(token: &str) -> (&str, u32) {
    token.strip_prefix("0x").map_or((token, 10), |digits| (digits, 16))
}

/// The value of an integer, with its sign.
pub(super) fn int(token: &str, negative: bool) -> Result<Literal, &'static str> {
    let (digits, radix) = radix(token);
    let sign = if negative { "-" } else { "" };
    i64::from_str_radix(&format!("{sign}{digits}"), radix).map(Literal::Int).map_err(|_| "invalid int literal")
}

/// The value of an unsigned integer.
pub(super) fn uint(token: &str) -> Result<Literal, &'static str> {
    let (digits, radix) = radix(token.trim_end_matches(['u', 'U']));
    u64::from_str_radix(digits, radix).map(Literal::Uint).map_err(|_| "invalid uint literal")
}

/// The value of a float, with its sign.
pub(super) fn double(token: &str, negative: bool) -> Result<Literal, &'static str> {
    let value: Option<f64> = token.parse().ok().filter(|value: &f64| value.is_finite());
    value.map(|value| Literal::Double(if negative { -value } else { value })).ok_or("invalid double literal")
}
