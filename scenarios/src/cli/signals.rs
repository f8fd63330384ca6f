//! Signals that end the command: Ctrl-C, SIGTERM, SIGHUP and SIGXCPU. The first asks for a report of what was done so
//! far, the second ends the process at once.
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM, SIGXCPU, SIGXFSZ},
    flag,
    iterator::Signals,
    low_level::emulate_default_handler,
};
use std::{
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

/// Time for which further signals are taken for the first: a terminal and a parent process may both send one.
const SAME: Duration = Duration::from_millis(100);

/// Calls `first` at the first signal. The second has its usual effect.
///
/// # Errors
/// If no handler can be installed.
#[expect(clippy::disallowed_methods, reason = "a signal comes from outside; no run sees it")]
pub(super) fn at_the_first(first: impl FnOnce() + Send + 'static) -> anyhow::Result<()> {
    let mut watched = vec![SIGINT, SIGTERM, SIGXCPU];
    // Under nohup a command outlives its terminal.
    watched.extend((!is_ignored(SIGHUP)).then_some(SIGHUP));
    let mut signals = Signals::new(watched)?;
    std::thread::spawn(move || {
        let mut signals = signals.forever();
        if signals.next().is_none() {
            return;
        }
        let began = Instant::now();
        first();
        for signal in signals.filter(|_| began.elapsed() > SAME) {
            let _ = emulate_default_handler(signal);
        }
    });
    Ok(())
}

/// Makes a file that grows beyond the limit of `ulimit -f` an error of its write, and not the end of the process.
pub fn survive_file_size_limit() {
    // Without this handler the signal kills; its flag says nothing that the error does not.
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

/// Whether the process was started with this signal ignored, as far as Linux says so.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored(&status, signal)
}

fn ignored(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nohup_is_recognised() {
        let status = "Name:\tlockstep\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
        assert!(ignored(status, SIGHUP) && !ignored(status, SIGTERM));
        assert!(!ignored("", SIGHUP));
    }
}
