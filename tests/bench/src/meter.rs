//! What a piece of work costs: processor time of this thread, wall time, memory of a process.
//!
//! Work of one thread is measured in processor time: other programs on the machine delay it and hardly change that.
use std::{
    fs,
    time::{Duration, Instant},
};

/// Wall time since an arbitrary moment.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time, and no run sees it")]
pub fn now() -> Instant {
    Instant::now()
}

/// Processor time that this thread has used, where the system counts it (Linux, in nanoseconds).
fn used() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = text.split(' ').next()?.parse().ok()?;
    (nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds))
}

/// The system adds up processor time at its ticks, 4 ms apart. It says nothing about shorter work.
const SHORT: Duration = Duration::from_millis(8);

/// Does some work, and returns the processor time that this thread used for it; for short work, and elsewhere than on
/// Linux, the wall time.
pub fn processor_time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let (began, before) = (now(), used());
    let result = work();
    let wall = now() - began;
    let processor = before.and_then(|before| Some(used()?.saturating_sub(before)));
    (result, processor.filter(|time| *time >= SHORT).unwrap_or(wall))
}

/// Largest memory (bytes) that a process of this system has had so far; `None` after its end, and elsewhere than on
/// Linux.
pub fn peak_memory(pid: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? * 1024)
}

/// The processor and the number of its cores, for the head of a table.
pub fn machine() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!("{}, {cores} cores", model.unwrap_or("unknown processor"))
}

/// The date, in UTC.
#[expect(clippy::disallowed_methods, reason = "the date of a table")]
pub fn date() -> String {
    format!("{:.10}", jiff::Timestamp::now().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_processor_time() {
        let (sum, time) = processor_time(|| (0..40_000_000_u64).fold(0, |sum, next| std::hint::black_box(sum ^ next)));
        assert!(sum < u64::MAX && time > Duration::from_millis(1), "{time:?}");
    }

    #[test]
    fn this_process_has_memory() {
        assert!(peak_memory("self").is_none_or(|bytes| bytes > 1 << 20));
        assert_eq!(date().len(), 10);
    }
}
