//! One writer per key: items that arrive while a writer works wait for its next batch.
//!
//! The core is [`Coalescer`]: the first caller to join a key leads it and gets a [`Leadership`]; later items queue
//! behind it. A leader stops only by finding the queue empty, which removes the key in the same critical section, so
//! that no item can arrive between the last look and the end. A leader that panics or is dropped also drops its queue.
//!
//! There is no tokio and no clock here. The primitives come from `sync`, so that a model checker can include `queue.rs`
//! beside a `sync` module of its own, without a cfg in production.
mod queue;
mod sync;

pub use queue::{Coalescer, Full, Joined, Leadership, Limits};
