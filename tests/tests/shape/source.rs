//! A Rust file in three views of the same shape: as it is, its code alone, its comments alone.
//!
//! A small lexer instead of a parser: rules about words and lengths need to know only what is comment and what is literal.

/// A file of the project.
pub(crate) struct Source {
    /// Relative to the workspace's root, with `/`.
    pub(crate) path: String,
    /// As it is.
    pub(crate) text: String,
    /// Comments and the contents of literals blanked.
    pub(crate) code: String,
    /// All but comments blanked.
    pub(crate) comments: String,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// From 1.
    pub(crate) line: usize,
    /// From the line of `fn` to that of its closing brace.
    pub(crate) lines: usize,
    /// Whether an attribute makes it a test.
    pub(crate) is_test: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Code,
    Comment,
    Literal,
}

impl Source {
    /// Splits `text` into its views. Files other than Rust have no use for them.
    pub(crate) fn new(path: &str, text: String) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let classes = if path.ends_with(".rs") { classify(&chars) } else { vec![Class::Code; chars.len()] };
        let view = |wanted| {
            let keep = |(c, class): (&char, &Class)| if *c == '\n' || *class == wanted { *c } else { ' ' };
            chars.iter().zip(&classes).map(keep).collect()
        };
        Self { path: path.to_owned(), code: view(Class::Code), comments: view(Class::Comment), text }
    }

    /// Every function with a body.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let chars: Vec<char> = self.code.chars().collect();
        let lines: Vec<&str> = self.code.lines().collect();
        let mut found = Vec::new();
        for (start, name) in declared(&chars, "fn") {
            let Some(end) = body_end(&chars, start) else { continue };
            let line = line_at(&chars, start);
            let lines_long = line_at(&chars, end) - line + 1;
            found.push(Function { name, line, lines: lines_long, is_test: is_test(&lines[..line - 1]) });
        }
        found
    }
}

/// Each `keyword name`: where the keyword begins, and the name.
pub(crate) fn declared(chars: &[char], keyword: &str) -> Vec<(usize, String)> {
    let keyword: Vec<char> = keyword.chars().collect();
    let mut found = Vec::new();
    for start in 0..chars.len().saturating_sub(keyword.len()) {
        let end = start + keyword.len();
        let whole_word = !start.checked_sub(1).is_some_and(|before| is_word(chars[before]));
        if chars[start..end] == keyword[..] && whole_word && chars[end].is_whitespace() {
            let name = chars[end..].iter().skip_while(|c| c.is_whitespace()).take_while(|c| is_word(**c));
            found.push((start, name.collect()));
        }
    }
    found
}

/// The line of a position, from 1.
pub(crate) fn line_at(chars: &[char], position: usize) -> usize {
    1 + chars[..position].iter().filter(|c| **c == '\n').count()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether the attributes right above end in one that makes a test.
fn is_test(above: &[&str]) -> bool {
    let attributes =
        above.iter().rev().map(|line| line.trim()).take_while(|line| line.is_empty() || line.starts_with("#["));
    attributes.take(8).any(|line| line.contains("test]") || line.contains("test("))
}

/// The closing brace of the item that begins at `start`; `None` when it has no body.
fn body_end(chars: &[char], start: usize) -> Option<usize> {
    let mut brackets = 0_usize;
    let mut braces = 0_usize;
    for (at, c) in chars.iter().enumerate().skip(start) {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            ';' if brackets == 0 && braces == 0 => return None,
            '{' => braces += 1,
            '}' if braces == 1 => return Some(at),
            '}' => braces = braces.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

fn classify(chars: &[char]) -> Vec<Class> {
    let mut classes = vec![Class::Code; chars.len()];
    let mut at = 0;
    while at < chars.len() {
        let (class, end) = token(chars, at);
        // A literal's delimiters stay code, so that rules still see that one is there.
        if class == Class::Literal && end > at + 2 {
            classes[at + 1..end - 1].fill(class);
        } else if class == Class::Comment {
            classes[at..end].fill(class);
        }
        at = end;
    }
    classes
}

/// What begins at `at`, and where it ends.
fn token(chars: &[char], at: usize) -> (Class, usize) {
    let next = |ahead: usize| chars.get(at + ahead).copied().unwrap_or('\0');
    match (chars[at], next(1)) {
        ('/', '/') => (Class::Comment, find(chars, at, |rest| rest[0] == '\n')),
        ('/', '*') => (Class::Comment, block_comment_end(chars, at)),
        ('"', _) => (Class::Literal, quoted_end(chars, at, '"')),
        ('\'', '\\') => (Class::Literal, quoted_end(chars, at, '\'')),
        ('\'', _) if next(2) == '\'' => (Class::Literal, at + 3),
        ('r', '#' | '"') if !follows_word(chars, at) => raw_string(chars, at),
        _ => (Class::Code, at + 1),
    }
}

/// Whether `at` continues an identifier; `b` and `c` before a raw string are prefixes, not identifiers.
fn follows_word(chars: &[char], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|index| chars[index]);
    match before(1) {
        Some('b' | 'c') => before(2).is_some_and(is_word),
        Some(c) => is_word(c),
        None => false,
    }
}

fn raw_string(chars: &[char], at: usize) -> (Class, usize) {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + 1 + hashes) != Some(&'"') {
        return (Class::Code, at + 1);
    }
    let closes =
        |rest: &[char]| rest[0] == '"' && rest[1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    let close = find(chars, at + 2 + hashes, closes);
    (Class::Literal, (close + 1 + hashes).min(chars.len()))
}

fn quoted_end(chars: &[char], at: usize, quote: char) -> usize {
    let mut end = at + 1;
    while end < chars.len() && chars[end] != quote {
        end += if chars[end] == '\\' { 2 } else { 1 };
    }
    (end + 1).min(chars.len())
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut end) = (0_usize, at);
    while end + 1 < chars.len() {
        match (chars[end], chars[end + 1]) {
            ('/', '*') => (depth, end) = (depth + 1, end + 2),
            ('*', '/') if depth == 1 => return end + 2,
            ('*', '/') => (depth, end) = (depth - 1, end + 2),
            _ => end += 1,
        }
    }
    chars.len()
}

fn find(chars: &[char], from: usize, stop: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len()).find(|at| stop(&chars[*at..])).unwrap_or(chars.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_tell_code_from_text() {
        let text =
            concat!("let a = \"x // y\"; // why\n", "let b = r#\"\"fn q() {\"#; /* in /* two */ */ c('\"', '\\'')");
        let source = Source::new("a.rs", text.to_owned());
        assert!(!source.code.contains('y') && !source.code.contains("fn q") && !source.code.contains("two"));
        assert!(source.code.contains("let a = \"") && source.code.contains("c('"));
        assert!(
            source.comments.contains("// why") && source.comments.contains("two") && !source.comments.contains("x //")
        );
    }

    #[test]
    fn functions_are_measured_with_their_signature() {
        let text = "#[test]\nfn a(\n  b: [u8; 2],\n) {\n  if c { '{'; }\n}\ntrait D { fn e(); }\nfn f<'g>() {}\n";
        let function = |name: &str, line, lines, is_test| Function { name: name.to_owned(), line, lines, is_test };
        let expected = [function("a", 2, 5, true), function("f", 8, 1, false)];
        assert_eq!(Source::new("a.rs", text.to_owned()).functions(), expected);
    }
}
