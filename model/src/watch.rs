//! Facts about watches: what a stream was opened for, and what its server wrote, line by line.
//!
//! They come from the request and from the bytes of the stream. The oracle itself works out which commits a stream must
//! report, from [`ObjectCommitted`](crate::observation::Observation::ObjectCommitted) facts alone, selectors included:
//! an oracle that asked the server what its own selector means would agree with its mistakes. Lateness is not a
//! violation: a cache may lag for as long as it likes.
use crate::change::Change;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Identifies one stream of watch events. A watch that is opened again is another stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WatchId(pub u64);

/// A label and its value.
pub type Label = (Arc<str>, Arc<str>);

/// An object of any kind as one commit left it (for a deletion: its last state).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its resource: the plural, or plural and group, as in [`Selection::resource`].
    pub resource: Arc<str>,
    /// metadata.namespace; empty for cluster-scoped ones.
    pub namespace: Arc<str>,
    /// metadata.name.
    pub name: Arc<str>,
    /// metadata.labels.
    pub labels: Arc<[Label]>,
}

/// Condition on a label (k8s.io/apimachinery/pkg/labels, Requirement).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// The label exists and has one of the values.
    In,
    /// The label has none of the values, or does not exist.
    NotIn,
    /// The label exists.
    Exists,
    /// The label does not exist.
    Absent,
}

/// One requirement of a label selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Name of the label.
    pub label: Arc<str>,
    /// Condition that it must meet.
    pub operator: Operator,
    /// Values of `In` and `NotIn`.
    pub values: Vec<Arc<str>>,
}

impl Requirement {
    fn met_by(&self, labels: &[Label]) -> bool {
        let value = labels.iter().find(|(label, _)| *label == self.label).map(|(_, value)| value);
        match self.operator {
            Operator::In => value.is_some_and(|value| self.values.contains(value)),
            Operator::NotIn => value.is_none_or(|value| !self.values.contains(value)),
            Operator::Exists => value.is_some(),
            Operator::Absent => value.is_none(),
        }
    }
}

/// Objects that a watch selects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// The resource, as in [`Object::resource`].
    pub resource: Arc<str>,
    /// One namespace; `None` for all, and for cluster-scoped kinds.
    pub namespace: Option<Arc<str>>,
    /// Requirements on labels; an object must meet all of them.
    pub labels: Vec<Requirement>,
    /// Whether it also selects by what the facts do not contain: fields, or labels compared as numbers. Then the oracle
    /// cannot tell what the stream left out.
    pub narrowed: bool,
}

impl Selection {
    pub(crate) fn selects(&self, namespace: &str, labels: &[Label]) -> bool {
        self.namespace.as_deref().is_none_or(|wanted| wanted == namespace)
            && self.labels.iter().all(|requirement| requirement.met_by(labels))
    }
}

/// Parameters with which a stream was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Objects that it selects.
    pub selection: Selection,
    /// Revision that it starts after: it must report everything later.
    pub after: u64,
    /// Whether it begins by reporting, as Created, every object that existed at that revision.
    pub from_state: bool,
}

/// One fact about a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WatchFact {
    /// The stream was opened.
    Opened(Arc<Opening>),
    /// The server wrote an event: ADDED is Created, MODIFIED is Modified, DELETED is Deleted.
    Event {
        /// What the event says happened, as far as the stream's selection sees it.
        change: Change,
        /// The object's resourceVersion in the event.
        revision: u64,
        /// The object's namespace.
        namespace: Arc<str>,
        /// The object's name.
        name: Arc<str>,
    },
    /// The server wrote a bookmark.
    Bookmark {
        /// The bookmark's resourceVersion.
        revision: u64,
    },
    /// The stream ended, for any reason.
    Ended,
}
