//! OpenAPI v3 (k8s.io/kube-openapi/pkg/handler3): an index with a hash for each group version, and a document for each.
//!
//! It covers what kubectl reads: schemas for `explain`, and the parameters of PATCH that show what the server supports.
//! The protobuf form is absent. OpenAPI v2 is in `v2.rs`.
use super::document::Document;
use crate::{
    base::{
        object::encode,
        request::{Answer, AnswerBody, Request, json_answer},
        status::{self, Outcome},
    },
    registry::{kind::Kind, resources::Registry},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use names::root;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

mod names;
mod paths;
mod schemas;
pub(super) mod v2;

/// The index, or the document of a group version.
///
/// # Errors
/// 501 if the client accepts only protobuf.
pub(crate) fn answer(registry: &Registry, path: &str, request: &Request) -> Outcome<Answer> {
    let known = registry.documents.of::<OnceLock<Documents>>();
    let documents = known.get_or_init(|| documents(registry));
    let name = path.strip_prefix("/openapi/v3").unwrap_or_default().trim_matches('/');
    if name.is_empty() {
        let mut index = json_answer(200, index(documents), &[]);
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        index.headers.insert(header::CONTENT_TYPE, plain);
        return Ok(index);
    }
    let Some(document) = documents.get(name) else {
        return Ok(Answer { status: 404, headers: HeaderMap::new(), body: AnswerBody::Full(Bytes::new()) });
    };
    let accept = request.headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let json =
        accept.is_empty() || ["application/json", "*/*", "application/*"].iter().any(|known| accept.contains(known));
    if !json && accept.contains("proto-openapi") {
        return Err(status::not_simulated("OpenAPI in protobuf"));
    }
    if !json {
        return Ok(Answer { status: 406, headers: HeaderMap::new(), body: AnswerBody::Full(Bytes::new()) });
    }
    let mut answer = document.answer(&request.headers);
    // A URL with a hash always refers to the same document.
    let hashed = request.target.contains("hash=");
    let caching = HeaderValue::from_static(if hashed { "public, immutable" } else { "no-cache, private" });
    answer.headers.insert(header::CACHE_CONTROL, caching);
    Ok(answer)
}

/// Documents by name, e.g. `apis/apps/v1`.
pub(crate) type Documents = BTreeMap<String, Document>;

fn documents(registry: &Registry) -> Documents {
    let versions: BTreeSet<(&str, &str)> =
        registry.kinds().map(|kind| (kind.group.as_str(), kind.version.as_str())).collect();
    let documents = versions.into_iter().map(|(group, version)| {
        let kinds: Vec<_> = registry.kinds().filter(|k| k.group == group && k.version == version).collect();
        let body = encode(&document(&kinds));
        (root(kinds[0]).trim_start_matches('/').to_owned(), Document::new(body))
    });
    documents.collect()
}

fn index(documents: &Documents) -> Bytes {
    let paths: Map<_, _> = documents
        .iter()
        .map(|(name, Document { hash, .. })| {
            (name.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{name}?hash={hash}")}))
        })
        .collect();
    encode(&json!({"paths": paths}))
}

fn document(kinds: &[&Kind]) -> Value {
    let paths: Map<_, _> = kinds.iter().flat_map(|kind| paths::of(kind)).collect();
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "1.36"},
        "paths": paths,
        "components": {"schemas": schemas::of(kinds)},
    })
}
