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
}

impl Document {
    pub(crate) fn new(body: Bytes) -> Self {
        let hash = Sha512::digest(&body).iter().map(|byte| format!("{byte:02X}")).collect();
        Self { body, hash }
    }

    /// The document with its hash as ETag, or 304 for a client that has it.
    pub(crate) fn answer(&self, headers: &HeaderMap) -> Answer {
        let tag = format!("\"{}\"", self.hash);
        let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains(&tag));
        let unchanged = || Answer { status: 304, headers: HeaderMap::new(), body: AnswerBody::Full(Bytes::new()) };
        let mut answer = if known { unchanged() } else { json_answer(200, self.body.clone(), &[]) };
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            answer.headers.insert(header::ETAG, tag);
        }
        answer.headers.insert(header::VARY, HeaderValue::from_static("Accept"));
        answer
    }
}
