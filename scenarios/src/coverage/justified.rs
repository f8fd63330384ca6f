//! The branches that no run can take.
use super::reason::Untaken;

/// In the order of the files.
pub const JUSTIFIED: &[Untaken] = &[];
