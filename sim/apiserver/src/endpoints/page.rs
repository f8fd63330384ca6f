//! Answers in plain text.
use crate::base::go_text::quoted;
use crate::base::request::{Answer, AnswerBody};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

/// The answer of the outermost mux for an unknown path.
pub(crate) fn page_not_found() -> Answer {
    text_answer(404, "404 page not found\n".into())
}

/// The answer for a path with a prefix and no resource.
pub(crate) fn unknowable(path: &str) -> Answer {
    let why = format!("unable to determine kind and namespace from url, {path}");
    text_answer(
        500,
        format!("Internal Server Error: {path}: failed to create RequestInfo: {why}\n", path = quoted(path)),
    )
}

pub(crate) fn text_answer(code: u16, text: String) -> Answer {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Answer { status: code, headers, body: AnswerBody::Full(Bytes::from(text)) }
}
