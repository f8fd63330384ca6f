//! JSON as Go reads it (packages encoding/json and sigs.k8s.io/json): errors of syntax in its words, members that occur
//! twice, numbers as int64 or float64, and text that is not UTF-8 with U+FFFD in place of what is wrong.
//!
//! One reader, and two walks over it: of any JSON, and of a built-in kind's object by Go's types.
pub(crate) mod convert;
mod custom;
mod failure;
pub(crate) mod operations;
mod reader;
mod text;
pub(crate) mod typed;
pub(crate) mod untyped;

/// A reason why a text is not JSON that the server takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonError {
    /// An error of syntax, in Go's words.
    #[error("{0}")]
    Syntax(String),
    /// A number that no float64 holds.
    #[error("json: cannot unmarshal number {0} into Go value of type float64")]
    Number(String),
    /// Deeper than the simulated server keeps values, though not too deep for Go.
    #[error("JSON nested deeper than {0} levels")]
    TooDeep(usize),
}
