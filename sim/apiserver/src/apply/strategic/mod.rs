//! Strategic merge patches of built-in kinds (k8s.io/apimachinery/pkg/util/strategicpatch): a merge patch with merge
//! keys for lists, and with directives for everything else.
//!
//! Only the server's half: patches are applied here, not created.
mod items;
pub(crate) mod merge;
pub(crate) mod meta;
