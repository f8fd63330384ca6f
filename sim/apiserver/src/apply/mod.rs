//! Writes to a part of an object: server-side apply with its field owners, and strategic merge patches
//! (k8s.io/apimachinery/pkg/util/{managedfields,strategicpatch}).
//!
//! May import: the folders from base to codec, in the order of the crate's documentation.
pub(crate) mod json_patch;
pub(crate) mod managed_fields;
pub(crate) mod merge_patch;
pub(crate) mod strategic;
