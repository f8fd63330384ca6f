//! The faults of a live run: which were asked for, and when they strike.
//!
//! Each fault of processes has a task of its own, which takes a replica that no other fault has. A fault counts when it
//! took effect: a kill met a process that ran, a pause outlasted a lease and its process continued, a server was ready
//! again; a credential was replaced, and the old one refused.
mod evidence;
mod plan;
mod processes;
mod rotation;
mod servers;

pub use plan::{FAULTS, FaultPlan};
pub use processes::strike;
pub use rotation::{Rotation, write_token};
pub use servers::{Plane, restart};
