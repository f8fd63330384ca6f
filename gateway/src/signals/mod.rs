//! Signals: one alert of one HTTP delivery, or one Kubernetes event, after parsing and owner resolution.
//!
//! Each source has a file that turns its body into [`Alert`]s. [`target`] finds the Kubernetes object that an alert
//! is about, [`owner`] its top-level owner, and `scope` whether that may be remediated; [`fingerprint`] is the
//! identity that deduplication rests on. A look-up that fails never counts as an answer: it makes the signal
//! retryable and leaves its target alone. A different target would be a different fingerprint, and so a second
//! RemediationRequest for one fault. [`go_json`] reads the bodies, and `names` decides which of their texts may become
//! part of a request.
mod alert;
pub mod delivery_key;
pub mod discovery;
pub mod fingerprint;
pub mod go_json;
pub mod kubernetes_event;
mod lookup;
mod names;
pub mod owner;
pub mod prometheus;
mod scope;
mod signal;
pub mod target;

pub use alert::{Alert, InvalidAlert, Subject, Target};
pub use signal::Signal;
