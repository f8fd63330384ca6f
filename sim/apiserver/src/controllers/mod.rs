//! The simulated controllers: garbage collection and the deletion of namespace contents
//! (k8s.io/kubernetes/pkg/controller/{garbagecollector,namespace}).
//!
//! They are off by default. Their pending work is a list of tasks, each about one object, so that the caller chooses
//! how it interleaves with other writes. The default service accounts and the published certificate authority are
//! switched on separately: runs have neither. Not simulated: every other controller (for instance the aggregation of
//! cluster roles), and the lag of the controllers' own caches.
//!
//! May import: the folders from base to validation, in the order of the crate's documentation.
use task::Task;

pub(crate) mod garbage_collector;
pub(crate) mod namespace_contents;
pub(crate) mod namespaces;
pub(crate) mod task;

/// Tasks that were refused, and the revision at which they were refused: they are not retried until something changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Controllers {
    pub(crate) refused: Vec<Task>,
    pub(crate) revision: u64,
    /// Certificate authority of the server, in PEM, if the contents of namespaces are provided.
    pub(crate) authority: Option<String>,
}
