//! The line of progress of a live run.
use crate::{
    cli::progress::ProgressLine,
    live::{history::Journal, workload::Extent},
};
use futures::future::{Either, select};
use std::{pin::pin, time::Duration};

const TICK: Duration = Duration::from_millis(250);

/// Awaits `work` while a line shows how far it is.
pub(super) async fn shown<T>(journal: &Journal, extent: &Extent, work: impl Future<Output = T>) -> T {
    let mut line = ProgressLine::new();
    let mut work = pin!(work);
    loop {
        match select(work, pin!(tokio::time::sleep(TICK))).await {
            Either::Left((done, _)) => {
                line.clear();
                return done;
            }
            Either::Right(((), rest)) => work = rest,
        }
        line.show(|| {
            let (totals, seconds) = (journal.totals(), journal.now() / 1_000_000);
            format!(
                "{seconds} s, sending for {} s · {} signals · {} accepted · {} faults",
                extent.time.as_secs(),
                totals.signals,
                totals.accepted,
                totals.faults
            )
        });
    }
}
