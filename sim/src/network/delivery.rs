//! Deliveries: a sender's HTTP request to a replica, on a connection of its own.
use super::{
    client::CONNECT_TIMEOUT,
    pending::PendingDelivery,
    processes::PORT,
    shared::{NetworkRun, Shared},
};
use crate::{
    choice::{Alternative, Label},
    event::{DeliveryId, Event},
    faults::FaultKind,
    run::cluster::Disconnected,
};
use bytes::Bytes;
use futures::{
    FutureExt,
    future::{Either, select},
};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::{
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::pin,
};
use tokio::sync::oneshot;
use turmoil::net::TcpStream;

impl NetworkRun {
    /// The first bytes of this peer have arrived, and with them its delivery.
    pub(super) fn delivery_arrived(&mut self, peer: SocketAddr) {
        let Some(&delivery) = self.queues.connections.get(&peer) else { return };
        let Some(pending) = self.queues.deliveries.get_mut(&delivery) else { return };
        pending.arrived = true;
        let replica = pending.replica;
        self.run.emit(&Event::DeliveryArrived { delivery, replica });
    }

    /// Disconnects the sender of one of the requests that replicas are handling, if there is one.
    pub(super) fn disconnect(&mut self) {
        let handled: Vec<DeliveryId> =
            self.queues.deliveries.iter().filter(|(_, pending)| pending.arrived).map(|(id, _)| *id).collect();
        if handled.is_empty() {
            return;
        }
        let name = |picked: usize| Alternative::Delivery(handled[picked].0);
        let id = handled[self.run.choices.choose(Label::Victim, handled.len(), name)];
        let Some(pending) = self.queues.deliveries.get_mut(&id) else { return };
        let (replica, disconnect) = (pending.replica, pending.disconnect.take());
        if disconnect.is_some_and(|disconnect| disconnect.send(()).is_ok()) {
            self.run.deliver_fault(FaultKind::Disconnect, None, Some(replica));
        }
    }

    fn delivery_ended(&mut self, delivery: DeliveryId, status: Option<u16>) {
        if let Some(PendingDelivery { replica, from, .. }) = self.queues.deliveries.remove(&delivery) {
            from.map(|from| self.queues.connections.remove(&from));
            self.run.emit(&Event::DeliveryAnswered { delivery, replica, status });
        }
    }
}

impl Shared {
    /// Sends a request and waits for its answer, or for the end of the connection.
    pub(super) async fn deliver(
        self,
        id: DeliveryId,
        replica: usize,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Disconnected> {
        let (disconnect, disconnected) = oneshot::channel();
        {
            let mut state = self.lock();
            state.run.emit(&Event::DeliverySent { delivery: id, replica });
            let pending = PendingDelivery { replica, from: None, arrived: false, disconnect: Some(disconnect) };
            state.queues.deliveries.insert(id, pending);
        }
        let answer = match select(pin!(self.exchange(id, replica, request)), disconnected).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => None,
        };
        let status = answer.as_ref().map(|response| response.status().as_u16());
        self.lock().delivery_ended(id, status);
        answer.ok_or(Disconnected)
    }

    /// One exchange on one connection, which is closed with this future.
    async fn exchange(
        &self,
        id: DeliveryId,
        replica: usize,
        mut request: http::Request<Bytes>,
    ) -> Option<http::Response<Bytes>> {
        let name = self.name(replica);
        let connect = TcpStream::connect((&*name, PORT));
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, connect).await.ok()?.ok()?;
        let from = stream.local_addr().ok()?;
        {
            let mut state = self.lock();
            state.queues.connections.insert(from, id);
            state.queues.deliveries.get_mut(&id)?.from = Some(from);
        }
        let host = http::HeaderValue::try_from(&*name).ok()?;
        request.headers_mut().insert(http::header::HOST, host);
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        let mut connection = pin!(connection.fuse());
        let mut answer = pin!(async move {
            let (parts, body) = sender.send_request(request.map(Full::new)).await.ok()?.into_parts();
            let body = body.collect().await.ok()?.to_bytes();
            Some(http::Response::from_parts(parts, body))
        });
        poll_fn(|cx| {
            // The answer reports how the connection ended.
            let _ = connection.as_mut().poll(cx);
            answer.as_mut().poll(cx)
        })
        .await
    }
}
