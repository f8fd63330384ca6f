//! A table of a comparison, before it has a format.

/// A table of text. Its first column is names, the others are figures.
pub(super) struct Table {
    pub(super) title: &'static str,
    /// What the figures are, in Markdown.
    pub(super) about: String,
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}
