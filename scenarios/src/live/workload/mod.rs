//! The workload of a live run: stories on a pool of fingerprints, played at a rate until a time is over.
//!
//! - [`notification`]: bodies as Alertmanager sends them; [`sender`]: deliveries, retried as Alertmanager retries.
//! - [`gateways`]: the addresses to send to; [`orchestrator`]: the clients that end requests.
//! - [`story`]: what is played on a fingerprint; [`mod@play`]: plays many of them.
pub mod gateways;
pub mod notification;
pub mod orchestrator;
pub mod play;
pub mod sender;
pub mod stage;
pub mod story;

pub use gateways::Gateways;
pub use play::{Extent, play};
pub use stage::Stage;
pub use story::Story;
