//! Runs a campaign while its progress is shown, until it is done or interrupted.
use super::progress::ProgressLine;
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

/// A campaign that is over.
pub(super) struct Done<T> {
    /// Its result.
    pub(super) result: T,
    /// Wall-clock time that it took.
    pub(super) took: Duration,
    /// Whether it was stopped, by Ctrl-C or by itself.
    pub(super) stopped: bool,
    /// Its final counts.
    pub(super) progress: Arc<Progress>,
}

/// Does `work`, of `total` runs where their number is known. Ctrl-C sets the progress's stop flag.
///
/// # Errors
/// If no handler for Ctrl-C can be installed.
#[expect(clippy::disallowed_methods, reason = "the report says how long it took; no run sees it")]
pub(super) fn with_progress<T>(total: Option<u64>, work: impl FnOnce(&Progress) -> T) -> anyhow::Result<Done<T>> {
    let progress = Arc::new(Progress::default());
    let interrupted = Arc::clone(&progress);
    ctrlc::set_handler(move || interrupted.stop.store(true, Relaxed))?;
    let (began, done) = (Instant::now(), AtomicBool::new(false));
    let result = std::thread::scope(|scope| {
        scope.spawn(|| show(&progress, total, &done));
        let result = work(&progress);
        done.store(true, Relaxed);
        result
    });
    Ok(Done { result, took: began.elapsed(), stopped: progress.stop.load(Relaxed), progress })
}

#[expect(clippy::disallowed_methods, reason = "shown to a person; no run sees it")]
fn show(progress: &Progress, total: Option<u64>, done: &AtomicBool) {
    let began = Instant::now();
    let of = total.map(|total| format!("/{total}")).unwrap_or_default();
    let mut line = ProgressLine::new();
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
    }
    line.clear();
}
