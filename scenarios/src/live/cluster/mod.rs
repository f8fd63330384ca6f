//! The cluster of a live run, as lockstep uses it.
//!
//! - [`api`]: calls as JSON; [`watch`]: every commit of the gateway's objects; [`view`]: their latest states.
//! - [`fixtures`]: what a run creates, and deletes again; [`accounts`]: service accounts and their tokens.
pub mod accounts;
pub mod api;
pub mod fixtures;
pub mod view;
pub mod watch;

pub use accounts::{Account, Accounts, Token};
pub use api::{Api, ApiError};
pub use view::View;
