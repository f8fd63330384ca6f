//! The position of a schema's node, and the errors found in it.
use crate::base::field_error::FieldError;

/// Errors found so far; those about rules are listed last.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) schema: Vec<FieldError>,
    pub(crate) rules: Vec<FieldError>,
}

/// Position of a node, and the rules that apply there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place<'a> {
    pub(crate) is_root: bool,
    pub(crate) in_metadata: bool,
    /// The reason why a default is forbidden here.
    pub(crate) no_default: Option<&'a str>,
    /// The path below which no old value can be correlated.
    pub(crate) uncorrelated: Option<String>,
    /// Whether rules are compiled here: not in branches, and not in an invalid schema.
    pub(crate) rules: bool,
}

impl Place<'_> {
    pub(crate) fn below(&self) -> Self {
        Self { is_root: false, ..self.clone() }
    }

    pub(crate) fn without_old(mut self, path: &str) -> Self {
        self.uncorrelated.get_or_insert_with(|| path.to_owned());
        self
    }
}
