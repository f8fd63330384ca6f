//! A program's connections to the API servers: hyper-util's pooling client, as in production, on simulated sockets.
use super::{api, headers, shared::Shared};
use crate::{
    event::{ActorId, CallEnd, CallId, Event},
    service::{ApiBody, ApiFuture, BrokenConnection, CallResult, Transport},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::Uri;
use http_body_util::Full;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connected, Connection},
    },
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use turmoil::net::TcpStream;

/// Timeout of a connection attempt. turmoil never resends a SYN: without a timeout, connecting to a host that is down
/// hangs.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// One program's connections to the API servers.
#[derive(Clone)]
pub(super) struct ApiClient {
    shared: Shared,
    http: Client<Connector, Full<Bytes>>,
}

impl ApiClient {
    pub(super) fn new(shared: Shared) -> Self {
        let http = Client::builder(TokioExecutor::new())
            // A request that was sent may have been executed. Only its program knows whether it may be sent again.
            .retry_canceled_requests(false)
            // Idle connections would be closed in the order of a hash map, at an age read from the machine's clock.
            .pool_idle_timeout(None)
            .pool_timer(TokioTimer::new())
            .build(Connector);
        Self { shared, http }
    }
}

impl Transport for ApiClient {
    fn call(&self, actor: ActorId, parts: http::request::Parts, body: Bytes) -> ApiFuture {
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let (call, server) = self.shared.lock().send_call(actor, &parts.method, target, &body);
        let uri = Uri::builder().scheme("http").authority(api::name(server)).path_and_query(target).build();
        let mut request = http::Request::new(Full::new(body));
        *request.uri_mut() = uri.unwrap_or_default();
        *request.method_mut() = parts.method;
        *request.headers_mut() = parts.headers;
        headers::identify(request.headers_mut(), call, actor);
        let exchange = self.http.request(request);
        let waiting = Waiting { shared: self.shared.clone(), call };
        ApiFuture::Wire(Box::pin(async move {
            let result = exchange.await.map_err(|_| BrokenConnection);
            waiting.answered(result.map(|response| response.map(ApiBody::Wire)))
        }))
    }
}

/// A caller that waits. If it is dropped unanswered, it has stopped waiting, and later calls no longer overtake its
/// own.
struct Waiting {
    shared: Shared,
    call: CallId,
}

impl Waiting {
    fn answered(&self, result: CallResult) -> CallResult {
        let end = result.as_ref().map_or(CallEnd::Broken, |response| CallEnd::Status(response.status().as_u16()));
        self.shared.lock().run.emit(&Event::CallAnswered { call: self.call, end });
        result
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.shared.lock().queues.waiting.remove(&self.call);
    }
}

/// Connects to the host that a URI names.
#[derive(Clone)]
struct Connector;

impl tower::Service<Uri> for Connector {
    type Response = Socket;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Socket>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(async move {
            let host = uri.host().unwrap_or_default().to_owned();
            let stream = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect((host, api::PORT))).await??;
            Ok(Socket(TokioIo::new(stream)))
        })
    }
}

/// A connected socket, as the pool needs it.
struct Socket(TokioIo<TcpStream>);

impl Connection for Socket {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl Write for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
