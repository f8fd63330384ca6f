//! A Rust file in three views of the same shape: as it is, its code alone, its comments alone.
//!
//! The views come from the tokens' positions, so they exist for text that is not a whole program: samples in tests are
//! not.
use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};
use std::ops::Range;

/// A file of the project.
pub struct Source {
    /// Relative to the workspace, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// Comments and the contents of literals blanked.
    pub code: String,
    /// All but comments blanked.
    pub comments: String,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Name after `fn`.
    pub name: String,
    /// From 1.
    pub line: usize,
    /// From the line of `fn` to that of its closing brace.
    pub lines: usize,
    /// Whether an attribute makes it a test.
    pub is_test: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Code,
    Comment,
    Literal,
}

impl Source {
    /// Splits `text` into its views. A file that is not Rust is all code.
    pub fn new(path: &str, text: String) -> Self {
        let mut classes = vec![Class::Code; text.len()];
        if path.ends_with(".rs") {
            classes.fill(Class::Comment);
            classify(tokens(path, &text), &text, &mut classes);
        }
        let view = |wanted| {
            let keep = |(at, c): (usize, char)| if c == '\n' || classes[at] == wanted { c } else { ' ' };
            text.char_indices().map(keep).collect()
        };
        Self { path: path.to_owned(), code: view(Class::Code), comments: view(Class::Comment), text }
    }

    /// Every function with a body, those in macros too.
    pub fn functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        functions(tokens(&self.path, &self.text), &mut found);
        found
    }
}

fn tokens(path: &str, text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Marks what the tokens cover; whatever lies between them is comment or white space.
fn classify(tokens: TokenStream, text: &str, classes: &mut [Class]) {
    for token in tokens {
        let range = token.span().byte_range();
        // A doc comment is an attribute to the lexer; each of its tokens has the comment's position.
        if text[range.clone()].starts_with("//") || text[range.clone()].starts_with("/*") {
            continue;
        }
        match token {
            TokenTree::Group(group) => {
                classes[group.span_open().byte_range()].fill(Class::Code);
                classes[group.span_close().byte_range()].fill(Class::Code);
                classify(group.stream(), text, classes);
            }
            TokenTree::Literal(literal) => {
                classes[range.clone()].fill(Class::Code);
                classes[contents(&literal, range)].fill(Class::Literal);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => classes[range].fill(Class::Code),
        }
    }
}

/// A text's delimiters stay code, so that rules still see that a text is there; a number is code.
fn contents(literal: &Literal, range: Range<usize>) -> Range<usize> {
    if literal.to_string().ends_with(['"', '\'', '#']) { range.start + 1..range.end - 1 } else { range.end..range.end }
}

fn functions(tokens: TokenStream, found: &mut Vec<Function>) {
    let mut started: Option<Function> = None;
    let mut is_test = false;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                if let Some(TokenTree::Group(attribute)) = tokens.peek() {
                    is_test |= makes_test(attribute.stream());
                    tokens.next();
                }
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => (started, is_test) = (None, false),
            TokenTree::Ident(word) if word == "fn" => {
                if let Some(TokenTree::Ident(name)) = tokens.peek() {
                    let line = word.span().start().line;
                    started = Some(Function { name: name.to_string(), line, lines: 0, is_test });
                }
            }
            TokenTree::Group(group) => {
                if group.delimiter() == Delimiter::Brace {
                    let end = group.span_close().end().line;
                    let function =
                        started.take().map(|function| Function { lines: end - function.line + 1, ..function });
                    found.extend(function);
                    is_test = false;
                }
                functions(group.stream(), found);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Whether an attribute's path ends in `test`.
fn makes_test(attribute: TokenStream) -> bool {
    let path = attribute.into_iter().take_while(|token| !matches!(token, TokenTree::Group(_)));
    path.last().is_some_and(|last| matches!(last, TokenTree::Ident(name) if name == "test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_separate_code_from_text() {
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
    fn documentation_is_comment() {
        let source = Source::new("a.rs", "//! A file.\n/// Says é.\nfn f() -> u8 { 7 }\n".to_owned());
        assert!(source.comments.contains("//! A file.\n/// Says é.\n"));
        assert_eq!(source.code.trim(), "fn f() -> u8 { 7 }");
    }

    #[test]
    fn functions_are_measured_with_their_signature() {
        let text = "#[test]\nfn a(\n  b: [u8; 2],\n) {\n  if c { '{'; }\n}\ntrait D { fn e(); }\nfn f<'g>() {}\n";
        let function = |name: &str, line, lines, is_test| Function { name: name.to_owned(), line, lines, is_test };
        let expected = [function("a", 2, 5, true), function("f", 8, 1, false)];
        assert_eq!(Source::new("a.rs", text.to_owned()).functions(), expected);
        let text = "m! { #[tokio::test(a)] async fn a() { fn b() {} } }";
        assert_eq!(
            Source::new("a.rs", text.to_owned()).functions(),
            [function("a", 1, 1, true), function("b", 1, 1, false)]
        );
    }
}
