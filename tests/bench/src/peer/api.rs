//! The API server's host: the simulated kube-apiserver behind hyper.
use super::{network::API_PORT, time::now};
use apiserver::{AnswerBody, ApiServer, Request, ServerId, WatchId, WatchItem};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::mpsc;
use turmoil::net::TcpListener;

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The API server with its open watches.
pub(super) struct Api {
    server: ApiServer,
    streams: Vec<(WatchId, mpsc::UnboundedSender<Bytes>)>,
    calls: u64,
}

/// The API server, as the connections share it.
pub(super) type Shared = Arc<Mutex<Api>>;

fn lock(api: &Shared) -> MutexGuard<'_, Api> {
    api.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Number of requests so far.
pub(super) fn calls(api: &Shared) -> u64 {
    lock(api).calls
}

/// Serves the API until the simulation ends.
pub(super) async fn serve(api: Shared) -> turmoil::Result {
    let listener = TcpListener::bind(("0.0.0.0", API_PORT)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let api = Arc::clone(&api);
        let service = service_fn(move |request| answer(Arc::clone(&api), request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // An error concerns one client only.
        tokio::spawn(async move { _ = connection.await });
    }
}

async fn answer(api: Shared, request: http::Request<Incoming>) -> Result<http::Response<Body>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let request = Request { method: parts.method, target, headers: parts.headers, body };
    Ok(lock(&api).handle(&request))
}

impl Api {
    pub(super) fn share(server: ApiServer) -> Shared {
        Arc::new(Mutex::new(Self { server, streams: Vec::new(), calls: 0 }))
    }

    fn handle(&mut self, request: &Request) -> http::Response<Body> {
        self.calls += 1;
        let answer = self.server.handle(ServerId(0), 0, request, now());
        // They are for an oracle, and would accumulate.
        drop(self.server.take_commits());
        let body = match answer.body {
            AnswerBody::Full(bytes) => Full::new(bytes).boxed_unsync(),
            AnswerBody::Watch(watch) => {
                let (sender, mut lines) = mpsc::unbounded_channel();
                self.streams.push((watch, sender));
                let lines = futures::stream::poll_fn(move |cx| lines.poll_recv(cx));
                StreamBody::new(futures::StreamExt::map(lines, |line| Ok(Frame::data(line)))).boxed_unsync()
            }
        };
        self.send_lines();
        let mut response = http::Response::new(body);
        *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or_default();
        *response.headers_mut() = answer.headers;
        response
    }

    /// Sends every watch what it has not been sent yet.
    fn send_lines(&mut self) {
        let server = &mut self.server;
        self.streams.retain(|(watch, lines)| {
            loop {
                match server.next_event(*watch) {
                    WatchItem::Event(line) if lines.send(line.clone()).is_ok() => {}
                    WatchItem::Pending => return true,
                    WatchItem::Event(_) | WatchItem::End => {
                        server.close_watch(*watch);
                        return false;
                    }
                }
            }
        });
    }
}
