//! Credentials of a live run, which are renewed while it lasts.
//!
//! - [`certificate`]: the pair that every replica serves, in a directory as Kubernetes mounts a Secret.
//! - [`trust`]: the certificates that the senders trust at present, and the token that they show.
pub mod certificate;
pub mod trust;

pub use certificate::{Pair, ServingCertificate};
pub use trust::{Trust, TrustError};
