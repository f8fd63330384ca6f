//! An HTTP request, and its answer.
use super::{id::WatchId, warning};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

/// One HTTP request, decoded from the wire.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method: GET, HEAD, POST, PUT, PATCH or DELETE.
    pub method: http::Method,
    /// Path and query as sent, e.g. `/api/v1/namespaces/a/pods?watch=1`.
    pub target: String,
    /// Accept, Content-Type, Authorization, User-Agent and the rest, as sent.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// An HTTP answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers other than content-length (content-type, retry-after, warning, …).
    pub headers: HeaderMap,
    /// The whole body, or a stream.
    pub body: AnswerBody,
}

/// The body of an [`Answer`].
#[derive(Debug, Clone)]
pub enum AnswerBody {
    /// The whole body.
    Full(Bytes),
    /// A stream of watch events in the encoding of the answer's content type, taken with `ApiServer::next_event`.
    Watch(WatchId),
}

/// A JSON answer with a Warning header for each warning.
pub(crate) fn json_answer(code: u16, body: Bytes, warnings: &[String]) -> Answer {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    warning::add_warnings(&mut headers, warnings);
    Answer { status: code, headers, body: AnswerBody::Full(body) }
}
