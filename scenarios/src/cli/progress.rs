//! Progress: one line on a terminal, one line every half minute elsewhere.
use crate::campaign::Progress;
use std::{
    io::{IsTerminal, Write},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

const TICK: Duration = Duration::from_millis(250);
const SELDOM: Duration = Duration::from_secs(30);

/// Shows how far `progress` is, of `total` runs where their number is known, until `done` is set.
#[expect(clippy::disallowed_methods, reason = "shown to a person; no run sees it")]
pub(super) fn show(progress: &Progress, total: Option<u64>, done: &AtomicBool) {
    let began = std::time::Instant::now();
    let terminal = std::io::stderr().is_terminal();
    let every = if terminal { TICK } else { SELDOM };
    let of = total.map(|total| format!("/{total}")).unwrap_or_default();
    let mut told = began;
    while !done.load(Relaxed) {
        std::thread::sleep(Duration::from_millis(20));
        if told.elapsed() < every {
            continue;
        }
        told = std::time::Instant::now();
        let seconds = began.elapsed().as_secs_f64();
        let (runs, calls) = (progress.runs.load(Relaxed), progress.api_calls.load(Relaxed));
        let breaches = progress.violated.load(Relaxed);
        let line = format!(
            "{runs}{of} runs · {:.0} runs/s · {:.0} API calls/s · {breaches} violated",
            runs as f64 / seconds,
            calls as f64 / seconds
        );
        let _ =
            if terminal { write!(std::io::stderr(), "\r\x1b[K{line}") } else { writeln!(std::io::stderr(), "{line}") };
    }
    if terminal {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}
