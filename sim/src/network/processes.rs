//! Processes of replicas over the network: each replica is a host with its pod's name.
use super::{
    client::ApiClient,
    pending::Link,
    shared::{NetworkRun, Shared},
};
use crate::{
    hosts::{Host, Process},
    listener::Listener,
    run::lifecycle::Crashed,
    service::ApiService,
};
use std::{sync::Arc, time::Duration};

/// Port on which replicas accept deliveries.
pub(super) const PORT: u16 = 8080;

/// Runs one process of a replica, until it crashes or the run ends.
pub(super) async fn run(shared: Shared, host: Arc<dyn Host>, replica: usize) -> turmoil::Result {
    // A task of its own, so that a panic ends this process and not the simulation.
    let process = tokio::spawn(async move {
        let observer = shared.clone();
        let listener = Listener::bind(PORT, move |peer| observer.lock().delivery_arrived(peer)).await?;
        let api = ApiClient::new(shared.clone());
        let environment = shared.lock().run.start_process(replica, |actor| ApiService::new(api, actor));
        let process = host.boot(environment);
        let serving = process.serve(listener);
        shared.lock().run.replicas[replica].process = Some(process);
        serving.await;
        Ok::<(), std::io::Error>(())
    });
    if let Ok(ended) = process.await {
        ended?;
    }
    std::future::pending().await
}

impl Shared {
    /// Name of a replica's host on the network.
    pub(super) fn name(&self, replica: usize) -> Arc<str> {
        Arc::clone(&self.lock().run.replicas[replica].name)
    }
}

impl NetworkRun {
    /// Adds a replica that has not started yet.
    pub(super) fn add_replica(&mut self, host: &dyn Host) {
        self.run.add_replica(host);
        self.queues.links.push(Link::default());
    }

    /// Records that a replica's process has crashed, and hands it over to be dropped; None if it was down.
    pub(super) fn crash(&mut self, index: usize, restart: Duration) -> Option<Box<dyn Process>> {
        let Crashed { process, .. } = self.run.crash(index)?;
        // A crash ends a pause: the next process is not paused.
        self.run.replicas[index].paused_until = Arc::default();
        let restart_at = Some(self.run.time.micros() + restart.as_micros() as u64);
        self.queues.links[index] = Link { restart_at, held: false };
        Some(process)
    }

    /// Records that a replica is paused.
    pub(super) fn pause(&mut self, index: usize, duration: Duration) {
        self.run.pause(index, duration);
        self.queues.links[index].held = true;
    }
}
