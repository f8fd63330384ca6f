//! The first step of the deletion of a definition
//! (k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition/etcd.go). The finalizer in [`crate::cluster`]
//! does the rest.
use super::condition::{Condition, set_condition};
use crate::base::{object, timestamp};
use jiff::Timestamp;
use serde_json::Value;

const PENDING: Condition<'static> = [
    "Terminating",
    "True",
    "InstanceDeletionPending",
    "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
];
/// The finalizer that keeps a definition until its objects are gone.
pub(crate) const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// The definition after the first request to delete it.
pub(crate) fn marked(definition: &Value, now: Timestamp) -> Value {
    let mut value = definition.clone();
    let mut finalizers: Vec<Value> = object::finalizers(definition).into_iter().map(Value::from).collect();
    if !finalizers.iter().any(|known| known == CLEANUP) {
        finalizers.push(CLEANUP.into());
    }
    let metadata = object::metadata_mut(&mut value);
    metadata.insert("deletionTimestamp".into(), timestamp::seconds(now).into());
    metadata.insert("finalizers".into(), finalizers.into());
    set_condition(&mut value, PENDING, now);
    value
}
