//! One change of the protocol's text.

/// One change of the protocol's text.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    /// Name of the file, without `.rs`.
    pub file: &'static str,
    /// The original text, which the file contains exactly once.
    pub original: &'static str,
    /// The replacement, with `@Name` for safeguards.
    pub replacement: &'static str,
}

/// A change.
pub(super) const fn edit(file: &'static str, original: &'static str, replacement: &'static str) -> Edit {
    Edit { file, original, replacement }
}
