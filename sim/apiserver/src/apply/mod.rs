//! Writes that change a part of an object: server-side apply with its field owners, and strategic merge patches
//! (k8s.io/apimachinery/pkg/util/{managedfields,strategicpatch}).
//!
//! May import: base, structured_merge, schema, storage, registry, codec.
pub(crate) mod managed_fields;
pub(crate) mod strategic;
