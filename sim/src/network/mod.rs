//! The network transport: the same API servers, replicas and scripts, as HTTP/1.1 over turmoil's simulated TCP.
//!
//! Each API server is a turmoil host `api-N`. Each replica is a host with its pod's name. All have runtimes of their
//! own; the script and its senders share the host `senders`. Every request is a real one: connected, pooled, chunked
//! and cut off by the same hyper that production uses. This transport exists to contradict the direct one. So it shares
//! what a fault *is*, and nothing of how requests travel. What differs, and is why the direct one does the searching:
//!
//! - turmoil decides which message overtakes which: latencies and the hosts' order within a tick come from a seed,
//!   which is the first choice of a run. API faults, cache lag, crashes and pauses are labelled choices after it, so a
//!   record of choices repeats the run. But changing one choice shifts all latencies after it, so nothing here is
//!   shrunk or searched exhaustively.
//! - Crashes and pauses strike between ticks, not between any two actions. A crash closes the process's sockets as a
//!   kernel does: peers see the end of the stream, not silence.
//! - A pause holds every link of the replica and stops its [`HostClock`](crate::clock::HostClock). It cannot stop work
//!   that needs neither: what was already received is handled up to its next call, and hyper's own timers, which no
//!   process sees through its clock, fire. Connections that wait longer than their peer's timeout break, as they would.
//! - turmoil's TCP neither loses nor retransmits: loss is a broken connection, at one end or the other.
//! - A tick is a millisecond for the whole run, including an idle tail: turmoil fixes it when the simulation is built.
mod api;
mod caches;
mod calls;
mod client;
mod cluster;
mod delivery;
mod driver;
mod headers;
mod outcomes;
mod pending;
mod processes;
mod shared;

pub use driver::run;
