//! The controllers of a served cluster: garbage collection and the emptying of namespaces, as soon as there is something to do.
use super::shared::Shared;

/// Works until it is dropped: one task after the other, and other requests in between.
pub(super) async fn work(shared: Shared) {
    let mut news = shared.news();
    loop {
        news.borrow_and_update();
        while shared.perform_one() {
            tokio::task::yield_now().await;
        }
        if news.changed().await.is_err() {
            return;
        }
    }
}
