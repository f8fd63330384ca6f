//! The network transport: the same API servers, replicas and scripts, as HTTP/1.1 over turmoil's simulated TCP.
//!
//! Each API server is a turmoil host `api-N` and each replica a host `gateway-N`, on runtimes of their own; the script and its
//! senders share the host `senders`. Every request is a real one: connected, pooled, chunked and cut off by the same hyper
//! that production uses. It is there to contradict the direct transport, so it shares with it what a fault *is* and nothing of
//! how requests travel. What differs, and is why the direct one does the searching:
//!
//! - Which message overtakes which is turmoil's: latencies and the hosts' order within a tick come from a seed, which is the
//!   first choice of a run. API faults, cache lag, crashes and pauses are labelled choices after it, so that a record of
//!   choices repeats the run; but changing one choice shifts all latencies after it, so nothing here is shrunk or exhausted.
//! - Crashes and pauses strike between ticks, not between any two actions. A crash closes the process's sockets as a kernel
//!   does: peers see the end of the stream, not silence.
//! - A pause holds every link of the replica and stops its [`HostClock`](crate::clock::HostClock). It cannot stop work that
//!   needs neither: what was already received is handled to its next call, and timers of hyper's own, which no
//!   process sees through its clock, go off. Connections that outwait their peer's timeout break, as they would.
//! - turmoil's TCP loses nothing and retransmits nothing: loss is a broken connection, at one end or the other.
//! - A tick is a millisecond for the whole run, idle tail included: turmoil fixes it when the simulation is built.
mod api;
mod caches;
mod calls;
mod client;
mod cluster;
mod delivery;
mod driver;
mod fate;
mod listener;
mod replicas;
mod world;

pub(super) use client::ApiClient;
pub use driver::run;
pub use listener::{Connection, Listener};
