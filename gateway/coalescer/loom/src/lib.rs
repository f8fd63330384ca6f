//! Every interleaving of the coalescer's core, explored with loom.
//!
//! `queue` is production's file, included by its path. It takes its primitives from `sync`, which here are loom's. So
//! production has no cfg and no feature for the search, and the searched code is the shipped code. [`model`] is what
//! threads do to a queue and what must hold. [`flawed`] has queues that each violate it, which shows that the search
//! finds violations. [`search`] runs a model to the end, and fails if it cannot.
//!
//! A writer that drops its leadership stands for one that panics: the destructor is the same, and loom cannot switch
//! threads while one of them unwinds. The coalescer's own tests include the panic.
pub mod flawed;
pub mod model;
#[path = "../../src/queue.rs"]
pub mod queue;
pub mod search;
mod sync;
