//! The kinds that the server knows (k8s.io/apimachinery/pkg/runtime, Scheme), and the strategies for their objects
//! (k8s.io/apiserver/pkg/registry/rest).
//!
//! May import: base, structured_merge, schema, storage.
mod autoscaling;
pub(crate) mod builtin;
pub(crate) mod columns;
pub(crate) mod conversion;
pub(crate) mod converter;
pub(crate) mod definition;
pub(crate) mod error;
pub(crate) mod events;
pub(crate) mod go_types;
pub(crate) mod group;
pub(crate) mod kind;
pub(crate) mod resources;
pub(crate) mod scheme;
