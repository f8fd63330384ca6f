//! Verdicts as classes of the page's style sheet.
use model::Verdict;

/// Class of a verdict.
pub(super) const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "held",
        Verdict::Violated => "violated",
        Verdict::Inconclusive => "inconclusive",
    }
}
