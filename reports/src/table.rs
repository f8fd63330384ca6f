//! A table of text, before it has a format.

/// A table of text.
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}
