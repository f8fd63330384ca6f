//! OpenAPI v2 (k8s.io/kube-openapi/pkg/handler): the schemas of all kinds in one document, as JSON and as protobuf.
//!
//! kubectl validates a manifest of kind List by it, and so do older clients with every manifest. It has the definitions
//! and no paths: clients look for a kind's schema by its extension. A schema of v3 is made one of v2 as
//! k8s.io/apiextensions-apiserver/pkg/controller/openapi/v2 does for a custom kind.
use super::{super::document::Document, schemas};
use crate::{
    base::{
        object::encode,
        request::{Answer, AnswerBody, Request},
    },
    codec::protobuf,
    registry::{kind::Kind, resources::Registry},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

const PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/// Members of a schema of v3 that v2 does not have.
const V3_ONLY: [&str; 6] = ["allOf", "anyOf", "default", "not", "nullable", "oneOf"];
const INT_OR_STRING: &str = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
const PRESERVES: &str = "x-kubernetes-preserve-unknown-fields";

/// The document in both encodings.
#[derive(Debug)]
struct Documents {
    json: Document,
    protobuf: Bytes,
}

/// The document, in the encoding that the client accepts.
pub(crate) fn answer(registry: &Registry, request: &Request) -> Answer {
    let known = registry.documents.of::<OnceLock<Documents>>();
    let documents = known.get_or_init(|| {
        let document = document(registry);
        Documents { json: Document::new(encode(&document)), protobuf: protobuf::openapi::document(&document) }
    });
    let accept = request.headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let json = ["application/json", "*/*", "application/*"].iter().any(|known| accept.contains(known));
    let protobuf = accept.contains("proto-openapi");
    if !json && !protobuf && !accept.is_empty() {
        return Answer { status: 406, headers: HeaderMap::new(), body: AnswerBody::Full(Bytes::new()) };
    }
    let mut answer = documents.json.answer(&request.headers);
    if protobuf {
        if answer.status == 200 {
            answer.body = AnswerBody::Full(documents.protobuf.clone());
        }
        answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROTOBUF));
    }
    answer.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    answer
}

fn document(registry: &Registry) -> Value {
    let kinds: Vec<&Kind> = registry.kinds().collect();
    let mut definitions = Map::new();
    for (name, schema) in schemas::of(&kinds) {
        definitions.insert(name, builtin(schema));
    }
    if let Some(number_or_text) = definitions.get_mut(INT_OR_STRING) {
        number_or_text["format"] = "int-or-string".into();
    }
    for kind in kinds.iter().filter(|kind| kind.openapi.is_some()) {
        let name = schemas::name(kind);
        let gvk = super::names::group_version_kind(kind);
        let schema = custom(kind.openapi.as_ref().unwrap_or(&Value::Null), definitions.get(&name), gvk);
        definitions.insert(name, schema);
    }
    json!({
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": "1.36"},
        "paths": {},
        "definitions": definitions,
    })
}

/// A schema of a built-in kind: defaults are absent, a reference is beside its description, and a union of a number and
/// a text is a text.
fn builtin(mut schema: Value) -> Value {
    if let Value::Object(members) = &mut schema {
        members.remove("default");
        if let Some(reference) = members.remove("allOf").and_then(|all| all[0].get("$ref").cloned()) {
            members.insert("$ref".to_owned(), reference);
        }
        if members.remove("oneOf").is_some() || members.remove("x-kubernetes-int-or-string").is_some() {
            members.insert("type".to_owned(), "string".into());
        }
        if let Some(Value::String(target)) = members.get_mut("$ref") {
            *target = target.replace("#/components/schemas/", "#/definitions/");
        }
        each_schema(members, |schema| *schema = builtin(schema.take()));
    }
    schema
}

/// A custom kind's schema with the members that every object has, which `published` shows in the form of v3.
fn custom(schema: &Value, published: Option<&Value>, group_version_kind: Value) -> Value {
    let mut converted = match schema.get(PRESERVES) {
        _ if !schema.is_object() => json!({"type": "object"}),
        // With any member, kubectl would refuse the members that are not listed.
        Some(Value::Bool(true)) => json!({"type": "object"}),
        _ => {
            let mut converted = structural(schema.clone());
            if !converted["properties"].is_object() {
                converted["properties"] = json!({});
            }
            for member in ["apiVersion", "kind", "metadata"] {
                let member_schema = published.and_then(|schema| schema["properties"].get(member)).cloned();
                converted["properties"][member] = member_schema.unwrap_or(Value::Null);
            }
            converted
        }
    };
    converted["x-kubernetes-group-version-kind"] = json!([group_version_kind]);
    converted
}

/// A structural schema without what v2 lacks, and without what kubectl cannot read in v2.
fn structural(mut schema: Value) -> Value {
    let Value::Object(members) = &mut schema else { return schema };
    let is = |members: &Map<String, Value>, name: &str| members.get(name) == Some(&Value::Bool(true));
    let (nullable, preserves) = (is(members, "nullable"), is(members, PRESERVES));
    for member in V3_ONLY {
        members.remove(member);
    }
    if nullable || preserves {
        members.remove("items");
        members.remove("properties");
    }
    let kind = members.get("type").and_then(Value::as_str).unwrap_or_default();
    if nullable || kind == "array" && !members.contains_key("items") || kind == "object" && preserves {
        members.remove("type");
    }
    let optional: Vec<String> = members.get("properties").and_then(Value::as_object).map_or(Vec::new(), |properties| {
        let nullable = properties.iter().filter(|(_, schema)| schema["nullable"] == true);
        nullable.map(|(name, _)| name.clone()).collect()
    });
    if let Some(Value::Array(required)) = members.get_mut("required") {
        required.retain(|name| !optional.iter().any(|optional| name == optional));
        if required.is_empty() {
            members.remove("required");
        }
    }
    if members.get("additionalProperties").is_some_and(|schema| schema["nullable"] == true) {
        members.remove("required");
    }
    let embedded = is(members, "x-kubernetes-embedded-resource") && !preserves;
    each_schema(members, |schema| *schema = structural(schema.take()));
    if embedded {
        embed(&mut schema);
    }
    schema
}

/// Adds what an embedded object has.
fn embed(schema: &mut Value) {
    if !schema["properties"].is_object() {
        schema["properties"] = json!({});
    }
    schema["properties"]["apiVersion"] = json!({"description": schemas::EMBEDDED_API_VERSION, "type": "string"});
    schema["properties"]["kind"] = json!({"description": schemas::EMBEDDED_KIND, "type": "string"});
    let reference = format!("#/definitions/{}", schemas::OBJECT_META);
    schema["properties"]["metadata"] = json!({"description": schemas::METADATA, "$ref": reference});
    if !schema["required"].is_array() {
        schema["required"] = json!([]);
    }
    if let Value::Array(required) = &mut schema["required"] {
        for member in ["kind", "apiVersion"] {
            if !required.iter().any(|name| name == member) {
                required.push(member.into());
            }
        }
    }
}

/// Visits the schemas directly within a schema.
fn each_schema(members: &mut Map<String, Value>, visit: impl FnMut(&mut Value) + Copy) {
    let mut visit = visit;
    if let Some(Value::Object(properties)) = members.get_mut("properties") {
        properties.values_mut().for_each(visit);
    }
    for member in ["items", "additionalProperties"] {
        if let Some(schema) = members.get_mut(member).filter(|schema| schema.is_object()) {
            visit(schema);
        }
    }
}
