//! The process's own metrics, as Prometheus' client libraries name them: memory, CPU, open files, time of start.
//!
//! They are read from Linux's procfs when they are asked for. Elsewhere there are none.
use std::fmt::Write as _;

/// Ticks per second in procfs, on every architecture of Linux.
const TICKS: f64 = 100.0;

/// The metrics, as OpenMetrics without its end.
pub fn exposition() -> String {
    let mut text = String::new();
    for (name, kind, suffix, help, value) in samples().unwrap_or_default() {
        let written = write!(text, "# HELP {name} {help}.\n# TYPE {name} {kind}\n{name}{suffix} {value}\n");
        written.expect("writing to a String does not fail");
    }
    text
}

type Sample = (&'static str, &'static str, &'static str, &'static str, f64);

/// `None` where there is no procfs.
fn samples() -> Option<Vec<Sample>> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The command's name is in parentheses, and may contain spaces.
    let fields: Vec<f64> =
        stat.rsplit_once(')')?.1.split_whitespace().skip(1).map(|field| field.parse().unwrap_or(0.0)).collect();
    let [user, system, started, virtual_bytes] = [10, 11, 18, 19].map(|at| fields.get(at).copied().unwrap_or(0.0));
    let booted: f64 = field("/proc/stat", "btime ")?.parse().ok()?;
    let resident: f64 = field("/proc/self/status", "VmRSS:")?.trim_end_matches("kB").trim().parse().ok()?;
    let limit = field("/proc/self/limits", "Max open files")?;
    let files_max = limit.split_whitespace().next()?.parse().unwrap_or(f64::INFINITY);
    // The listing itself opens one.
    let files = std::fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1);
    Some(vec![
        (
            "process_cpu_seconds",
            "counter",
            "_total",
            "Time on a processor, of user and system",
            (user + system) / TICKS,
        ),
        ("process_resident_memory_bytes", "gauge", "", "Resident memory", resident * 1024.0),
        ("process_virtual_memory_bytes", "gauge", "", "Virtual memory", virtual_bytes),
        ("process_open_fds", "gauge", "", "Open file descriptors", files as f64),
        ("process_max_fds", "gauge", "", "Largest number of open file descriptors", files_max),
        ("process_start_time_seconds", "gauge", "", "Time of start since the epoch", booted + started / TICKS),
    ])
}

/// What follows `key` on its line of a file.
fn field(path: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| Some(line.strip_prefix(key)?.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_process_is_measured() {
        let samples = samples().expect("tests run on Linux");
        let value = |name| samples.iter().find(|sample| sample.0 == name).expect(name).4;
        assert!((1e6..1e11).contains(&value("process_resident_memory_bytes")));
        assert!(value("process_virtual_memory_bytes") >= value("process_resident_memory_bytes"));
        assert!((3.0..value("process_max_fds")).contains(&value("process_open_fds")));
        assert!(value("process_start_time_seconds") > 1.7e9, "{samples:?}");
        assert!(exposition().contains("# TYPE process_cpu_seconds counter\nprocess_cpu_seconds_total "));
    }
}
