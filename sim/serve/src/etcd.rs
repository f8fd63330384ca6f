//! Serves etcd's compaction endpoint, so that clients can be tested against expired resource versions.
use crate::{
    body::{Body, full},
    shared::Shared,
};
use bytes::Bytes;
use http::{HeaderValue, header};
use serde_json::{Value, json};

/// Path of the endpoint, which accepts POST.
pub(super) const COMPACTION: &str = "/v3/kv/compaction";
/// gRPC's OUT_OF_RANGE, which etcd's HTTP gateway translates to 400.
const OUT_OF_RANGE: u8 = 11;
/// gRPC's INVALID_ARGUMENT.
const INVALID_ARGUMENT: u8 = 3;

/// Compacts the store at the revision in a body `{"revision": "N"}`. An int64 is a string in protobuf's JSON; a number
/// is accepted too.
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
    let mut response = http::Response::new(full(Bytes::from(body.to_string())));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
