//! Answers in plain text.
use crate::base::request::{Answer, AnswerBody};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

/// The answer of the outermost mux for an unknown path.
pub(crate) fn page_not_found() -> Answer {
    text_answer(404, "404 page not found\n".into())
}

pub(crate) fn text_answer(code: u16, text: String) -> Answer {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Answer { status: code, headers, body: AnswerBody::Full(Bytes::from(text)) }
}
