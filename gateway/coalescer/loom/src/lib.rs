//! Every interleaving of the coalescer's core, explored with loom.
//!
//! `queue` is production's file, included by its path; it names its primitives through `sync`, and here that is loom's. So
//! production has no cfg and no feature for the search, and what is searched cannot drift from what is shipped. [`model`] is
//! what threads do to a queue and what must hold; [`flawed`] has queues that each break it, so that the search is seen to
//! find something; [`search`] runs a model to the end and refuses to call anything less a result.
//!
//! A panicking writer is modelled by one that drops its leadership: the destructor is the same, and loom cannot switch threads
//! while one of them unwinds. The coalescer's own tests have the panic.
pub mod flawed;
pub mod model;
#[path = "../../src/queue.rs"]
pub mod queue;
pub mod search;
mod sync;
