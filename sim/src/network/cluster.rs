//! What a script can do over the network transport.
use super::{client::ApiClient, replicas::Order, world::Shared};
use crate::{
    choice::Label,
    clock::TrueTime,
    direct::Phase,
    event::{ActorId, DeliveryId},
    faults::FaultKind,
    run::{
        ApiService, Intervention,
        cluster::{Backend, Exchange},
    },
};
use apiserver::ResourceId;
use bytes::Bytes;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

impl Backend for Shared {
    fn next_delivery(&self) -> DeliveryId {
        self.lock().next_delivery()
    }

    fn send(&self, id: DeliveryId, replica: usize, request: http::Request<Bytes>) -> Exchange {
        Box::pin(self.clone().deliver(id, replica, request))
    }

    fn ready(&self) -> Vec<usize> {
        let world = self.lock();
        (0..world.replicas.len()).filter(|&index| world.replicas[index].ready).collect()
    }

    fn actor(&self) -> (ActorId, ApiService) {
        let actor = self.lock().add_actor(None);
        (actor, ApiService::over_network(ApiClient::new(self.clone()), actor))
    }

    fn spare(&self, actor: ActorId) {
        self.lock().actors[actor.0 as usize].spared = true;
    }

    fn choose(&self, of: usize, label: Label) -> usize {
        let mut world = self.lock();
        if world.phase == Phase::Explore { world.choices.choose(of, label) } else { 0 }
    }

    fn rarely(&self, per_mille: u32, label: Label) -> bool {
        let mut world = self.lock();
        world.phase == Phase::Explore && world.choices.rarely(per_mille, 2, label) == 1
    }

    fn time(&self) -> TrueTime {
        self.lock().time.clone()
    }

    fn object(&self, resource: ResourceId, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.lock().api.object(resource, namespace, name)
    }

    fn objects(&self, resource: ResourceId) -> Vec<Arc<Value>> {
        self.lock().api.objects(resource).collect()
    }

    fn pause(&self, replica: usize, duration: Duration) {
        let mut world = self.lock();
        let now = world.time.micros();
        world.orders.push((now, Order::Pause { replica, duration }));
    }

    fn deliver_fault(&self, kind: FaultKind) {
        self.lock().deliver_fault(kind, None, None);
    }

    fn stop_faults(&self) {
        self.lock().settle();
    }

    fn offer(&self, _: Vec<Box<dyn Intervention>>) {}
}
