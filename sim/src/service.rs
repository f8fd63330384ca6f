//! The client side of the simulated API: a tower service that a kube client is built over.
use crate::event::ActorId;
use apiserver::{Answer, AnswerBody, WatchId};
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::Timeout,
};

/// The connection ended before an answer came. The caller cannot know whether the request was executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("connection closed before an answer came: the request may or may not have been executed")]
pub struct BrokenConnection;

/// Body of an answer.
#[derive(Debug)]
pub enum ApiBody {
    /// All of it.
    Full(Option<Bytes>),
    /// A watch: one line at a time, until the server ends it.
    Lines(mpsc::UnboundedReceiver<Bytes>),
    /// A body that is read from the simulated network.
    Wire(Incoming),
}

impl Body for ApiBody {
    type Data = Bytes;
    type Error = BrokenConnection;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.get_mut() {
            ApiBody::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            ApiBody::Lines(lines) => lines.poll_recv(cx).map(|line| line.map(|bytes| Ok(Frame::data(bytes)))),
            ApiBody::Wire(body) => {
                Pin::new(body).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(|_| BrokenConnection)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            ApiBody::Full(bytes) => bytes.is_none(),
            ApiBody::Lines(_) => false,
            ApiBody::Wire(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ApiBody::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            ApiBody::Lines(_) => SizeHint::default(),
            ApiBody::Wire(body) => body.size_hint(),
        }
    }
}

/// Result of a call: an answer, or a broken connection.
pub(crate) type CallResult = Result<http::Response<ApiBody>, BrokenConnection>;

/// Carries API requests to their servers.
pub(crate) trait Transport: Send + Sync {
    /// Sends a request of this actor.
    fn call(&self, actor: ActorId, parts: http::request::Parts, body: Bytes) -> ApiFuture;
}

/// Connection of one program to the API servers. Cheap to clone.
#[derive(Clone)]
pub struct ApiService {
    transport: Arc<dyn Transport>,
    actor: ActorId,
    timeout: Option<Duration>,
}

impl fmt::Debug for ApiService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiService").field("actor", &self.actor).finish_non_exhaustive()
    }
}

impl ApiService {
    pub(crate) fn new(transport: impl Transport + 'static, actor: ActorId) -> Self {
        Self { transport: Arc::new(transport), actor, timeout: None }
    }

    /// The same service with a timeout for each answer. Without one a call that is never answered waits forever, and
    /// its caller needs a timeout of its own.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }
}

impl<B> tower::Service<http::Request<B>> for ApiService
where
    B: Body<Data = Bytes> + Send + 'static,
{
    type Response = http::Response<ApiBody>;
    type Error = BrokenConnection;
    type Future = ApiFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        // Programs send whole bodies. One that is not complete yet would be a streaming upload, which no client here
        // does.
        let Some(Ok(body)) = body.collect().now_or_never() else {
            return ApiFuture::Ready(Some(Err(BrokenConnection)));
        };
        let answer = self.transport.call(self.actor, parts, body.to_bytes());
        match self.timeout {
            Some(timeout) => ApiFuture::Limited(Box::pin(tokio::time::timeout(timeout, answer))),
            None => answer,
        }
    }
}

/// Waits for the answer of one call.
pub enum ApiFuture {
    /// The answer is there.
    Ready(Option<CallResult>),
    /// The answer comes in process.
    Waiting(oneshot::Receiver<CallResult>),
    /// The answer comes over the network.
    Wire(BoxFuture<'static, CallResult>),
    /// The answer counts only if it comes in time.
    Limited(Pin<Box<Timeout<ApiFuture>>>),
}

impl fmt::Debug for ApiFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiFuture")
    }
}

impl Future for ApiFuture {
    type Output = CallResult;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            ApiFuture::Ready(result) => Poll::Ready(result.take().unwrap_or(Err(BrokenConnection))),
            ApiFuture::Waiting(answer) => {
                Pin::new(answer).poll(cx).map(|result| result.unwrap_or(Err(BrokenConnection)))
            }
            ApiFuture::Wire(answer) => answer.as_mut().poll(cx),
            ApiFuture::Limited(answer) => {
                answer.as_mut().poll(cx).map(|result| result.unwrap_or(Err(BrokenConnection)))
            }
        }
    }
}

/// An answer as its caller reads it, and for a watch the sender of its lines.
pub(crate) fn wire(answer: Answer) -> (CallResult, Option<(WatchId, mpsc::UnboundedSender<Bytes>)>) {
    let (body, lines) = match answer.body {
        AnswerBody::Full(bytes) => (ApiBody::Full(Some(bytes)), None),
        AnswerBody::Watch(watch) => {
            let (sender, receiver) = mpsc::unbounded_channel();
            (ApiBody::Lines(receiver), Some((watch, sender)))
        }
    };
    let mut response = http::Response::new(body);
    *response.status_mut() =
        http::StatusCode::from_u16(answer.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = answer.headers;
    (Ok(response), lines)
}
