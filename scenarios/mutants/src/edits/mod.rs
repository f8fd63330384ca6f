//! The safeguards that a mutant can lack, and the edits of the protocol's text that take them out. The build script
//! reads this folder too.
//!
//! `@Name` in a replacement is true if the safeguard `Name` is out. Edits of one file apply in order.
mod counts;
mod edit;
mod episodes;
mod keys;
mod leases;
mod safeguards;

pub use edit::Edit;
pub use safeguards::{SAFEGUARDS, Safeguard};

/// All changes; the edits of one file are in one list.
pub fn all_edits() -> impl Iterator<Item = &'static Edit> {
    [counts::EDITS, keys::EDITS, episodes::EDITS, leases::EDITS].into_iter().flatten()
}
