//! Runs a campaign while its progress is shown and checkpoints are written, until it is done or interrupted.
use super::{progress::ProgressLine, signals};
use crate::campaign::Progress;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// Interval at which the end of the campaign is noticed.
const POLL: Duration = Duration::from_millis(20);
/// Shortest time between two checkpoints.
const CHECKPOINT: Duration = Duration::from_secs(3);
/// Part of the time that checkpoints may take: one in so many.
const SHARE: u32 = 30;

/// Does `work`, of `total` runs where their number is known, and returns what it returns. `checkpoint` is called at
/// once and every few seconds. The first Ctrl-C or SIGTERM sets the progress's stop flag.
///
/// # Errors
/// If no handler for signals can be installed.
pub(super) fn with_progress<T>(
    progress: &Arc<Progress>,
    total: Option<u64>,
    checkpoint: &(dyn Fn() + Sync),
    work: impl FnOnce() -> T,
) -> anyhow::Result<T> {
    let interrupted = Arc::clone(progress);
    signals::at_the_first(move || interrupted.interrupt())?;
    checkpoint();
    let done = AtomicBool::new(false);
    Ok(std::thread::scope(|scope| {
        scope.spawn(|| show(progress, total, checkpoint, &done));
        // Also after a panic: a scope waits for its threads.
        let _ends = Ends(&done);
        work()
    }))
}

/// Says at its end that the work is done.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[expect(clippy::disallowed_methods, reason = "shown to a person; no run sees it")]
fn show(progress: &Progress, total: Option<u64>, checkpoint: &(dyn Fn() + Sync), done: &AtomicBool) {
    let began = Instant::now();
    let of = total.map(|total| format!("/{total}")).unwrap_or_default();
    let mut line = ProgressLine::new();
    let mut next = began + CHECKPOINT;
    while !done.load(Relaxed) {
        std::thread::sleep(POLL);
        line.show(|| {
            let seconds = began.elapsed().as_secs_f64();
            let (runs, calls) = (progress.runs.load(Relaxed), progress.api_calls.load(Relaxed));
            format!(
                "{runs}{of} runs · {:.0} runs/s · {:.0} API calls/s · {} violated",
                runs as f64 / seconds,
                calls as f64 / seconds,
                progress.violated.load(Relaxed)
            )
        });
        if Instant::now() >= next {
            let before = Instant::now();
            checkpoint();
            next = Instant::now() + CHECKPOINT.max(before.elapsed() * SHARE);
        }
    }
    line.clear();
}
