//! Processes of replicas over the direct transport: their deliveries, crashes and restarts.
use super::{
    pending::Delivery,
    shared::{DirectRun, Shared},
};
use crate::{
    choice::{Alternative, Label},
    digest::mix,
    event::{DeliveryId, Event},
    faults::FaultKind,
    hosts::Host,
    run::lifecycle::Crashed,
    service::ApiService,
};
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use tokio::task::AbortHandle;

impl DirectRun {
    /// Adds a replica that has not started yet.
    pub(super) fn add_replica(&mut self, host: &dyn Host) {
        self.run.add_replica(host);
        self.handling.push(Default::default());
    }

    /// Adds a delivery to the history of its replica.
    fn receive_delivery(&mut self, id: DeliveryId, replica: usize) {
        let (at, actor) = (self.run.time.micros(), self.run.replicas[replica].actor);
        if let Some((digest, actor)) = self.run.digest.as_mut().zip(actor) {
            digest.receive(actor, at, mix(id));
        }
    }

    /// Adds an answer to the history of the script.
    fn answer_delivery(&mut self, id: DeliveryId, response: &http::Response<Bytes>) {
        let (at, status) = (self.run.time.micros(), response.status());
        if let Some(digest) = &mut self.run.digest {
            let end = mix((status.as_u16(), digest.text(response.body())));
            digest.answered(id, at, end, status.is_success());
        }
    }
}

impl Shared {
    /// Starts a process of a replica.
    pub(super) fn start(&self, host: &dyn Host, index: usize) {
        let environment = self.lock().run.start_process(index, |actor| ApiService::new(self.clone(), actor));
        // Booting makes API calls, which take the lock.
        let process = host.boot(environment);
        self.lock().run.replicas[index].process = Some(process);
    }

    /// Hands a request to its replica, or breaks the connection if the replica is down.
    pub(super) fn arrive(&self, delivery: Delivery) {
        let Delivery { id, replica, request, sender } = delivery;
        let mut state = self.lock();
        let Some(process) = state.run.replicas[replica].process.as_ref() else {
            state.run.emit(&Event::DeliveryAnswered { delivery: id, replica, status: None });
            return;
        };
        let handling = process.call(request);
        state.run.emit(&Event::DeliveryArrived { delivery: id, replica });
        state.receive_delivery(id, replica);
        let shared = self.clone();
        let task = tokio::spawn(async move {
            let response = handling.await;
            let mut state = shared.lock();
            state.handling[replica].remove(&id);
            let status = Some(response.status().as_u16());
            state.run.emit(&Event::DeliveryAnswered { delivery: id, replica, status });
            state.answer_delivery(id, &response);
            // A sender that stopped waiting does not concern the replica.
            let _ = sender.send(response);
        });
        state.handling[replica].insert(id, task.abort_handle());
    }

    /// Stops a replica's process at once; false if it was down. Calls that it sent may still be executed.
    pub(super) fn crash(&self, index: usize) -> bool {
        let mut state = self.lock();
        if state.run.replicas[index].process.is_none() {
            return false;
        }
        let handling = std::mem::take(&mut state.handling[index]);
        for id in handling.keys() {
            state.run.emit(&Event::DeliveryAnswered { delivery: *id, replica: index, status: None });
        }
        let Some(Crashed { process, actor }) = state.run.crash(index) else { return false };
        state.queues.answers.retain(|answer| Some(answer.actor) != actor);
        drop(state);
        // Dropping a process runs its code: not under the lock.
        handling.values().for_each(AbortHandle::abort);
        drop(process);
        true
    }

    /// Disconnects the sender of one of the requests that replicas are handling, if there is one.
    pub(super) fn disconnect(&self) {
        let mut state = self.lock();
        let DirectRun { run, handling, .. } = &mut *state;
        let handled: Vec<(usize, DeliveryId)> = handling
            .iter()
            .enumerate()
            .flat_map(|(index, handling)| handling.keys().map(move |&id| (index, id)))
            .collect();
        if handled.is_empty() {
            return;
        }
        run.so_far.disconnects += 1;
        let name = |picked: usize| Alternative::Delivery(handled[picked].1.0);
        let (replica, id) = handled[run.choices.choose(Label::Victim, handled.len(), name)];
        let task = handling[replica].remove(&id);
        run.emit(&Event::DeliveryAnswered { delivery: id, replica, status: None });
        run.deliver_fault(FaultKind::Disconnect, None, Some(replica));
        drop(state);
        if let Some(task) = task {
            task.abort();
        }
    }

    /// Starts a crashed replica again after a while.
    pub(super) fn restart_later(&self, host: Arc<dyn Host>, index: usize, after: Duration) {
        let shared = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            shared.start(host.as_ref(), index);
            shared.added.notify_one();
        });
    }
}
