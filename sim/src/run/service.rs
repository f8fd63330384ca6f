//! The client side of the simulated API: a tower service that a kube client is built over.
use crate::event::ActorId;
use crate::{direct, network::ApiClient};
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::Timeout,
};

/// The connection ended before an answer came. Whether the request was executed cannot be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("connection closed before an answer came: the request may or may not have been executed")]
pub struct BrokenConnection;

/// An answer's body.
#[derive(Debug)]
pub enum ApiBody {
    /// All of it.
    Full(Option<Bytes>),
    /// A watch: one line at a time, until the server ends it.
    Lines(mpsc::UnboundedReceiver<Bytes>),
    /// As it comes off the network.
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

/// What a call comes to.
pub(crate) type CallResult = Result<http::Response<ApiBody>, BrokenConnection>;

/// One program's way to the API server. Clone it freely.
#[derive(Clone)]
pub struct ApiService {
    way: Way,
    actor: ActorId,
    patience: Option<Duration>,
}

#[derive(Clone)]
enum Way {
    Direct(direct::Shared),
    Network(Box<ApiClient>),
}

impl fmt::Debug for ApiService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiService").field("actor", &self.actor).finish_non_exhaustive()
    }
}

impl ApiService {
    pub(crate) fn new(shared: direct::Shared, actor: ActorId) -> Self {
        Self { way: Way::Direct(shared), actor, patience: None }
    }

    pub(crate) fn over_network(client: ApiClient, actor: ActorId) -> Self {
        Self { way: Way::Network(Box::new(client)), actor, patience: None }
    }

    /// The same, giving up on an answer that takes longer. Without it one that never comes is waited for for ever, and whoever
    /// calls must have a timeout of its own.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
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
        // Programs send whole bodies; one that is not there at once would be a streaming upload, which no client here does.
        let Some(Ok(body)) = body.collect().now_or_never() else {
            return ApiFuture::Ready(Some(Err(BrokenConnection)));
        };
        let answer = match &self.way {
            Way::Direct(shared) => shared.call(self.actor, parts, body.to_bytes()),
            Way::Network(client) => ApiFuture::Wire(client.call(self.actor, parts, body.to_bytes())),
        };
        match self.patience {
            Some(patience) => ApiFuture::Limited(Box::pin(tokio::time::timeout(patience, answer))),
            None => answer,
        }
    }
}

/// Waits for the answer of one call.
pub enum ApiFuture {
    /// It is there.
    Ready(Option<CallResult>),
    /// It comes.
    Waiting(oneshot::Receiver<CallResult>),
    /// It comes over the network.
    Wire(BoxFuture<'static, CallResult>),
    /// It comes in time or not at all.
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
