//! One connection: TLS with HTTP/2 or HTTP/1.1, or plain HTTP/1.1.
use crate::{answer, certificates::HTTP_2, shared::Shared};
use hyper::{
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::Watcher,
};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;

/// Time for a client to send its first byte and a request's header; also the timeout of idle connections.
const HEADER_TIMEOUT: Duration = Duration::from_secs(90);
/// Maximum number of concurrent requests on one HTTP/2 connection (k8s.io/apiserver/pkg/server/secure_serving.go).
const STREAMS: u32 = 100;
/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 0x16;

/// Serves the requests of one connection. Its first byte decides between TLS and plain text.
pub(super) async fn serve(
    shared: Shared,
    acceptor: TlsAcceptor,
    stream: TcpStream,
    watcher: Watcher,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut first = [0];
    tokio::time::timeout(HEADER_TIMEOUT, stream.peek(&mut first)).await??;
    if first[0] == HANDSHAKE {
        let stream = tokio::time::timeout(HEADER_TIMEOUT, acceptor.accept(stream)).await??;
        if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) {
            serve_http2(shared, stream, watcher).await;
        } else {
            serve_http1(shared, stream, watcher).await;
        }
    } else {
        serve_http1(shared, stream, watcher).await;
    }
    Ok(())
}

async fn serve_http1(shared: Shared, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, watcher: Watcher) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let service = service_fn(move |request| answer::answer(shared.clone(), request));
    _ = watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await;
}

async fn serve_http2(shared: Shared, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, watcher: Watcher) {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new()).keep_alive_interval(HEADER_TIMEOUT).max_concurrent_streams(STREAMS);
    let service = service_fn(move |request| answer::answer(shared.clone(), request));
    _ = watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await;
}
