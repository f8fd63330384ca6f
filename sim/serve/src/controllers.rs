//! Runs the controllers of a served cluster: garbage collection and deletion of namespace contents.
use crate::shared::Shared;

/// Performs tasks as they become due, until the future is dropped. Other requests can run between two tasks.
pub(super) async fn run(shared: Shared) {
    let mut changes = shared.changes();
    loop {
        changes.borrow_and_update();
        while shared.perform_next_task() {
            tokio::task::yield_now().await;
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}
