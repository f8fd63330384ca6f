//! Redis as option D of the documents uses it: SET with NX and PX, and DEL, on a primary with one replica.
//!
//! A command takes effect when it arrives, whether or not its sender is still there. Keys expire by Redis' clock, which
//! is right. Replication is asynchronous: the replica that takes over after the loss of the primary lacks the latest
//! writes (redis.io, "Replication": acknowledged writes may be lost in a failover). Time and order come from the run's
//! simulated time and the replicas' randomness, so a run repeats itself.
//!
//! Not here: Redlock, WAIT, and persistence, which option D does not use.
mod client;
mod key_store;
mod store;

pub use client::{Redis, RedisClient};
pub use key_store::KeyStore;
pub use store::{Command, NoPrimary};
