//! Strategies: how the space of a run's choices is gone through, other than by chance.
//!
//! - [`bugs`]: how soon chance finds what was planted.
//! - [`scope`]: which alternatives to "in order, no fault" a search takes, and what each costs.
//! - [`search`]: every schedule of a scope, by running it.
pub mod bugs;
pub mod scope;
pub mod search;
