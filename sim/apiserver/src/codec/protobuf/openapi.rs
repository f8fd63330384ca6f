//! An OpenAPI v2 document in protobuf (github.com/google/gnostic-models/openapiv2/OpenAPIv2.proto): what kubectl asks
//! for. Of a schema, the members that Kubernetes' schemas have are encoded.
use super::wire::{put_bytes, put_double, put_number};
use bytes::Bytes;
use serde_json::{Map, Value};

/// Numbers of a schema's fields that are texts.
const TEXTS: [(&str, u32); 5] = [("$ref", 1), ("format", 2), ("title", 3), ("description", 4), ("pattern", 13)];
/// … that are numbers.
const NUMBERS: [(&str, u32); 3] = [("multipleOf", 6), ("maximum", 7), ("minimum", 9)];
/// … that are true or false.
const FLAGS: [(&str, u32); 3] = [("exclusiveMaximum", 8), ("exclusiveMinimum", 10), ("uniqueItems", 16)];
/// … that are whole numbers.
const COUNTS: [(&str, u32); 6] = [
    ("maxLength", 11),
    ("minLength", 12),
    ("maxItems", 14),
    ("minItems", 15),
    ("maxProperties", 17),
    ("minProperties", 18),
];

/// `openapi_v2.Document`.
pub(crate) fn document(document: &Value) -> Bytes {
    let mut out = Vec::new();
    put_text(&mut out, 1, &document["swagger"]);
    let mut info = Vec::new();
    put_text(&mut info, 1, &document["info"]["title"]);
    put_text(&mut info, 2, &document["info"]["version"]);
    put_bytes(&mut out, 2, &info);
    put_bytes(&mut out, 8, b"");
    put_bytes(&mut out, 9, &named_schemas(&document["definitions"]));
    out.into()
}

/// `openapi_v2.Definitions`, and `Properties`, which has the same form.
fn named_schemas(schemas: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in schemas.as_object().into_iter().flatten() {
        let mut named = Vec::new();
        put_bytes(&mut named, 1, name.as_bytes());
        put_bytes(&mut named, 2, &schema(value));
        put_bytes(&mut out, 1, &named);
    }
    out
}

/// `openapi_v2.Schema`.
fn schema(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    let Value::Object(members) = value else { return out };
    for (name, field) in TEXTS {
        put_text(&mut out, field, members.get(name).unwrap_or(&Value::Null));
    }
    for (name, field) in NUMBERS {
        if let Some(number) = members.get(name).and_then(Value::as_f64) {
            put_double(&mut out, field, number);
        }
    }
    for (name, field) in FLAGS {
        if members.get(name) == Some(&Value::Bool(true)) {
            put_number(&mut out, field, 1);
        }
    }
    for (name, field) in COUNTS {
        if let Some(count) = members.get(name).and_then(Value::as_u64) {
            put_number(&mut out, field, count);
        }
    }
    nested(&mut out, members);
    for (name, value) in members.iter().filter(|(name, _)| name.starts_with("x-")) {
        let mut named = Vec::new();
        put_bytes(&mut named, 1, name.as_bytes());
        put_bytes(&mut named, 2, &any(value));
        put_bytes(&mut out, 31, &named);
    }
    out
}

fn nested(out: &mut Vec<u8>, members: &Map<String, Value>) {
    if let Some(default) = members.get("default") {
        put_bytes(out, 5, &any(default));
    }
    for name in members.get("required").and_then(Value::as_array).into_iter().flatten() {
        put_text(out, 19, name);
    }
    for value in members.get("enum").and_then(Value::as_array).into_iter().flatten() {
        put_bytes(out, 20, &any(value));
    }
    match members.get("additionalProperties") {
        Some(Value::Bool(allowed)) => put_bytes(out, 21, &[0x10, u8::from(*allowed)]),
        Some(value) => {
            let mut item = Vec::new();
            put_bytes(&mut item, 1, &schema(value));
            put_bytes(out, 21, &item);
        }
        None => {}
    }
    if let Some(kind) = members.get("type") {
        let mut item = Vec::new();
        put_text(&mut item, 1, kind);
        put_bytes(out, 22, &item);
    }
    if let Some(value) = members.get("items") {
        let mut item = Vec::new();
        put_bytes(&mut item, 1, &schema(value));
        put_bytes(out, 23, &item);
    }
    if let Some(properties) = members.get("properties") {
        put_bytes(out, 25, &named_schemas(properties));
    }
}

/// `openapi_v2.Any`: YAML, of which JSON is a part.
fn any(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes(&mut out, 2, value.to_string().as_bytes());
    out
}

fn put_text(out: &mut Vec<u8>, field: u32, value: &Value) {
    if let Some(text) = value.as_str() {
        put_bytes(out, field, text.as_bytes());
    }
}
