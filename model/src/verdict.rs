//! The three possible answers of a check.
//!
//! There is deliberately no conversion to `bool`: whoever asks "did it hold?" has to say what an undecided check means.
use serde::{Deserialize, Serialize};

/// What a check, or all of them together, came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It was checked and never failed.
    Held,
    /// It never ran, or could not decide: not a pass.
    Inconclusive,
    /// It failed at least once.
    Violated,
}

impl Verdict {
    /// The verdict on something checked `checked` times, that failed `violations` times and could not decide `undecided`
    /// times. One violation outweighs everything; without any check there is no pass.
    pub const fn of(checked: u64, undecided: u64, violations: u64) -> Self {
        if violations > 0 {
            Self::Violated
        } else if checked == 0 || undecided > 0 {
            Self::Inconclusive
        } else {
            Self::Held
        }
    }

    /// The verdict on two things together: the worse one.
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
