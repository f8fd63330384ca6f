//! Workloads: what clients of the system do in a scenario, as data. [`play`](crate::play) carries it out.
//!
//! - [`act`]: the steps of a script.
//! - [`payload`]: real bodies of Alertmanager and Kubernetes, and the signals that they carry, computed without the
//!   gateway's code.
//! - [`interference`]: writes by clients other than the gateway and the orchestrator.
pub mod act;
pub mod interference;
pub mod payload;

pub use act::{Act, Retry, Route, Suppression, UNTIL_AT_REST};
pub use interference::Interference;
pub use payload::Payload;
