//! The error of a text that is not YAML.

/// A YAML syntax error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("yaml: line {line}: {why}")]
pub(crate) struct YamlError {
    pub(crate) line: usize,
    pub(crate) why: String,
}
