//! Compacts the store now and then (k8s.io/apiserver/pkg/storage/etcd3/compact.go).
use crate::shared::Shared;
use std::time::Duration;

/// Compacts the store once per interval, at the version that it had an interval before, until the future is dropped.
///
/// kube-apiserver's own compaction takes a version of the store, too; this one does not.
pub(super) async fn run(shared: Shared, interval: Duration) {
    let mut before = shared.revision();
    loop {
        tokio::time::sleep(interval).await;
        shared.compact_with_caches(before);
        before = shared.revision();
    }
}
