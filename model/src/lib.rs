//! The oracle: what must hold, judged from facts alone.
//!
//! It knows nothing of the gateway, of Kubernetes clients or of the simulator: an oracle that shares code with its subject
//! agrees with its bugs. Facts come in as [`observation::Observation`]s, in the order in which they happened; what comes out
//! is one [`Finding`] per invariant.
//!
//! - [`observation`]: the facts, the only input; [`watch`]: those of watch streams;
//! - [`settings`]: what is checked, and the times and bounds it is checked against;
//! - [`invariants`]: what must hold, one file each, and [`ALL`] of them as a table;
//! - [`oracle`]: feeds each fact to each check;
//! - [`verdict`]: three values, since a check that never ran is not a pass.
pub mod invariants;
pub mod observation;
pub mod oracle;
pub mod settings;
mod state;
pub mod verdict;
pub mod watch;

pub use invariants::{ALL, Invariant, Kind};
pub use oracle::{Finding, Oracle, Violation};
pub use settings::Settings;
pub use verdict::Verdict;
