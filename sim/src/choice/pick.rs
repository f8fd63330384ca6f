//! One choice of a run: with its meaning, as a record keeps it, and without, as a search does.
use super::{alternative::Alternative, label::Label, menu};
use serde::{Deserialize, Serialize};

/// One choice that was made, and what it meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Label: one of [`LABELS`](super::LABELS).
    pub label: Label,
    /// Number of alternatives.
    pub of: u32,
    /// The alternative that was picked, from 0.
    pub picked: u32,
    /// Meaning of the pick.
    pub meaning: Alternative,
}

/// A choice without its meaning: as small as a search needs it, which keeps millions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// Label of the choice.
    pub label: Label,
    /// Number of alternatives.
    pub of: u32,
    /// The alternative that was picked, from 0.
    pub picked: u32,
}

impl Pick {
    /// Meaning of the alternative `picked` of this choice; a number where it depends on the run.
    pub fn alternative(&self, picked: u32) -> Alternative {
        menu::alternative(self.label, picked).unwrap_or(Alternative::Number(picked))
    }
}

impl From<&Choice> for Pick {
    fn from(choice: &Choice) -> Self {
        Self { label: choice.label, of: choice.of, picked: choice.picked }
    }
}
