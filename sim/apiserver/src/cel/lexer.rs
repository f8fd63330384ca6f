//! Splits an expression into tokens (cel-go, parser/gen/CEL.g4).
use super::issue::Issue;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Int,
    Uint,
    Float,
    Text,
    Bytes,
    Ident,
    /// An identifier in backticks.
    Escaped,
    /// An operator, a bracket, or one of the words that cannot be identifiers.
    Symbol,
    End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) text: String,
    pub(super) at: usize,
}

const SYMBOLS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*",
    "/", "%",
];

/// Splits a source; a text that is not a token is reported and skipped.
pub(super) fn tokens(source: &str) -> (Vec<Token>, Vec<Issue>) {
    let chars: Vec<char> = source.chars().collect();
    let (mut tokens, mut issues) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        if matches!(rest[0], '\t' | ' ' | '\r' | '\n' | '\u{c}') {
            at += 1;
            continue;
        }
        if rest.starts_with(&['/', '/']) {
            at += rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
            continue;
        }
        match next(rest) {
            Ok((kind, length)) => {
                tokens.push(Token { kind, text: rest[..length].iter().collect(), at });
                at += length;
            }
            Err(length) => {
                let text: String = rest[..length].iter().collect();
                issues.push(Issue::new(at, format!("Syntax error: token recognition error at: '{text}'")));
                at += length;
            }
        }
    }
    tokens.push(Token { kind: TokenKind::End, text: "<EOF>".to_owned(), at: chars.len() });
    (tokens, issues)
}

/// The kind and length of the token at the beginning of a text, or the length of what is not a token.
fn next(rest: &[char]) -> Result<(TokenKind, usize), usize> {
    let first = rest[0];
    if let Some(found) = number(rest) {
        return Ok(found);
    }
    let mut failed = 0;
    for (prefix, kind) in [(0, TokenKind::Text), (1, TokenKind::Bytes)] {
        if prefix == 1 && !matches!(first, 'b' | 'B') {
            continue;
        }
        match quoted(&rest[prefix..]) {
            Some(Ok(length)) => return Ok((kind, prefix + length)),
            Some(Err(length)) => failed = failed.max(prefix + length),
            None => {}
        }
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let length = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').count();
        let word: String = rest[..length].iter().collect();
        let reserved = matches!(word.as_str(), "in" | "true" | "false" | "null");
        return Ok((if reserved { TokenKind::Symbol } else { TokenKind::Ident }, length));
    }
    if failed > 0 {
        return Err(failed);
    }
    if first == '`' {
        let inner = |c: &&char| c.is_ascii_alphanumeric() || "_.-/ ".contains(**c);
        let length = rest[1..].iter().take_while(inner).count();
        let closed = length > 0 && rest.get(length + 1) == Some(&'`');
        return if closed { Ok((TokenKind::Escaped, length + 2)) } else { Err((length + 2).min(rest.len())) };
    }
    let symbol =
        SYMBOLS.iter().find(|symbol| symbol.chars().zip(rest).filter(|(a, b)| a == *b).count() == symbol.len());
    symbol.map(|symbol| (TokenKind::Symbol, symbol.len())).ok_or(if matches!(first, '&' | '|' | '=') {
        rest.len().min(2)
    } else {
        1
    })
}

fn number(rest: &[char]) -> Option<(TokenKind, usize)> {
    let digits = |from: usize| rest.iter().skip(from).take_while(|c| c.is_ascii_digit()).count();
    let unsigned = |length: usize| match rest.get(length) {
        Some('u' | 'U') => (TokenKind::Uint, length + 1),
        _ => (TokenKind::Int, length),
    };
    if rest.starts_with(&['0', 'x']) {
        let length = rest[2..].iter().take_while(|c| c.is_ascii_hexdigit()).count();
        if length > 0 {
            return Some(unsigned(length + 2));
        }
    }
    let whole = digits(0);
    let mut end = whole;
    let fraction = if rest.get(whole) == Some(&'.') { digits(whole + 1) } else { 0 };
    if fraction > 0 {
        end += 1 + fraction;
    } else if whole == 0 {
        return None;
    }
    let mut exponent = 0;
    if matches!(rest.get(end), Some('e' | 'E')) {
        let sign = usize::from(matches!(rest.get(end + 1), Some('+' | '-')));
        let length = digits(end + 1 + sign);
        exponent = if length > 0 { 1 + sign + length } else { 0 };
    }
    if fraction + exponent > 0 { Some((TokenKind::Float, end + exponent)) } else { Some(unsigned(end)) }
}

/// The length of a literal with its quotes and its `r`, or of what was read before it failed.
fn quoted(rest: &[char]) -> Option<Result<usize, usize>> {
    let raw = matches!(rest.first(), Some('r' | 'R'));
    let start = usize::from(raw);
    let quote = *rest.get(start).filter(|c| matches!(c, '"' | '\''))?;
    let triple = rest[start..].starts_with(&[quote; 3]);
    let mut at = start + if triple { 3 } else { 1 };
    loop {
        let Some(c) = rest.get(at).copied() else {
            // What begins with three quotes can still be an empty text.
            return Some(if triple { Ok(start + 2) } else { Err(rest.len()) });
        };
        let closes = if triple { rest[at..].starts_with(&[quote; 3]) } else { c == quote };
        if closes {
            return Some(Ok(at + if triple { 3 } else { 1 }));
        }
        if c == '\\' && !raw {
            match escape(&rest[at..]) {
                Ok(length) => at += length,
                Err(length) => return Some(Err((at + length).min(rest.len()))),
            }
        } else if !triple && matches!(c, '\n' | '\r') {
            return Some(Err(at + 1));
        } else {
            at += 1;
        }
    }
}

fn escape(rest: &[char]) -> Result<usize, usize> {
    let digits = |count: usize, radix: u32| {
        let found = rest[2..].iter().take(count).take_while(|c| c.is_digit(radix)).count();
        if found == count { Ok(2 + count) } else { Err(3 + found) }
    };
    match rest.get(1) {
        Some('a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '"' | '\'' | '\\' | '?' | '`') => Ok(2),
        Some('x' | 'X') => digits(2, 16),
        Some('u') => digits(4, 16),
        Some('U') => digits(8, 16),
        Some('0'..='3') => digits(2, 8),
        _ => Err(2),
    }
}
