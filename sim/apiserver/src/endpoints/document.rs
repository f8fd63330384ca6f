//! A document that clients cache by its hash.
use crate::base::request::{Answer, AnswerBody, json_answer};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha512};

/// A document that clients cache, with the SHA-512 of its text in upper-case hexadecimal, as ETags and URLs contain it.
/// Computing it costs more than serving it, so it is computed once.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) body: Bytes,
    pub(crate) hash: String,
    /// The hash in quotes, as the header has it.
    tag: HeaderValue,
}

impl Document {
    pub(crate) fn new(body: Bytes) -> Self {
        let hash: String = Sha512::digest(&body).iter().map(|byte| format!("{byte:02X}")).collect();
        let tag = HeaderValue::from_str(&format!("\"{hash}\"")).expect("digits and quotes are visible ASCII");
        Self { body, hash, tag }
    }

    /// The document with its hash as ETag, or 304 for a client that has it.
    pub(crate) fn answer(&self, headers: &HeaderMap) -> Answer {
        let named = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
        let known = named.is_some_and(|named| self.tag.to_str().is_ok_and(|tag| named.contains(tag)));
        let unchanged = || Answer { status: 304, headers: HeaderMap::new(), body: AnswerBody::Full(Bytes::new()) };
        let mut answer = if known { unchanged() } else { json_answer(200, self.body.clone(), &[]) };
        answer.headers.insert(header::ETAG, self.tag.clone());
        answer.headers.insert(header::VARY, HeaderValue::from_static("Accept"));
        answer
    }
}
