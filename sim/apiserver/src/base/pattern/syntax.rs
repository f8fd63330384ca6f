//! Reads a pattern by the rules of Go's `regexp/syntax` with the flags of `regexp.Compile`, and writes it for the
//! `regex` crate: every group without a capture, every flag around the one operand that it applies to.
use super::{
    class,
    cursor::{Cursor, escape},
    error::PatternError,
    piece::{Measure, Piece, Repeat},
    unicode,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Flags {
    fold: bool,
    multi_line: bool,
    dot_all: bool,
    swap_greed: bool,
}

/// A group that is open, or the whole pattern.
#[derive(Debug, Default)]
struct Group {
    captures: bool,
    /// The flags to restore at its end.
    outside: Flags,
    /// Alternatives before the current one.
    done: Vec<Piece>,
    current: Vec<Piece>,
}

impl Group {
    fn end_alternative(&mut self) {
        let parts = std::mem::take(&mut self.current);
        let text = parts.iter().map(|part| part.text.as_str()).collect();
        let piece = match <[Piece; 1]>::try_from(parts) {
            Ok([only]) => only,
            Err(parts) => Piece::of(text, parts.iter().map(|part| part.measure)),
        };
        self.done.push(piece);
    }

    fn finish(mut self) -> Piece {
        self.end_alternative();
        let text: Vec<&str> = self.done.iter().map(|part| part.text.as_str()).collect();
        let text = format!("(?:{})", text.join("|"));
        let measures: Vec<Measure> = self.done.iter().map(|part| part.measure).collect();
        let piece = match <[Piece; 1]>::try_from(self.done) {
            Ok([only]) => Piece { text, measure: only.measure },
            Err(_) => Piece::of(text, measures.into_iter()),
        };
        if self.captures { piece.captured() } else { piece }
    }
}

struct Parser<'p> {
    whole: &'p str,
    cursor: Cursor<'p>,
    flags: Flags,
    groups: Vec<Group>,
    /// The text from the last operator on, if the last thing read was one.
    last_repeat: Option<&'p str>,
}

/// Rewrites a pattern for the `regex` crate.
///
/// # Errors
/// Those of Go.
pub(super) fn rewrite(pattern: &str) -> Result<String, PatternError> {
    let mut parser = Parser {
        whole: pattern,
        cursor: Cursor::new(pattern),
        flags: Flags::default(),
        groups: vec![Group::default()],
        last_repeat: None,
    };
    while !parser.cursor.rest().is_empty() {
        let repeat = parser.step()?;
        parser.last_repeat = repeat;
    }
    let whole = parser.groups.pop().filter(|_| parser.groups.is_empty());
    let piece = whole.ok_or_else(|| PatternError::new("missing closing )", pattern))?.finish();
    piece.check(pattern)?;
    Ok(piece.text)
}

impl<'p> Parser<'p> {
    /// Reads one element; for an operator, the text from it on.
    fn step(&mut self) -> Result<Option<&'p str>, PatternError> {
        let before = self.cursor.rest();
        match before.as_bytes()[0] {
            b'(' if before[1..].starts_with('?') => self.perl_group()?,
            b'(' => {
                self.cursor.skip(1);
                self.open(true);
            }
            b'|' => {
                self.cursor.skip(1);
                self.group().end_alternative();
            }
            b')' => self.close()?,
            b'^' => self.assertion(1, if self.flags.multi_line { "(?m:^)" } else { r"\A" }),
            b'$' => self.assertion(1, if self.flags.multi_line { "(?m:$)" } else { r"\z" }),
            b'.' => self.assertion(1, if self.flags.dot_all { "(?s:.)" } else { r"[^\n]" }),
            b'[' => {
                let class = class::brackets(&mut self.cursor)?;
                self.push_folded(&class);
            }
            b'*' | b'+' | b'?' => {
                let (least, most) = match before.as_bytes()[0] {
                    b'*' => (0, None),
                    b'+' => (1, None),
                    _ => (0, Some(1)),
                };
                self.cursor.skip(1);
                self.repeat(before, Repeat { least, most, counted: false, greedy: true })?;
                return Ok(Some(before));
            }
            b'{' => return self.braces(before),
            b'\\' => self.backslash(before)?,
            _ => {
                let c = self.cursor.next().unwrap_or_default();
                self.literal(u32::from(c));
            }
        }
        Ok(None)
    }

    fn group(&mut self) -> &mut Group {
        // The whole pattern is a group that is closed by no parenthesis.
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn push(&mut self, piece: Piece) {
        self.group().current.push(piece);
    }

    fn assertion(&mut self, length: usize, text: &str) {
        self.cursor.skip(length);
        self.push(Piece::leaf(text.to_owned()));
    }

    fn push_folded(&mut self, text: &str) {
        let text = if self.flags.fold { format!("(?i:{text})") } else { text.to_owned() };
        self.push(Piece::leaf(text));
    }

    fn literal(&mut self, code: u32) {
        match char::from_u32(code) {
            Some(c) => self.push_folded(&regex::escape(c.encode_utf8(&mut [0; 4]))),
            None => self.push(Piece::leaf(unicode::NOTHING.to_owned())),
        }
    }

    fn open(&mut self, captures: bool) {
        self.groups.push(Group { captures, outside: self.flags, ..Group::default() });
    }

    fn close(&mut self) -> Result<(), PatternError> {
        if self.groups.len() < 2 {
            return Err(PatternError::new("unexpected )", self.whole));
        }
        self.cursor.skip(1);
        if let Some(group) = self.groups.pop() {
            self.flags = group.outside;
            let piece = group.finish();
            piece.check(self.whole)?;
            self.push(piece);
        }
        Ok(())
    }

    /// Reads `(?…`: a named group, a group without a capture, or flags.
    fn perl_group(&mut self) -> Result<(), PatternError> {
        let start = self.cursor.rest();
        let named = (start.len() > 4).then(|| start.strip_prefix("(?P<")).flatten();
        if let Some(name) = named.or_else(|| (start.len() > 3).then(|| start.strip_prefix("(?<")).flatten()) {
            const NAME: &str = "invalid named capture";
            let end = name.find('>').ok_or_else(|| PatternError::new(NAME, start))?;
            let head = start.len() - name.len() + end + 1;
            let is_word = |c: char| c == '_' || c.is_ascii_alphanumeric();
            if end == 0 || !name[..end].chars().all(is_word) {
                return Err(PatternError::new(NAME, &start[..head]));
            }
            self.cursor.skip(head);
            self.open(true);
            return Ok(());
        }
        self.cursor.skip(2);
        let (mut flags, mut on, mut saw) = (self.flags, true, false);
        while let Some(c) = self.cursor.next() {
            match c {
                'i' => flags.fold = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_all = on,
                'U' => flags.swap_greed = on,
                '-' if on => {
                    (on, saw) = (false, false);
                    continue;
                }
                ':' | ')' if on || saw => {
                    if c == ':' {
                        self.open(false);
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            }
            saw = true;
        }
        let read = &start[..start.len() - self.cursor.rest().len()];
        Err(PatternError::new("invalid or unsupported Perl syntax", read))
    }

    fn braces(&mut self, before: &'p str) -> Result<Option<&'p str>, PatternError> {
        let Some((counts, length)) = counts(before) else {
            self.cursor.skip(1);
            self.literal(u32::from('{'));
            return Ok(None);
        };
        let Some((least, most)) = counts else {
            return Err(PatternError::new("invalid repeat count", &before[..length]));
        };
        self.cursor.skip(length);
        self.repeat(before, Repeat { least, most, counted: true, greedy: true })?;
        Ok(Some(before))
    }

    fn repeat(&mut self, before: &'p str, mut repeat: Repeat) -> Result<(), PatternError> {
        repeat.greedy = !self.flags.swap_greed;
        if self.cursor.eat('?') {
            repeat.greedy = !repeat.greedy;
        }
        let after = self.cursor.rest().len();
        if let Some(last) = self.last_repeat {
            return Err(PatternError::new("invalid nested repetition operator", &last[..last.len() - after]));
        }
        let operator = &before[..before.len() - after];
        let missing = || PatternError::new("missing argument to repetition operator", operator);
        let operand = self.group().current.pop().ok_or_else(missing)?;
        let repeated = operand.repeated(repeat);
        let repeated = repeated.ok_or_else(|| PatternError::new("invalid repeat count", operator))?;
        repeated.check(self.whole)?;
        self.push(repeated);
        Ok(())
    }

    fn backslash(&mut self, before: &'p str) -> Result<(), PatternError> {
        match before.as_bytes().get(1) {
            Some(b'A') => self.assertion(2, r"\A"),
            Some(b'b') => self.assertion(2, r"(?-u:\b)"),
            Some(b'B') => self.assertion(2, r"(?-u:\B)"),
            Some(b'z') => self.assertion(2, r"\z"),
            Some(b'C') => return Err(PatternError::new("invalid escape sequence", &before[..2])),
            Some(b'Q') => {
                let (quoted, rest) = before[2..].split_once(r"\E").unwrap_or((&before[2..], ""));
                quoted.chars().for_each(|c| self.literal(u32::from(c)));
                self.cursor.skip(before.len() - rest.len());
            }
            _ => {
                if let Some(class) = class::unicode(&mut self.cursor)? {
                    self.push_folded(&class);
                } else if let Some(class) = class::perl(&mut self.cursor) {
                    self.push_folded(&class);
                } else {
                    let code = escape(&mut self.cursor)?;
                    self.literal(code);
                }
            }
        }
        Ok(())
    }
}

/// The least and the most repetitions; None if a count is too large.
type Counts = Option<(u64, Option<u64>)>;

/// Reads `{n}`, `{n,}` or `{n,m}` and its length.
fn counts(text: &str) -> Option<(Counts, usize)> {
    let inner = text.strip_prefix('{')?;
    let (least, rest) = count(inner)?;
    let (most, rest) = match rest.strip_prefix(',') {
        None => (Some(least), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => {
            let (most, rest) = count(rest)?;
            (Some(most), rest)
        }
    };
    let rest = rest.strip_prefix('}')?;
    let is_valid = least <= 1000 && most.is_none_or(|most| most <= 1000 && least <= most);
    Some((is_valid.then_some((least, most)), text.len() - rest.len()))
}

/// Reads a decimal without leading zeros.
fn count(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let digits = &text[..end];
    let is_number = !digits.is_empty() && (digits.len() == 1 || !digits.starts_with('0'));
    is_number.then(|| (digits.parse().unwrap_or(u64::MAX), &text[end..]))
}
