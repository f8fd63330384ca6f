//! The direct transport: API server, replicas and senders in one thread; every request and answer is a choice point.
//!
//! One current-thread runtime per run with a paused clock. Its `on_thread_park` hook wakes the driver exactly when every
//! task is idle; the driver takes one enabled action, and with none enabled waits, so that the runtime jumps to the next
//! timer. There are no ticks and no yield loops. Booting takes no choices: exploration starts when all replicas are ready.
mod actions;
mod calls;
mod cluster;
mod driver;
mod replicas;
mod trigger;
mod world;

pub(crate) use actions::SERVER_FAULTS;
pub use actions::{PAUSES, RESTARTS, WORLD_FAULTS};
pub(crate) use calls::wire;
pub use calls::{CALL_FAULTS, DELAYS};
pub use driver::{Outcome, Past, RunError, Settings, Stop, run};
pub(crate) use replicas::OFFSETS_MS;
pub use trigger::{CallPattern, Effect, Trigger};
pub(crate) use world::Shared;
pub(crate) use world::{Actor, Phase, Spent};
