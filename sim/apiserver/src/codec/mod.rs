//! Encodings: decoding of bodies, and the forms of an answer (k8s.io/apimachinery/pkg/runtime/serializer,
//! k8s.io/apiserver/pkg/endpoints/handlers/negotiation).
//!
//! May import: base, structured_merge, schema, storage, registry.
pub(crate) mod decode;
pub(crate) mod json;
pub(crate) mod negotiation;
pub(crate) mod protobuf;
pub(crate) mod representation;
pub(crate) mod table;
pub(crate) mod yaml;
