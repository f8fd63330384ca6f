//! Facts of watches: what a stream was opened for, and what it told, line by line.
//!
//! They are taken from the request and from the bytes of the stream. Which commits a stream had to tell of is worked out here
//! from [`ObjectCommitted`](crate::observation::Observation::ObjectCommitted) alone, selectors included: an oracle that asked
//! the server what its own selector means would agree with its mistakes. How *late* a stream tells is nobody's breach: a cache
//! may lag for as long as it likes.
use crate::observation::Change;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One stream of watch events. A watch that is opened again is another stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WatchId(pub u64);

/// A label and its value.
pub type Label = (Arc<str>, Arc<str>);

/// An object of any kind as one commit left it (for a deletion: its last state).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its resource: plural, or plural and group; whatever streams are opened by.
    pub resource: Arc<str>,
    /// metadata.namespace; empty for cluster-scoped ones.
    pub namespace: Arc<str>,
    /// metadata.name.
    pub name: Arc<str>,
    /// metadata.labels.
    pub labels: Arc<[Label]>,
}

/// What a label must be (k8s.io/apimachinery/pkg/labels, Requirement).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// There, and one of the values.
    In,
    /// None of the values; not there will do.
    NotIn,
    /// There.
    Exists,
    /// Not there.
    Absent,
}

/// One requirement of a label selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Which label.
    pub label: Arc<str>,
    /// What of it.
    pub operator: Operator,
    /// The values that the operator speaks of.
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

/// What a watch is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// The resource, as in [`Object::resource`].
    pub resource: Arc<str>,
    /// One namespace; `None` for all, and for cluster-scoped kinds.
    pub namespace: Option<Arc<str>>,
    /// Requirements of labels, all of which must be met.
    pub labels: Vec<Requirement>,
    /// It is narrowed further by what the facts do not have: fields, or labels as numbers. Nobody can say what it left out.
    pub narrowed: bool,
}

impl Selection {
    pub(crate) fn takes(&self, namespace: &str, labels: &[Label]) -> bool {
        self.namespace.as_deref().is_none_or(|wanted| wanted == namespace)
            && self.labels.iter().all(|requirement| requirement.met_by(labels))
    }
}

/// How a stream was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// What it is of.
    pub selection: Selection,
    /// The revision that it goes on from: everything later is to be told.
    pub after: u64,
    /// Whether it begins by telling, as Created, every object that there was at that revision.
    pub from_state: bool,
}

/// One fact about a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Heard {
    /// It was opened.
    Opened(Arc<Opening>),
    /// It told an event: ADDED is Created, MODIFIED is Modified, DELETED is Deleted.
    Told {
        /// What is said to have happened, as far as the stream's selection sees it.
        change: Change,
        /// The object's resourceVersion in the event.
        revision: u64,
        /// Its namespace.
        namespace: Arc<str>,
        /// Its name.
        name: Arc<str>,
    },
    /// It told a bookmark.
    Bookmark {
        /// The bookmark's resourceVersion.
        revision: u64,
    },
    /// It ended; why does not matter.
    Ended,
}
