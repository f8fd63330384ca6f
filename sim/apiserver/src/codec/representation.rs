//! The last step of an answer: transcodes it from JSON into the encoding that the client accepts.
//!
//! Answers in JSON skip this step. YAML and protobuf are for people and for typed clients of a few kinds: they may cost
//! a second pass, so that handlers need not know them.
use super::{json::untyped, negotiation::Encoding, protobuf, yaml};
use crate::base::{
    request::{Answer, AnswerBody},
    status::{self, Outcome, Status},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::Value;

/// An answer in another encoding. Streams are encoded event by event: here only their content type changes.
///
/// # Errors
/// 501 for a kind without a protobuf message in the table.
pub(crate) fn encoded(mut answer: Answer, encoding: Encoding) -> Outcome<Answer> {
    match &answer.body {
        AnswerBody::Watch(_) => {
            let media_type = format!("{};stream=watch", encoding.media_type());
            set_content_type(&mut answer.headers, &media_type);
        }
        AnswerBody::Full(body) => {
            let body = transcoded(body, encoding)?;
            answer.body = AnswerBody::Full(body);
            set_content_type(&mut answer.headers, encoding.media_type());
        }
    }
    Ok(answer)
}

/// An error in the encoding that the client accepts.
pub(crate) fn of_error(status: &Status, encoding: Encoding) -> Answer {
    let answer = status.answer();
    if encoding == Encoding::Json {
        return answer;
    }
    let plain = answer.clone();
    encoded(answer, encoding).unwrap_or(plain)
}

/// Transcodes the JSON of an object, a list or a Status.
///
/// # Errors
/// 501 for a kind without a protobuf message in the table.
pub(crate) fn transcoded(json: &[u8], encoding: Encoding) -> Outcome<Bytes> {
    let value = untyped::parse(json).map(|(value, _)| value).unwrap_or_default();
    match encoding {
        Encoding::Json => Ok(Bytes::copy_from_slice(json)),
        Encoding::Yaml => Ok(yaml::emit::document(&value).into()),
        Encoding::Protobuf => protobuf::object(&value).ok_or_else(|| {
            let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
            status::not_simulated(&format!("protobuf of a {kind}"))
        }),
    }
}

fn set_content_type(headers: &mut HeaderMap, media_type: &str) {
    if let Ok(value) = HeaderValue::from_str(media_type) {
        headers.insert(header::CONTENT_TYPE, value);
    }
}
