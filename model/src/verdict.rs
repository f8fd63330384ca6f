//! The three possible answers of a check.
//!
//! A `Verdict` never converts to `bool`: callers must decide how to treat `Inconclusive`.
use serde::{Deserialize, Serialize};

/// Result of one check, or of all checks together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// At least one check ran, and none failed.
    Held,
    /// No check ran, or a check could not decide. This is not a pass.
    Inconclusive,
    /// At least one check failed.
    Violated,
}

impl Verdict {
    /// Verdict over `checked` checks, of which `violations` failed, and `undecided` further checks that could not be
    /// decided. One violation outweighs everything; zero checks are not a pass.
    pub const fn of(checked: u64, undecided: u64, violations: u64) -> Self {
        if violations > 0 {
            Self::Violated
        } else if checked == 0 || undecided > 0 {
            Self::Inconclusive
        } else {
            Self::Held
        }
    }

    /// The worse of two verdicts.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict;

    #[test]
    fn never_checked_is_not_held() {
        assert_eq!(Verdict::of(0, 0, 0), Verdict::Inconclusive);
        assert_eq!(Verdict::of(7, 1, 0), Verdict::Inconclusive);
        assert_eq!(Verdict::of(7, 0, 0), Verdict::Held);
        assert_eq!(Verdict::of(7, 1, 1), Verdict::Violated);
    }

    #[test]
    fn the_worse_verdict_wins() {
        assert_eq!(Verdict::Held.and(Verdict::Inconclusive), Verdict::Inconclusive);
        assert_eq!(Verdict::Violated.and(Verdict::Inconclusive), Verdict::Violated);
        assert_eq!(Verdict::Held.and(Verdict::Held), Verdict::Held);
    }
}
