//! Protobuf: `application/vnd.kubernetes.protobuf` (k8s.io/apimachinery/pkg/runtime/serializer/protobuf).
//!
//! An object is wrapped in a `runtime.Unknown` after four magic bytes; an event of a watch has no wrapper but a length
//! before it. One table of messages serves both directions, between the wire and the JSON that everything else here
//! uses: there is no third form of a pod. Custom resources have no messages, as in the real server.
use bytes::Bytes;
use error::DecodeError;
use serde_json::{Value, json};

mod decode;
mod encode;
mod error;
pub(crate) mod openapi;
mod schema;
mod wire;

/// The first bytes of every protobuf body of Kubernetes.
const MAGIC: [u8; 4] = *b"k8s\0";

/// Wraps an object, a list or a Status in an envelope; None for a kind without a message.
pub(crate) fn object(value: &Value) -> Option<Bytes> {
    let text = |member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let message = schema::of_kind(api_version, kind)?;
    let mut envelope = MAGIC.to_vec();
    let meta = encode::message(schema::named("runtime.TypeMeta"), &json!({"apiVersion": api_version, "kind": kind}));
    wire::put_bytes(&mut envelope, 1, &meta);
    wire::put_bytes(&mut envelope, 2, &encode::message(message, value));
    wire::put_bytes(&mut envelope, 3, b"");
    wire::put_bytes(&mut envelope, 4, b"");
    Some(envelope.into())
}

/// An event of a watch: four bytes of length, then the event, whose object has an envelope of its own.
pub(crate) fn event(change: &str, object: &[u8]) -> Bytes {
    let mut raw = Vec::with_capacity(object.len() + 8);
    wire::put_bytes(&mut raw, 1, object);
    let mut event = Vec::with_capacity(object.len() + 32);
    wire::put_bytes(&mut event, 1, change.as_bytes());
    wire::put_bytes(&mut event, 2, &raw);
    let length = u32::try_from(event.len()).expect("an event is smaller than four gibibytes");
    let mut frame = length.to_be_bytes().to_vec();
    frame.append(&mut event);
    frame.into()
}

/// Decodes the content of an envelope to JSON. `expected`: apiVersion and kind if the envelope has none.
///
/// # Errors
/// If the body is not an envelope, or its content is not a message of its kind.
pub(crate) fn read(body: &[u8], expected: (&str, &str)) -> Result<Value, DecodeError> {
    let envelope = body.strip_prefix(&MAGIC).ok_or(DecodeError::NoPrefix)?;
    let (mut meta, mut raw) = (&[][..], &[][..]);
    for field in wire::fields(envelope) {
        match field? {
            (1, wire::Item::Bytes(bytes)) => meta = bytes,
            (2, wire::Item::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let meta = decode::message(schema::named("runtime.TypeMeta"), meta)?;
    let text = |member: &str, otherwise: &str| {
        let found = meta.get(member).and_then(Value::as_str).filter(|text| !text.is_empty());
        found.unwrap_or(otherwise).to_owned()
    };
    let (api_version, kind) = (text("apiVersion", expected.0), text("kind", expected.1));
    let Some(message) = schema::of_kind(&api_version, &kind) else {
        return Err(DecodeError::UnknownKind { api_version, kind });
    };
    let mut members = decode::message(message, raw)?;
    members.insert("apiVersion".into(), api_version.into());
    members.insert("kind".into(), kind.into());
    Ok(members.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::STANDARD};

    /// A lease as client-go sends it.
    const LEASE: &str = "azhzAAofChZjb29yZGluYXRpb24uazhzLmlvL3YxEgVMZWFzZRIaCgYKBGxvY2sSEAoMcHJvdG8taG9sZGVyEB4=";

    #[test]
    fn lease_of_real_client_is_read() {
        let read = read(&STANDARD.decode(LEASE).unwrap(), ("", "")).unwrap();
        let spec = json!({"holderIdentity": "proto-holder", "leaseDurationSeconds": 30});
        let metadata = json!({"name": "lock"});
        let lease =
            json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec});
        assert_eq!(read, lease);
    }

    #[test]
    fn every_kind_of_field_survives_a_round_trip() {
        let container = json!({"name": "c", "image": "i", "ports": [{"containerPort": 80, "protocol": "TCP"}],
            "resources": {"limits": {"cpu": "500m"}}, "livenessProbe": {"httpGet": {"port": "web"}, "periodSeconds": 5},
            "readinessProbe": {"tcpSocket": {"port": 8080}}});
        let pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "p", "labels": {"a": "b"}, "creationTimestamp": "2026-03-01T10:00:00Z",
                "managedFields": [{"manager": "m", "fieldsV1": {"f:spec": {}}}]},
            "spec": {"containers": [container], "hostNetwork": true, "terminationGracePeriodSeconds": 0,
                "volumes": [{"name": "v", "configMap": {"name": "cm", "defaultMode": 420}}]}});
        assert_eq!(read(&object(&pod).unwrap(), ("", "")).unwrap(), pod);
        let micro = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"},
            "spec": {"renewTime": "2026-03-01T10:00:00.123456Z", "holderIdentity": ""}});
        assert_eq!(read(&object(&micro).unwrap(), ("", "")).unwrap(), micro);
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "AAEC"}});
        assert_eq!(read(&object(&secret).unwrap(), ("", "")).unwrap(), secret);
    }

    /// A definition as a real server sends it, and the same in JSON.
    #[test]
    fn definition_of_real_server_is_read() {
        let text: String = include_str!("definition.base64").split_whitespace().collect();
        let mut definition = read(&STANDARD.decode(text).unwrap(), ("", "")).unwrap();
        assert_eq!(read(&object(&definition).unwrap(), ("", "")).unwrap(), definition, "a round trip changes nothing");
        definition["metadata"].as_object_mut().unwrap().remove("managedFields");
        let wanted: Value = serde_json::from_str(include_str!("definition.json")).unwrap();
        assert_eq!(definition, wanted);
    }

    #[test]
    fn alternatives_of_schemas_survive_a_round_trip() {
        let schema = json!({"type": "object", "additionalProperties": false, "additionalItems": {"type": "string"},
            "items": [{"type": "string"}, {"type": "integer"}],
            "dependencies": {"a": ["b", "c"], "d": {"type": "object"}},
            "default": {"x": [1, 2.5, null]}, "enum": [1, "a", true], "maximum": 1.5});
        let version = json!({"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}});
        let names = json!({"plural": "ws", "kind": "W"});
        let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "ws.x"},
            "spec": {"group": "x", "scope": "Cluster", "names": names, "versions": [version]}});
        assert_eq!(read(&object(&definition).unwrap(), ("", "")).unwrap(), definition);
    }

    #[test]
    fn broken_bytes_are_refused_in_gos_words() {
        let message = |bytes: &[u8]| read(bytes, ("v1", "Pod")).unwrap_err().to_string();
        assert_eq!(message(b"k8s\0\xff\xff"), "unexpected EOF");
        assert!(message(b"\0\0\0").starts_with("provided data does not appear to be a protobuf message"));
        assert!(
            message(b"k8s\0\x0a\x07\x0a\x01x\x12\x02No").starts_with("no kind \"No\" is registered for version \"x\"")
        );
    }
}
