//! What a script can do over the direct transport.
use super::{pending::Delivery, shared::Shared};
use crate::{
    event::{ActorId, DeliveryId, Event},
    run::{
        cluster::{Backend, Disconnected, Exchange},
        disruption::Disruption,
        interference::Interference,
        state::RunState,
    },
    service::ApiService,
};
use bytes::Bytes;
use std::time::Duration;
use tokio::sync::oneshot;

impl Backend for Shared {
    fn with_state(&self, change: &mut dyn FnMut(&mut RunState)) {
        change(&mut self.lock().run);
    }

    fn api(&self, actor: ActorId) -> ApiService {
        ApiService::new(self.clone(), actor)
    }

    fn send(&self, id: DeliveryId, replica: usize, request: http::Request<Bytes>) -> Exchange {
        let (sender, answer) = oneshot::channel();
        {
            let mut state = self.lock();
            state.run.emit(&Event::DeliverySent { delivery: id, replica });
            state.queues.deliveries.push(Delivery { id, replica, request, sender });
        }
        self.added.notify_one();
        Box::pin(async move { answer.await.map_err(|_| Disconnected) })
    }

    fn pause(&self, replica: usize, duration: Duration) {
        self.lock().run.pause(replica, duration);
        self.added.notify_one();
    }

    fn crash(&self, replica: usize, restart: Duration) {
        self.lock().ordered.push_back(Disruption::Crash { replica, restart });
        self.added.notify_one();
    }

    fn stop_faults(&self) {
        self.lock().run.quiesce();
    }

    fn offer(&self, interferences: Vec<Box<dyn Interference>>) {
        self.lock().interferences = interferences;
    }
}
