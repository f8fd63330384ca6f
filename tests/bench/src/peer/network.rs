//! HTTP over turmoil's TCP: the kube client's connections, and single requests.
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{
    Uri,
    uri::{Authority, Scheme},
};
use http_body_util::{BodyExt, Full};
use hyper::{
    client::conn::http1,
    rt::{Read, ReadBufCursor, Write},
};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connected, Connection},
    },
    rt::{TokioExecutor, TokioIo},
};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tower::util::MapRequest;
use turmoil::net::TcpStream;

/// Name of the API server's host.
pub(super) const API: &str = "api";
/// Port of the API server.
pub(super) const API_PORT: u16 = 80;

/// A client of the API server, with the gateway's own stack over turmoil's connections.
pub(super) fn kube_client(namespace: &str) -> kube::Client {
    let http: Client<Connector, kube::client::Body> =
        Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build(Connector);
    gateway::kube_client::client(MapRequest::new(http, to_api), namespace)
}

fn to_api<B>(mut request: http::Request<B>) -> http::Request<B> {
    let mut parts = request.uri().clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(Authority::from_static(API));
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    request
}

/// One request on a connection of its own, with the whole answer.
pub(super) async fn exchange(
    (host, port): (&str, u16),
    request: http::Request<Bytes>,
) -> anyhow::Result<http::Response<Bytes>> {
    let stream = TcpStream::connect((host, port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // The answer reports how the connection ended.
    tokio::spawn(async move { _ = connection.await });
    let mut request = request.map(Full::new);
    request.headers_mut().insert(http::header::HOST, http::HeaderValue::from_str(host)?);
    let (parts, body) = sender.send_request(request).await?.into_parts();
    Ok(http::Response::from_parts(parts, body.collect().await?.to_bytes()))
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
        let host = uri.host().unwrap_or_default().to_owned();
        Box::pin(async move { Ok(Socket(TokioIo::new(TcpStream::connect((host, API_PORT)).await?))) })
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
