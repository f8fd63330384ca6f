//! Transports: how programs reach the simulated API server, and senders reach the programs.
//!
//! [`direct`] is in process: every request and answer is a choice point, and virtual time jumps over idle time. [`network`]
//! carries the same requests as HTTP over simulated TCP: slower, and what cross-checks the first.
pub(crate) mod cluster;
pub(crate) mod control_plane;
pub(crate) mod intervention;
pub(crate) mod service;
pub(crate) mod wording;

pub use cluster::{Cluster, Lost};
pub use control_plane::{Balance, ControlPlane};
pub use intervention::{Glimpse, Intervention};
pub use service::{ApiBody, ApiService, BrokenConnection};
