//! A part of a pattern that has been read: its text for the `regex` crate, and what Go's limits count.
use super::error::PatternError;

/// Limits of Go's parser (regexp/syntax/parse.go).
const HEIGHT_MAX: usize = 1000;
const SIZE_MAX: u64 = (128 << 20) / 40;
const REPEAT_MAX: u64 = 1000;

/// Numbers that have limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Measure {
    /// Depth of the tree.
    height: usize,
    /// Number of instructions.
    size: u64,
    /// The largest product of nested repetitions.
    repeats: u64,
}

/// One operand.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) measure: Measure,
}

/// A repetition; `most` is absent if it has no upper bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeat {
    pub(super) least: u64,
    pub(super) most: Option<u64>,
    /// Whether it was written as a count and not as `*`, `+` or `?`.
    pub(super) counted: bool,
    pub(super) greedy: bool,
}

impl Piece {
    /// A character, a class or an assertion.
    pub(super) fn leaf(text: String) -> Self {
        Self { text, measure: Measure { height: 1, size: 1, repeats: 1 } }
    }

    /// A sequence or an alternation.
    pub(super) fn of(text: String, parts: impl Iterator<Item = Measure>) -> Self {
        let mut measure = Measure { height: 1, size: 0, repeats: 1 };
        for part in parts {
            measure.height = measure.height.max(part.height + 1);
            measure.size = measure.size.saturating_add(part.size);
            measure.repeats = measure.repeats.max(part.repeats);
        }
        measure.size = measure.size.max(1);
        Self { text, measure }
    }

    /// The piece in a group that captures.
    pub(super) fn captured(mut self) -> Self {
        self.measure.height += 1;
        self.measure.size += 2;
        self
    }

    /// The piece repeated; the error is an invalid repeat count, which the caller words.
    pub(super) fn repeated(self, repeat: Repeat) -> Option<Self> {
        let Repeat { least, most, counted, greedy } = repeat;
        let count = most.unwrap_or(least);
        let repeats = if most == Some(0) { 1 } else { count.max(1).saturating_mul(self.measure.repeats) };
        let repeats = if counted { repeats } else { self.measure.repeats };
        if counted && (least >= 2 || count >= 2) && repeats > REPEAT_MAX {
            return None;
        }
        let sub = self.measure.size;
        let size = match (least, most) {
            (0, None) => sub.saturating_add(2),
            (least, None) => least.saturating_mul(sub).saturating_add(1),
            (least, Some(most)) => most.saturating_mul(sub).saturating_add(most - least),
        };
        let bounds = match (least, most) {
            (0, None) => "*".to_owned(),
            (1, None) => "+".to_owned(),
            (0, Some(1)) => "?".to_owned(),
            (least, None) => format!("{{{least},}}"),
            (least, Some(most)) => format!("{{{least},{most}}}"),
        };
        let lazy = if greedy { "" } else { "?" };
        let measure = Measure { height: self.measure.height + 1, size: size.max(1), repeats };
        Some(Self { text: format!("(?:{}){bounds}{lazy}", self.text), measure })
    }

    /// Checks the limits on the whole expression.
    ///
    /// # Errors
    /// If the piece is too deep or too large.
    pub(super) fn check(&self, whole: &str) -> Result<(), PatternError> {
        if self.measure.height > HEIGHT_MAX {
            return Err(PatternError::new("expression nests too deeply", whole));
        }
        if self.measure.size > SIZE_MAX {
            return Err(PatternError::new("expression too large", whole));
        }
        Ok(())
    }
}
