//! Observation: the only place that knows both the simulation's events and the oracle's facts.
//!
//! It extracts facts from bytes on the wire and from commits in the store, never from the gateway's own types.
//!
//! - [`recorder`]: receives events and deliveries, and passes the facts to the oracle; [`resources`]: what it observes.
//! - `facts`: facts of commits; `replies`: facts of answers; [`signals`]: deliveries as their senders see them.
//! - [`probes`]: answers to the kubelet.
//! - `writes`: when a write was first sent.
//! - `watches`: facts of watches, with `watch_line` and `label_selector` as their parsers.
mod facts;
mod label_selector;
pub mod probes;
pub mod recorder;
mod replies;
pub mod resources;
pub mod signals;
mod watch_line;
mod watches;
mod writes;

pub(crate) use facts::{lease_in, request_in};
pub use probes::Probe;
pub use recorder::{Recorded, Recorder};
pub(crate) use replies::replies;
pub use resources::ObservedResources;
pub use signals::{DeliveryOutcome, SentSignal, Signals};
