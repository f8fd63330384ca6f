//! Answers one HTTP request with the API server.
use crate::{
    body::{Body, full},
    etcd,
    shared::Shared,
    watch,
};
use apiserver::{Answer, AnswerBody, Request};
use bytes::{Bytes, BytesMut};
use futures::future::Either;
use http::Method;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::{pin::pin, time::Duration};

/// Bytes of a body to keep: one more than the server accepts, so that it can refuse a larger one.
const BODY_KEPT: usize = (3 << 20) + 1;
/// Bytes of a body to read at most: a client that sends a little too much gets an answer before its connection is
/// closed.
const BODY_READ: usize = 16 << 20;
/// Time for which a read waits for a future version (k8s.io/apiserver/pkg/storage/cacher, blockTimeout).
const FRESHNESS_TIMEOUT: Duration = Duration::from_secs(3);

/// Answers one request. An error ends the connection: the client aborted the request.
pub(super) async fn answer(
    shared: Shared,
    request: http::Request<Incoming>,
) -> Result<http::Response<Body>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = read(body).await?;
    if parts.method == Method::POST && parts.uri.path() == etcd::COMPACTION {
        return Ok(etcd::compact(&shared, &body));
    }
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let request = Request { method: parts.method, target, headers: parts.headers, body };
    let answer = handle_when_fresh(&shared, &request).await;
    let mut response = http::Response::new(match answer.body {
        AnswerBody::Full(bytes) => full(bytes),
        AnswerBody::Watch(id) => watch::body(shared, id),
    });
    *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or_default();
    *response.headers_mut() = answer.headers;
    Ok(response)
}

/// Handles a request. A read of a future version waits for that version before it is refused.
async fn handle_when_fresh(shared: &Shared, request: &Request) -> Answer {
    let mut changes = shared.changes();
    let mut deadline = pin!(tokio::time::sleep(FRESHNESS_TIMEOUT));
    loop {
        changes.borrow_and_update();
        let answer = shared.handle(request).await;
        let early = request.method == Method::GET && answer.status == http::StatusCode::GATEWAY_TIMEOUT.as_u16();
        if !early {
            return answer;
        }
        if let Either::Left(_) = futures::future::select(deadline.as_mut(), pin!(changes.changed())).await {
            return answer;
        }
    }
}

async fn read(mut body: Incoming) -> Result<Bytes, hyper::Error> {
    let (mut kept, mut seen) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        if let Ok(chunk) = frame?.into_data() {
            seen += chunk.len();
            let room = BODY_KEPT.saturating_sub(kept.len());
            kept.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        if seen > BODY_READ {
            break;
        }
    }
    Ok(kept.freeze())
}
