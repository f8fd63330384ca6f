//! The oracle: what must hold, judged from facts alone.
//!
//! It does not depend on the gateway, on Kubernetes clients or on the simulator: an oracle that shares code with its
//! subject agrees with its bugs. Input is a sequence of [`observation::Observation`]s, in the order in which they
//! happened; output is one [`Finding`] per invariant.
//!
//! - [`observation`]: the facts, the only input; [`watch`]: facts about watch streams;
//! - [`settings`]: the times and bounds that facts are checked against;
//! - [`invariants`]: what must hold, one file each, and [`ALL`] of them as a table;
//! - [`oracle`]: feeds each fact to each check; [`finding`]: what comes out;
//! - [`verdict`]: three values, since a check that never ran is not a pass.
mod change;
mod check;
pub mod finding;
pub mod invariants;
mod matching;
pub mod observation;
pub mod oracle;
pub mod settings;
mod state;
pub mod verdict;
pub mod watch;

pub use change::Change;
pub use check::{Invariant, Kind};
pub use finding::{Finding, Violation};
pub use invariants::ALL;
pub use oracle::Oracle;
pub use settings::Settings;
pub use verdict::Verdict;
