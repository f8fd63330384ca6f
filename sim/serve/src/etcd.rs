//! What of etcd's HTTP gateway is served: compaction, so that a client can see what an expired version does to it.
use super::{answer::Body, shared::Shared};
use bytes::Bytes;
use http::{HeaderValue, header};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};

/// The path, for POST.
pub(super) const COMPACTION: &str = "/v3/kv/compaction";
/// gRPC's OUT_OF_RANGE, which the gateway translates to 400.
const OUT_OF_RANGE: u8 = 11;
/// gRPC's INVALID_ARGUMENT.
const INVALID_ARGUMENT: u8 = 3;

/// `{"revision": "N"}`: int64 is a string in protobuf's JSON, and a number is taken too.
pub(super) fn compact(shared: &Shared, body: &Bytes) -> http::Response<Body> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let revision = request.get("revision").map(|r| r.as_str().map_or_else(|| r.to_string(), str::to_owned));
    let Some(revision) = revision.and_then(|text| text.parse().ok()) else {
        return refused(
            INVALID_ARGUMENT,
            "revision must be a number, as in {\"revision\": \"42\", \"physical\": true}",
        );
    };
    match shared.compact(revision) {
        Ok(now) => response(200, &json!({"header": {"revision": now.to_string()}})),
        Err(reason) => refused(OUT_OF_RANGE, reason),
    }
}

fn refused(code: u8, message: &str) -> http::Response<Body> {
    response(400, &json!({"error": message, "code": code, "message": message}))
}

fn response(status: u16, body: &Value) -> http::Response<Body> {
    let mut response = http::Response::new(Full::new(Bytes::from(body.to_string())).boxed_unsync());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
