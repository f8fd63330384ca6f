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

/// What ends a campaign, where that is known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Goal {
    /// Number of runs.
    pub(super) runs: Option<u64>,
    /// Time after which no run begins.
    pub(super) time: Option<Duration>,
}

impl Goal {
    /// Time that is left after so many runs: by the speed so far, or by the clock if that ends it earlier.
    fn left(self, runs: u64, elapsed: Duration) -> Option<Duration> {
        let by_runs = self.runs.filter(|_| runs > 0).map(|goal| {
            let each = elapsed.as_secs_f64() / runs as f64;
            Duration::try_from_secs_f64(each * goal.saturating_sub(runs) as f64).unwrap_or(Duration::MAX)
        });
        let by_clock = self.time.map(|time| time.saturating_sub(elapsed));
        by_runs.into_iter().chain(by_clock).min()
    }
}

/// Does `work`, which ends at the goal, and returns what it returns. `checkpoint` is called at
/// once and every few seconds. The first Ctrl-C or SIGTERM sets the progress's stop flag.
///
/// # Errors
/// If no handler for signals can be installed.
pub(super) fn with_progress<T>(
    progress: &Arc<Progress>,
    goal: Goal,
    checkpoint: &(dyn Fn() + Sync),
    work: impl FnOnce() -> T,
) -> anyhow::Result<T> {
    let interrupted = Arc::clone(progress);
    signals::at_the_first(move || interrupted.interrupt())?;
    checkpoint();
    let done = AtomicBool::new(false);
    Ok(std::thread::scope(|scope| {
        scope.spawn(|| show(progress, goal, checkpoint, &done));
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
fn show(progress: &Progress, goal: Goal, checkpoint: &(dyn Fn() + Sync), done: &AtomicBool) {
    let began = Instant::now();
    let of = goal.runs.map(|total| format!("/{total}")).unwrap_or_default();
    let mut line = ProgressLine::new();
    let mut next = began + CHECKPOINT;
    while !done.load(Relaxed) {
        std::thread::sleep(POLL);
        line.show(|| {
            let elapsed = began.elapsed();
            let seconds = elapsed.as_secs_f64();
            let (runs, calls) = (progress.runs.load(Relaxed), progress.api_calls.load(Relaxed));
            let left =
                goal.left(runs, elapsed).map_or_else(String::new, |left| format!(" · {} s left", left.as_secs()));
            format!(
                "{runs}{of} runs · {:.0} runs/s{left} · {} interleavings · {} violated · {:.0} API calls/s",
                runs as f64 / seconds,
                progress.distinct(),
                progress.violated.load(Relaxed),
                calls as f64 / seconds,
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

#[cfg(test)]
mod tests {
    use super::{Duration, Goal};

    #[test]
    fn the_earlier_end_counts() {
        let seconds = Duration::from_secs;
        let goal = |runs, time| Goal { runs, time }.left(10, seconds(5));
        assert_eq!(goal(Some(30), None), Some(seconds(10)));
        assert_eq!(goal(Some(30), Some(seconds(8))), Some(seconds(3)));
        assert_eq!(goal(Some(12), Some(seconds(8))), Some(seconds(1)));
        assert_eq!(goal(None, Some(seconds(2))), Some(Duration::ZERO));
        assert_eq!(goal(None, None), None);
        assert_eq!(Goal { runs: Some(30), time: None }.left(0, seconds(5)), None, "the speed is not known yet");
    }
}
