//! resourceVersions of one collection, compared as the numbers that they are.

/// An object of a collection, at one version.
pub(super) trait Versioned {
    /// metadata.resourceVersion.
    fn version(&self) -> &str;
}

/// `version` as a number; 0, older than any other, if it is not a number.
pub(super) fn number(version: &str) -> u64 {
    version.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(number("9") < number("10"));
        assert_eq!(number("not a number"), 0);
    }
}
