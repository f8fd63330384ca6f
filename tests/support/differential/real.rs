//! The real server as a client of the conformance player: one of many that share its connections.
use crate::real_server::{self, ADMIN_TOKEN, RealServer};
use apiserver::Request;
use bytes::{Bytes, BytesMut};
use conformance::{Client, Line, Reply, Unanswered};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::time::{Duration, Instant};
use tokio::time::timeout;

const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A real server. Clones share connections.
#[derive(Debug, Clone)]
pub struct Real {
    client: real_server::Client,
    began: Instant,
}

/// An open watch.
#[derive(Debug)]
pub struct RealStream {
    body: Incoming,
    /// What came after the last whole line.
    rest: BytesMut,
}

impl Real {
    /// The first server of a control plane, for the runtime that this is called in.
    #[expect(clippy::disallowed_methods, reason = "a real server lives in real time")]
    pub fn new(plane: &RealServer) -> Self {
        // The player sets every request's token itself; this one is for none of them.
        let client = plane.client(0, ADMIN_TOKEN).with_token("").expect("no token is a token");
        Self { client, began: Instant::now() }
    }

    async fn begin(&self, request: Request) -> Result<(Reply, Incoming), Unanswered> {
        let unanswered = |e: &dyn std::fmt::Display| Unanswered(e.to_string());
        let mut wire = http::Request::builder().method(request.method).uri(&request.target);
        if let Some(headers) = wire.headers_mut() {
            *headers = request.headers;
        }
        let wire = wire.body(request.body).map_err(|e| unanswered(&e))?;
        let (parts, body) = self.client.send(wire).await.map_err(|e| unanswered(&e))?.into_parts();
        Ok((Reply { status: parts.status.as_u16(), headers: parts.headers, body: Bytes::new() }, body))
    }

    async fn whole(&self, request: Request) -> Result<Reply, Unanswered> {
        let (reply, body) = self.begin(request).await?;
        let body = body.collect().await.map_err(|e| Unanswered(e.to_string()))?.to_bytes();
        Ok(Reply { body, ..reply })
    }
}

impl Client for Real {
    type Stream = RealStream;

    async fn send(&mut self, request: Request) -> Result<Reply, Unanswered> {
        let answer = timeout(ANSWER_TIMEOUT, self.whole(request)).await;
        answer.map_err(|_| Unanswered(format!("nothing within {ANSWER_TIMEOUT:?}")))?
    }

    async fn watch(&mut self, request: Request) -> Result<(Reply, Option<RealStream>), Unanswered> {
        let (reply, body) = self.begin(request).await?;
        if reply.status == 200 {
            return Ok((reply, Some(RealStream { body, rest: BytesMut::new() })));
        }
        let body = body.collect().await.map_err(|e| Unanswered(e.to_string()))?.to_bytes();
        Ok((Reply { body, ..reply }, None))
    }

    async fn next_line(&mut self, stream: &mut RealStream, within: Duration) -> Line {
        loop {
            if let Some(end) = stream.rest.iter().position(|byte| *byte == b'\n') {
                return Line::Event(stream.rest.split_to(end + 1).freeze());
            }
            match timeout(within, stream.body.frame()).await {
                Err(_) => return Line::Quiet,
                Ok(Some(Ok(frame))) => stream.rest.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
                Ok(None | Some(Err(_))) => return Line::End,
            }
        }
    }

    async fn compact(&mut self, _: u64) -> Result<u16, Unanswered> {
        Err(Unanswered("sequences share a store and compact nothing".to_owned()))
    }

    async fn sleep(&mut self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}
