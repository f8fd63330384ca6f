//! The direct transport: API server, replicas and senders in one thread; every request and answer is a choice point.
//!
//! Each run has a current-thread runtime with a paused clock. Its `on_thread_park` hook wakes the driver exactly when
//! every task is idle. The driver takes one enabled action; with none enabled it waits, so that the runtime jumps to
//! the next timer. There are no ticks and no yield loops. Booting takes no choices: exploration starts when all
//! replicas are ready.
mod actions;
mod calls;
mod cluster;
mod driver;
mod idle;
mod pending;
mod processes;
mod shared;
mod views;

pub use driver::run;
