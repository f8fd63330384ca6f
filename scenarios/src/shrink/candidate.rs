//! A candidate for a smaller run.
use crate::{edits::Edits, guide::Guide};

/// The scenario and the guide that are left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) edits: Edits,
    pub(super) guide: Guide,
}
