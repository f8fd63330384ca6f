//! The last step of an answer: from the JSON in which it was made to the encoding that the client accepts.
//!
//! Answers in JSON do not come here. YAML and protobuf are for people and for typed clients of a few kinds: they may cost a
//! second pass, and no handler has to know of them.
use super::{
    Answer, AnswerBody,
    negotiation::Encoding,
    protobuf,
    status::{self, Outcome, Status},
    yaml,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::Value;

/// An answer in another encoding. Streams are encoded event by event: here, only their content type changes.
///
/// # Errors
/// 501 for a kind whose protobuf message is not in the table.
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

/// The JSON of an object, a list or a Status as another encoding has it.
///
/// # Errors
/// 501 for a kind whose protobuf message is not in the table.
pub(crate) fn transcoded(json: &[u8], encoding: Encoding) -> Outcome<Bytes> {
    let value: Value = serde_json::from_slice(json).unwrap_or_default();
    match encoding {
        Encoding::Json => Ok(Bytes::copy_from_slice(json)),
        Encoding::Yaml => Ok(yaml::document(&value).into()),
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
