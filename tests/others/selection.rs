//! The suites and parts that the user named: `SUITE`, or `SUITE/PART`.
use crate::suites;
use std::str::FromStr;

/// A suite, or one of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    suite: String,
    part: Option<String>,
}

impl FromStr for Selection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (suite, part) = match text.split_once('/') {
            Some((suite, part)) => (suite, Some(part.to_owned())),
            None => (text, None),
        };
        let known: Vec<&str> = suites::ALL.iter().map(|suite| suite.name).collect();
        if !known.contains(&suite) {
            return Err(format!("no suite of that name: {} are known", known.join(", ")));
        }
        Ok(Self { suite: suite.to_owned(), part })
    }
}

/// Whether some part of a suite is selected.
pub(crate) fn admits_suite(only: &[Selection], suite: &str) -> bool {
    only.is_empty() || only.iter().any(|selection| selection.suite == suite)
}

/// Whether a part is selected.
pub(crate) fn admits_part(only: &[Selection], suite: &str, part: &str) -> bool {
    let names = |selection: &Selection| selection.part.as_deref().is_none_or(|named| named == part);
    only.is_empty() || only.iter().any(|selection| selection.suite == suite && names(selection))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_selects_only_itself() {
        let only = [Selection::from_str("controller-runtime/pkg/client").expect("a known suite")];
        assert!(admits_suite(&only, "controller-runtime") && !admits_suite(&only, "kube-rs"));
        assert!(admits_part(&only, "controller-runtime", "pkg/client"));
        assert!(!admits_part(&only, "controller-runtime", "pkg/cache"));
        assert!(Selection::from_str("cobol").is_err());
    }
}
