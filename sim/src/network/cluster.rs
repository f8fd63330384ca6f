//! What a script can do over the network transport.
use super::{client::ApiClient, shared::Shared};
use crate::{
    event::{ActorId, DeliveryId},
    run::{
        cluster::{Backend, Exchange},
        disruption::Disruption,
        state::RunState,
    },
    service::ApiService,
};
use bytes::Bytes;
use std::time::Duration;

impl Backend for Shared {
    fn with_state(&self, change: &mut dyn FnMut(&mut RunState)) {
        change(&mut self.lock().run);
    }

    fn api(&self, actor: ActorId) -> ApiService {
        ApiService::new(ApiClient::new(self.clone()), actor)
    }

    fn send(&self, id: DeliveryId, replica: usize, request: http::Request<Bytes>) -> Exchange {
        Box::pin(self.clone().deliver(id, replica, request))
    }

    fn pause(&self, replica: usize, duration: Duration) {
        self.lock().order(Duration::ZERO, Disruption::Pause { replica, duration });
    }

    fn crash(&self, replica: usize, restart: Duration) {
        self.lock().order(Duration::ZERO, Disruption::Crash { replica, restart });
    }

    fn stop_faults(&self) {
        self.lock().quiesce();
    }
}
