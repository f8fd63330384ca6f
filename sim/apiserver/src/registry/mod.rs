//! The kinds that the server knows, and how it treats their objects (k8s.io/apimachinery's `runtime.Scheme` and the strategies of
//! k8s.io/apiserver/pkg/registry/rest).
//!
//! May import: base, structured_merge, schema, storage.
pub(crate) mod builtin;
pub(crate) mod columns;
pub(crate) mod definition;
pub(crate) mod events;
pub(crate) mod resources;
