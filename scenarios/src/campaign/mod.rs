//! Campaigns: many runs of many subjects on a few threads, summed up.
//!
//! A sum does not depend on which thread did which run: additions commute, and of all violations of one invariant the
//! one of the lowest run number is kept. A campaign of any length needs the same memory.
//!
//! - [`random`]: a random seed for every run, in the order of a [`plan`].
//! - [`exhaustive`]: every schedule within a [`scope`], without those that its [`reduction`] leaves out;
//!   [`mutants`]: the runs that it takes to catch each mutant; [`score`]: which generated mutants are caught;
//!   [`in_run`]: mutants in the runs of the default plan.
//! - [`known_failures`]: what each mutant and each baseline is known to do wrong.
//! - [`tally`]: the sums of one subject's runs; [`interleavings`]: how many different interleavings they had.
//! - [`discovery`]: how much there is yet to see; [`cells`]: which faults struck which calls.
//! - [`sums`]: the tallies of all subjects while the campaign is under way.
pub mod cells;
pub mod discovery;
pub mod exhaustive;

pub mod in_run;
pub mod interleavings;
pub mod known_failures;
pub mod mutants;
pub mod plan;
pub mod progress;
pub mod random;
pub mod reduction;
mod schedule;
pub mod scope;
pub mod score;
mod searcher;
mod states;
pub mod sums;
pub mod tally;

pub use plan::Plan;
pub use progress::Progress;
pub use random::{Budget, run, run_into, run_seed};
pub use schedule::Shard;
pub use sums::Sums;
pub use tally::{FirstViolation, Tally, before, in_order, replay_of};
