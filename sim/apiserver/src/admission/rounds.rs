//! Which mutating plugins are called a second time, because another one changed the object after them
//! (k8s.io/apiserver/pkg/admission/plugin/{policy/mutating,webhook/mutating}/reinvocationcontext.go).
use serde_json::Value;
use std::collections::BTreeSet;

/// The calls of all policies, or of all webhooks.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Those that have been called, and may be called again.
    called: BTreeSet<String>,
    /// Those to be called again.
    again: BTreeSet<String>,
    /// The object after the first calls; None before.
    output: Option<Value>,
}

impl Round {
    /// Whether one is called: in the first round all are.
    pub(super) fn admits(&self, id: &str) -> bool {
        self.output.is_none() || self.again.contains(id)
    }

    /// Remembers one that may be called again.
    pub(super) fn called(&mut self, id: &str) {
        self.called.insert(id.to_owned());
    }

    /// The object has changed: those that have been called are called again.
    pub(super) fn changed(&mut self) {
        self.again.append(&mut self.called);
    }

    /// Begins the calls for an object.
    pub(super) fn begin(&mut self, object: &Value) {
        if self.output.as_ref().is_some_and(|output| output != object) {
            self.changed();
        }
    }

    /// Ends the calls, which left this object.
    pub(super) fn end(&mut self, object: &Value) {
        self.output = Some(object.clone());
    }
}
