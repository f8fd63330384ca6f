//! Progress: one line that is overwritten on a terminal, a new line every half minute elsewhere.
use super::width;
use std::{
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

/// Interval of the line on a terminal.
const TICK: Duration = Duration::from_millis(250);
/// Interval of the lines elsewhere.
const SELDOM: Duration = Duration::from_secs(30);

/// A line of progress on standard error.
pub(super) struct ProgressLine {
    terminal: bool,
    written: Instant,
}

impl ProgressLine {
    #[expect(clippy::disallowed_methods, reason = "shown to a person; no run sees it")]
    pub(super) fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), written: Instant::now() }
    }

    /// Writes the line if its interval is over.
    #[expect(clippy::disallowed_methods, reason = "shown to a person; no run sees it")]
    pub(super) fn show(&mut self, line: impl FnOnce() -> String) {
        let every = if self.terminal { TICK } else { SELDOM };
        if self.written.elapsed() < every {
            return;
        }
        self.written = Instant::now();
        let (before, after) = if self.terminal { ("\r\x1b[K", "") } else { ("", "\n") };
        let columns = if self.terminal { width::of_errors() } else { usize::MAX };
        // A line that is broken cannot be overwritten.
        let line: String = line().chars().take(columns).collect();
        let _ = write!(std::io::stderr(), "{before}{line}{after}");
    }

    /// Removes the line from a terminal.
    pub(super) fn clear(&self) {
        if self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
