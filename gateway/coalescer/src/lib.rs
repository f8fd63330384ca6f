//! One writer per key: items that arrive while a writer works wait for its next batch.
//!
//! The core is [`Coalescer`]: the first to join a key leads it and gets a [`Leadership`]; everybody else queues behind. The
//! only way to stop leading is to find the queue empty, which removes the key in the same critical section, so that no item
//! can slip between the last look and the end. A leader that panics or is dropped hands its queue back by dropping it.
//!
//! No tokio and no clock here. The primitives come through `sync`, so that a model checker can include `queue.rs` beside a
//! `sync` module of its own; production carries no cfg for it.
mod queue;
mod sync;

pub use queue::{Coalescer, Full, Joined, Leadership, Limits};
