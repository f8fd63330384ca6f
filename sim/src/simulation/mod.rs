//! A simulated cluster around your program: the entry point for controllers of other projects.
//!
//! A [`Simulation`] is a program (an async function that takes a `kube::Client`), its number of replicas, the kinds
//! that the cluster serves, a workload, faults, and checks. It runs once per seed. The first seed that violates a check
//! comes back as a [`Failure`] with a sentence, its story and the choices that repeat it.
//!
//! Deliberately absent: a reconciler trait, and a client of its own. The program is the one that you ship; only
//! the transport under kube-rs changes. [`Simulation::explore`] says what is deterministic and what is not.
mod builder;
mod cargo_test;
mod check;
mod end_state;
mod explore;
mod history;
mod invariants;
mod judge;
mod page;
mod patterns;
mod plan;
mod program;
mod runner;
mod shrink;
mod story;
mod view;
mod written;

pub use builder::{BuildError, Builder};
pub use explore::{Exploration, Failure};
pub use patterns::Pattern;
pub use runner::{Run, Simulation, findings};
pub use shrink::{Departures, NotDepartures, Shrunk};
pub use story::{Step, StepKind};
pub use view::View;
pub use written::Written;
