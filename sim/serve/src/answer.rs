//! From a request on the wire to the API server and back.
use super::{etcd, shared::Shared, watch};
use apiserver::{Answer, AnswerBody, Request};
use bytes::{Bytes, BytesMut};
use futures::future::Either;
use http::Method;
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use std::{convert::Infallible, pin::pin, time::Duration};

/// How much of a body is kept: a little more than the server takes, so that it sees that there is too much.
const BODY_KEPT: usize = (3 << 20) + 1;
/// How much of a body is read at all, so that a client is told before its connection breaks.
const BODY_READ: usize = 16 << 20;
/// How long a read waits for a version that is not there yet (k8s.io/apiserver/pkg/storage/cacher, blockTimeout).
const FRESHNESS_TIMEOUT: Duration = Duration::from_secs(3);

/// A whole answer or a stream.
pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Answers one request. An error ends the connection: the client broke it off.
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
    let answer = fresh(&shared, &request).await;
    let mut response = http::Response::new(match answer.body {
        AnswerBody::Full(bytes) => Full::new(bytes).boxed_unsync(),
        AnswerBody::Watch(id) => watch::body(shared, id),
    });
    *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or_default();
    *response.headers_mut() = answer.headers;
    Ok(response)
}

/// A read of a version from the future waits whether it comes, before it is refused.
async fn fresh(shared: &Shared, request: &Request) -> Answer {
    let mut news = shared.news();
    let mut patience = pin!(tokio::time::sleep(FRESHNESS_TIMEOUT));
    loop {
        news.borrow_and_update();
        let answer = shared.handle(request);
        let early = request.method == Method::GET && answer.status == http::StatusCode::GATEWAY_TIMEOUT.as_u16();
        if !early {
            return answer;
        }
        if let Either::Left(_) = futures::future::select(patience.as_mut(), pin!(news.changed())).await {
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
