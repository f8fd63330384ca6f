//! The same orchestrator as processes on a real API server, which are killed and paused while it is judged.
//!
//! It cannot be repeated as a simulated run can. It shows that the orchestrator does not get its safety from the
//! simulated world.
mod connection;
mod fleet;
mod history;
mod process;
mod run;
mod size;
mod workload;

pub(crate) use process::{Process, serve};
pub(crate) use run::run;
pub(crate) use size::Size;
