//! The peer: the burst as a user of turmoil would simulate it, without Lockstep's engine.
//!
//! Three gateways, an API server and a sender are turmoil's hosts and talk HTTP over its TCP; at the end the sender
//! reads the RemediationRequests and compares. The gateway, the API server's store and the network are those that
//! Lockstep uses, and the store is forked from a prepared one as in Lockstep. There are no choices, no faults, no
//! events and no oracle. One API server is enough, and its caches follow at once: both make it cheaper.
mod api;
mod network;
mod replica;
mod sender;
mod shape;
mod time;

pub use shape::Shape;

use crate::work::{Done, fixtures, registry};
use api::Api;
use apiserver::ApiServer;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use time::epoch;

/// The latencies of Lockstep's network transport.
const LATENCY_MIN: Duration = Duration::from_millis(1);
const LATENCY_MAX: Duration = Duration::from_millis(20);
/// Longest simulated time of a run.
const LIMIT: Duration = Duration::from_secs(600);
/// turmoil panics over more connections that wait to be accepted.
const TCP_CAPACITY: usize = 1_024;

/// A prepared API server, which every run forks.
pub struct Peer {
    api: ApiServer,
}

impl Peer {
    /// Compiles the kinds, and stores what the alerts are about.
    ///
    /// # Errors
    /// If the API server refuses a fixture.
    pub fn new() -> anyhow::Result<Self> {
        let mut api = ApiServer::new(registry(), 1, 0);
        api.set_auto_advance(true);
        api.set_field_management(false);
        api.apply_fixture(&fixtures(), epoch())?;
        Ok(Self { api })
    }

    /// One run in a world of its own.
    ///
    /// # Errors
    /// If it did not end, or a connection failed.
    pub fn run(&self, shape: Shape, seed: u64) -> anyhow::Result<Done> {
        let mut sim = turmoil::Builder::new()
            .epoch(epoch().into())
            .rng_seed(seed)
            .enable_random_order()
            .tick_duration(shape.tick)
            .min_message_latency(LATENCY_MIN)
            .max_message_latency(LATENCY_MAX)
            .tcp_capacity(TCP_CAPACITY)
            .simulation_duration(LIMIT)
            .build();
        let api = Api::share(self.api.fork());
        let served = Arc::clone(&api);
        sim.host(network::API, move || api::serve(Arc::clone(&served)));
        for index in 0..shape.replicas {
            sim.host(replica::name(index), move || replica::run(index, seed));
        }
        let result = Arc::new(OnceLock::new());
        let kept = Arc::clone(&result);
        sim.client("senders", async move {
            _ = kept.set(sender::burst(shape).await?);
            Ok(())
        });
        sim.run().map_err(|error| anyhow::anyhow!("the simulation failed: {error}"))?;
        let simulated = sim.elapsed();
        drop(sim);
        let work = *result.get().ok_or_else(|| anyhow::anyhow!("the sender did not end"))?;
        let api_calls = api::calls(&api);
        Ok(Done { work, api_calls, simulated })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Work;

    #[test]
    fn peer_does_the_work_of_the_burst() {
        let peer = Peer::new().expect("a peer");
        let done = peer.run(Shape::BURST, 7).expect("a run");
        assert_eq!(done.work, Work::BURST);
        assert!(done.api_calls > 10 && done.simulated > Shape::BURST.idle, "{done:?}");
    }

    #[test]
    fn coarse_ticks_do_the_same_work() {
        let peer = Peer::new().expect("a peer");
        let shape = Shape { tick: Duration::from_millis(10), idle: Duration::ZERO, ..Shape::BURST };
        assert_eq!(peer.run(shape, 1).expect("a run").work, Work::BURST);
    }

    #[test]
    fn fewer_signals_are_counted_as_fewer() {
        let peer = Peer::new().expect("a peer");
        let done = peer.run(Shape { signals: 4, idle: Duration::ZERO, ..Shape::BURST }, 1).expect("a run");
        assert_eq!(done.work, Work { accepted: 4, requests: 1, counted: 4 });
    }
}
