//! Field ownership: `metadata.managedFields`, and server-side apply based on it
//! (k8s.io/apimachinery/pkg/util/managedfields).
//!
//! Every write passes through [`field_manager::FieldManager`]: an update takes the fields that it changed from other
//! managers, an apply does so only with force. Every kind has one version here, so that entries of other versions are
//! obsolete and dropped. Field sets whose type has become atomic since they were written are not updated: types do not
//! change while a server runs.
mod apply;
mod conflicts;
pub(crate) mod describe;
pub(crate) mod entries;
pub(crate) mod field_manager;
mod last_applied;
pub(crate) mod scale;
mod updater;
