//! Workloads and checks, as a builder takes them.
use super::view::View;
use crate::run::Cluster;
use futures::future::BoxFuture;
use std::sync::Arc;

/// What happens to the cluster while the program runs.
pub(super) type Workload = Arc<dyn Fn(Cluster) -> BoxFuture<'static, ()> + Send + Sync>;

/// Judgement of a check: an error says what was violated.
type Judgement = Arc<dyn Fn(&View) -> Result<(), String> + Send + Sync>;

/// Something that must hold.
#[derive(Clone)]
pub(super) struct Check {
    pub(super) name: Arc<str>,
    pub(super) judge: Judgement,
}
