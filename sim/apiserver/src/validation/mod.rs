//! Validation of objects and options: field errors in kube-apiserver's words
//! (k8s.io/apimachinery/pkg/util/validation/field), and a module for each kind of object.
//!
//! For most built-in kinds only the rules that scenarios reach are checked; the rest of a body is stored unchecked.
//!
//! May import: the folders from base to extensions, in the order of the crate's documentation.
use crate::registry::{
    group::{ADMISSION, RBAC},
    kind::Kind,
};
use serde_json::Value;

mod addresses;
mod admission_policies;
mod autoscaling;
mod batch;
mod certificates;
mod check;
pub(crate) mod core;
mod defaults;
mod ephemeral;
pub(crate) mod event;
pub(crate) mod lease;
pub(crate) mod metadata;
mod mutating_policies;
pub(crate) mod namespace;
mod networking;
pub(crate) mod options;
pub(crate) mod owners;
pub(crate) mod pods;
mod policy;
pub(crate) mod rbac;
mod rules;
mod scheduling;
pub(crate) mod secret;
pub(crate) mod storage;
pub(crate) mod strategy;
pub(crate) mod warnings;
pub(crate) mod webhooks;
pub(crate) mod workloads;

/// Fills in the defaults of a built-in kind; for a custom one its schema has already done so.
pub(crate) fn default(kind: &Kind, value: &mut Value) {
    if let Some(object) = value.as_object_mut().filter(|_| !kind.custom) {
        core::default(&kind.kind, object);
        strategy::default(kind, object);
    }
}

/// Fills in the defaults for every write of a built-in kind, before validation.
pub(crate) fn default_spec(kind: &Kind, value: &mut Value) {
    let Some(object) = value.as_object_mut().filter(|_| !kind.custom) else { return };
    match kind.kind.as_str() {
        name if kind.group == RBAC => rbac::default(name, object),
        name if kind.group == ADMISSION => webhooks::default(name, object),
        "Secret" => secret::default(object),
        _ => {}
    }
}
