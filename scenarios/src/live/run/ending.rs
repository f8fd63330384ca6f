//! The end of a run: the watches must have reported everything that is in the cluster.
use crate::live::{
    cluster::watch::{Kind, Watcher},
    history::Fact,
};
use std::time::Duration;
use tokio::time::sleep;

/// Number of comparisons, and the pause between two.
const ATTEMPTS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(200);

/// Waits until the watches have reported what a list shows. If they do not, that is a gap.
pub(super) async fn catch_up(watcher: &Watcher) {
    let mut difference = difference(watcher).await;
    for _ in 0..ATTEMPTS {
        if difference.is_none() {
            return;
        }
        sleep(PAUSE).await;
        difference = self::difference(watcher).await;
    }
    if let Some(why) = difference {
        watcher.journal.record(Fact::Gap { at: watcher.journal.now(), why });
    }
}

/// The first object whose version in a list is not the one that the watch reported last.
async fn difference(watcher: &Watcher) -> Option<String> {
    let mut reported = watcher.view.versions();
    for kind in Kind::ALL {
        let listed = match watcher.list(kind).await {
            Ok((_, listed)) => listed,
            Err(error) => return Some(format!("what is in the cluster at the end is not known: {error}")),
        };
        for (name, version) in listed {
            let known = reported.remove(&name);
            if known != Some(version) {
                return Some(format!("{name} has version {version}, and the watch reported {known:?}"));
            }
        }
    }
    let (name, version) = reported.pop_first()?;
    Some(format!("{name} is gone, and the watch reported version {version} last"))
}
