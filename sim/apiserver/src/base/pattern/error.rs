//! The error of a pattern that does not compile.
use std::fmt;

/// A pattern that Go would not compile, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    code: &'static str,
    text: String,
}

impl PatternError {
    pub(super) fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error parsing regexp: {}: `{}`", self.code, self.text)
    }
}

impl std::error::Error for PatternError {}
