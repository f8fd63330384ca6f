//! YAML as sigs.k8s.io/yaml reads and writes it: a dialect of version 1.1, in which `yes` is true and `0x10` is a
//! number.
//!
//! Bodies are compared and stored as JSON: a document is converted to JSON as soon as it is read, and JSON is converted
//! to a document last of all.
mod emit;
mod read;
mod scalar;

pub(crate) use emit::document;
pub(crate) use read::parse;

/// A YAML syntax error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("yaml: line {line}: {why}")]
pub(crate) struct YamlError {
    pub(crate) line: usize,
    pub(crate) why: String,
}
