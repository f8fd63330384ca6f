//! The failure that a smaller run must keep: the same invariant, violated for the same fingerprint.
use model::{Kind, oracle::Violation};

use crate::checks::{EXPECTATION, kind};

/// Digits of a fingerprint in the names of objects and in sentences.
const DIGITS: usize = 12;

/// What a violation is about, as far as a smaller run must keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The invariant.
    pub invariant: &'static str,
    /// Beginning of the fingerprint, if the sentence names one.
    fingerprint: Option<String>,
    /// Whether signals were counted too often, rather than lost.
    too_often: bool,
}

impl Target {
    /// The violation of `invariant`, or else the first one: of safety, and of an invariant rather than an expectation.
    pub fn of(invariant: Option<&str>, violations: &[Violation]) -> Option<Self> {
        let rank = |violation: &&Violation| {
            let of_the_scenario = violation.invariant == EXPECTATION;
            (of_the_scenario, kind(violation.invariant) == Kind::Liveness)
        };
        let wanted = violations.iter().find(|violation| Some(violation.invariant) == invariant);
        let violation = wanted.or_else(|| violations.iter().min_by_key(rank).filter(|_| invariant.is_none()))?;
        Some(Self::keeping(violation))
    }

    fn keeping(violation: &Violation) -> Self {
        Self {
            invariant: violation.invariant,
            fingerprint: fingerprint(&violation.sentence),
            too_often: violation.sentence.contains("more than once"),
        }
    }

    /// The violation that is this failure, if there is one.
    pub fn find<'a>(&self, violations: &'a [Violation]) -> Option<&'a Violation> {
        violations.iter().find(|violation| Self::keeping(violation) == *self)
    }
}

/// The first digits of the first fingerprint in a sentence; names of requests and leases contain them too.
fn fingerprint(sentence: &str) -> Option<String> {
    let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let mut words = sentence.split(|c| !hexadecimal(c));
    words.find(|word| word.len() >= DIGITS).map(|word| word[..DIGITS].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violation(invariant: &'static str, sentence: &str) -> Violation {
        Violation { invariant, at: 0, sentence: sentence.to_owned(), evidence: Vec::new() }
    }

    #[test]
    fn names_of_objects_contain_the_fingerprint() {
        let of = |sentence| fingerprint(sentence);
        assert_eq!(of("Replica 0 created rr-0123456789ab-c0ffee00-1 at 1 s.").as_deref(), Some("0123456789ab"));
        assert_eq!(of("The lease gw-lock-0123456789abcdef is held.").as_deref(), Some("0123456789ab"));
        assert_eq!(of("Replica 0 waits."), None);
    }

    #[test]
    fn another_key_is_another_failure() {
        let first = [violation("occurrences_exact", "fingerprint 0123456789ab… counts 2: 1 counted more than once.")];
        let target = Target::of(None, &first).expect("a violation");
        assert!(target.find(&first).is_some());
        for other in ["fingerprint 1123456789ab… 1 counted more than once.", "fingerprint 0123456789ab… 1 was lost."]
        {
            assert!(target.find(&[violation("occurrences_exact", other)]).is_none(), "{other}");
        }
    }

    #[test]
    fn invariants_come_before_expectations() {
        let both = [violation(EXPECTATION, "Expected 1."), violation("one_active_request", "Two.")];
        assert_eq!(Target::of(None, &both).map(|target| target.invariant), Some("one_active_request"));
        assert_eq!(Target::of(Some(EXPECTATION), &both).map(|target| target.invariant), Some(EXPECTATION));
        assert_eq!(Target::of(Some("one_holder"), &both), None);
    }
}
