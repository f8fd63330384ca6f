//! The body of an HTTP response.
use bytes::Bytes;
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use std::convert::Infallible;

/// A complete body or a stream.
pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// A complete body.
pub(super) fn full(bytes: Bytes) -> Body {
    Full::new(bytes).boxed_unsync()
}
