//! Deletion of a definition: its objects are deleted first
//! (k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition/etcd.go and pkg/controller/finalizer).
//!
//! The real server polls every few seconds whether the objects are gone, and reports a failure in a condition after a
//! minute; here each deletion triggers the check, and the condition says that deletion is in progress.
use crate::{
    base::{
        actor::ADMIN,
        object::{self, Object},
    },
    extensions::{
        condition::{Condition, conditions, is, set_condition},
        finalizer::CLEANUP,
    },
    server::state::ApiServer,
};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;

const IN_PROGRESS: Condition<'static> =
    ["Terminating", "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress"];
const COMPLETED: Condition<'static> = ["Terminating", "False", "InstanceDeletionCompleted", "removed all instances"];
const NEVER_ESTABLISHED: Condition<'static> =
    ["Terminating", "False", "NeverEstablished", "resource was never established"];

impl ApiServer {
    /// Takes one step in deleting a terminating definition; true if it wrote anything.
    pub(crate) fn finalize(&mut self, definition: &Arc<Object>, now: Timestamp) -> bool {
        let cleaned = !object::finalizers(&definition.value).contains(&CLEANUP);
        if !definition.is_terminating() || cleaned {
            return false;
        }
        let mut value = (*definition.value).clone();
        let said = conditions(&value).iter().any(|condition| condition["reason"] == IN_PROGRESS[2]);
        if !said {
            set_condition(&mut value, IN_PROGRESS, now);
            return self.write_definition_status(&value, now);
        }
        let established = is(&value, "Established");
        if established && self.delete_instances(&value, now) {
            return false;
        }
        set_condition(&mut value, if established { COMPLETED } else { NEVER_ESTABLISHED }, now);
        let kept: Vec<Value> =
            object::finalizers(&definition.value).into_iter().filter(|f| *f != CLEANUP).map(Value::from).collect();
        object::metadata_mut(&mut value).insert("finalizers".into(), kept.into());
        self.write_definition_status(&value, now)
    }

    /// Deletes the objects of a definition; true if finalizers keep some of them.
    fn delete_instances(&mut self, definition: &Value, now: Timestamp) -> bool {
        let Some(resource) = self.resource_of(definition) else { return false };
        let objects: Vec<_> = self.store.range_at(resource, "", None, self.store.revision()).cloned().collect();
        let mut left = false;
        for current in objects {
            let key = self.registry.kind(resource).key(&current.namespace, &current.name);
            if object::finalizers(&current.value).is_empty() {
                self.commit_delete(ADMIN, resource, &key);
                continue;
            }
            left = true;
            if !current.is_terminating() {
                let mut value = (*current.value).clone();
                object::begin_deletion(&mut value, now);
                self.commit_put(ADMIN, resource, &key, value);
            }
        }
        left
    }
}
