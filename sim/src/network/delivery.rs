//! Deliveries: a sender's HTTP request to a replica, on a connection of its own.
use super::{
    client::CONNECT_TIMEOUT,
    replicas,
    world::{Shared, World},
};
use crate::{
    choice::Label,
    event::{DeliveryId, Event},
    faults::FaultKind,
    run::cluster::Lost,
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

/// A delivery that was sent and not answered.
pub(super) struct UnderWay {
    replica: usize,
    /// The sender's end of the connection, once there is one.
    from: Option<SocketAddr>,
    arrived: bool,
    hang_up: Option<oneshot::Sender<()>>,
}

impl World {
    /// The first bytes on a connection from this peer: its delivery has arrived.
    pub(super) fn delivery_arrived(&mut self, peer: SocketAddr) {
        let Some(&delivery) = self.connections.get(&peer) else { return };
        let Some(under_way) = self.deliveries.get_mut(&delivery) else { return };
        under_way.arrived = true;
        let replica = under_way.replica;
        self.emit(&Event::DeliveryArrived { delivery, replica });
    }

    /// Lets the sender of one of the requests that replicas handle hang up, if there is one.
    pub(super) fn disconnect(&mut self) {
        let handled: Vec<DeliveryId> =
            self.deliveries.iter().filter(|(_, under_way)| under_way.arrived).map(|(id, _)| *id).collect();
        if handled.is_empty() {
            return;
        }
        let id = handled[self.choices.choose(handled.len(), Label::Victim)];
        let Some(under_way) = self.deliveries.get_mut(&id) else { return };
        let (replica, hang_up) = (under_way.replica, under_way.hang_up.take());
        if hang_up.is_some_and(|hang_up| hang_up.send(()).is_ok()) {
            self.deliver_fault(FaultKind::Disconnect, None, Some(replica));
        }
    }

    fn delivery_ended(&mut self, delivery: DeliveryId, status: Option<u16>) {
        if let Some(UnderWay { replica, from, .. }) = self.deliveries.remove(&delivery) {
            from.map(|from| self.connections.remove(&from));
            self.emit(&Event::DeliveryAnswered { delivery, replica, status });
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
    ) -> Result<http::Response<Bytes>, Lost> {
        let (hang_up, hung_up) = oneshot::channel();
        {
            let mut world = self.lock();
            world.emit(&Event::DeliverySent { delivery: id, replica });
            let under_way = UnderWay { replica, from: None, arrived: false, hang_up: Some(hang_up) };
            world.deliveries.insert(id, under_way);
        }
        let answer = match select(pin!(self.exchange(id, replica, request)), hung_up).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => None,
        };
        let status = answer.as_ref().map(|response| response.status().as_u16());
        self.lock().delivery_ended(id, status);
        answer.ok_or(Lost)
    }

    /// One exchange on one connection, which is closed with this future.
    async fn exchange(
        &self,
        id: DeliveryId,
        replica: usize,
        mut request: http::Request<Bytes>,
    ) -> Option<http::Response<Bytes>> {
        let connect = TcpStream::connect((replicas::name(replica), replicas::PORT));
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, connect).await.ok()?.ok()?;
        let from = stream.local_addr().ok()?;
        {
            let mut world = self.lock();
            world.connections.insert(from, id);
            world.deliveries.get_mut(&id)?.from = Some(from);
        }
        let host = http::HeaderValue::try_from(replicas::name(replica)).ok()?;
        request.headers_mut().insert(http::header::HOST, host);
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        let mut connection = pin!(connection.fuse());
        let mut answer = pin!(async move {
            let (parts, body) = sender.send_request(request.map(Full::new)).await.ok()?.into_parts();
            let body = body.collect().await.ok()?.to_bytes();
            Some(http::Response::from_parts(parts, body))
        });
        poll_fn(|cx| {
            // However the connection ends, the answer knows.
            let _ = connection.as_mut().poll(cx);
            answer.as_mut().poll(cx)
        })
        .await
    }
}
