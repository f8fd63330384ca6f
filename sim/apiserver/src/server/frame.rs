//! The frames of a watch: one line of JSON for each event, or the event in protobuf.
use crate::{
    base::object::encode,
    codec::{negotiation::Encoding, protobuf, representation},
};
use bytes::{BufMut, Bytes, BytesMut};

/// Encodes one event for the wire.
pub(super) fn frame(encoding: Encoding, change: &str, object: &[u8]) -> Bytes {
    match encoding {
        // Streams never use YAML.
        Encoding::Json | Encoding::Yaml => line(change, object),
        Encoding::Protobuf => match representation::transcoded(object, encoding) {
            Ok(object) => protobuf::event(change, &object),
            Err(status) => {
                protobuf::event("ERROR", &representation::transcoded(&encode(&*status), encoding).unwrap_or_default())
            }
        },
    }
}

/// One event in JSON.
pub(super) fn line(change: &str, object: &[u8]) -> Bytes {
    let mut line = BytesMut::with_capacity(object.len() + change.len() + 24);
    line.put_slice(b"{\"type\":\"");
    line.put_slice(change.as_bytes());
    line.put_slice(b"\",\"object\":");
    line.put_slice(object);
    line.put_slice(b"}\n");
    line.freeze()
}
