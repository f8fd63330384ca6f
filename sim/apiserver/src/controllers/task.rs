//! One action of a controller.
use crate::{
    base::{id::ResourceId, object::Object},
    registry::kind::Kind,
};
use serde_json::Value;
use std::fmt;

/// One action that a controller could perform now.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub(crate) resource: ResourceId,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The version of the object that the task was computed from.
    pub(crate) revision: u64,
    pub(crate) uid: String,
    pub(crate) act: Act,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Act {
    /// Deletes the object with this propagation policy.
    Delete(&'static str),
    /// Removes a finalizer.
    Release(&'static str),
    /// Replaces the owner references.
    Owners(Vec<Value>),
    /// Replaces a namespace's conditions.
    Conditions(Vec<Value>),
    /// Removes `kubernetes` from a namespace's spec.
    Finalize,
    /// Creates this object.
    Create(Value),
    /// Merges this into the object.
    Restore(Value),
}

impl Task {
    pub(crate) fn new(kind: &Kind, object: &Object, act: Act) -> Self {
        Self {
            resource: kind.id,
            namespace: object.namespace.to_string(),
            name: object.name.to_string(),
            revision: object.revision,
            uid: object.uid().to_owned(),
            act,
        }
    }

    /// A task that creates an object in a namespace.
    pub(crate) fn creation(kind: &Kind, namespace: &Object, name: &str, object: Value) -> Self {
        Self {
            resource: kind.id,
            namespace: namespace.name.to_string(),
            name: name.to_owned(),
            revision: namespace.revision,
            uid: String::new(),
            act: Act::Create(object),
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.act {
            Act::Delete(_) => "delete",
            Act::Release(finalizer) => finalizer,
            Act::Owners(_) => "disown",
            Act::Conditions(_) => "report",
            Act::Finalize => "finalize",
            Act::Create(_) => "create",
            Act::Restore(_) => "restore",
        };
        write!(f, "{what} {}/{}", self.namespace, self.name)
    }
}
