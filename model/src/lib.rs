//! The oracle: what must hold, judged from facts alone.
//!
//! It knows nothing of the gateway, of Kubernetes clients or of the simulator: an oracle that shares code with its subject
//! agrees with its bugs. Facts come in as [`observation::Observation`]s, in the order in which they happened.
pub mod observation;
