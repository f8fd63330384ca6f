//! What a write did to an object.
use serde::{Deserialize, Serialize};

/// What a commit did to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// The object is new.
    Created,
    /// The object existed before and still does.
    Modified,
    /// The object is gone.
    Deleted,
}
