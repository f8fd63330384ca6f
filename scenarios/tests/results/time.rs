//! Time and numbers of runs: neither prepares anything in proportion, and the report says how much was reached.
use super::{ended, files, lockstep, place, report, run, send, started};
use std::{
    fs,
    time::{Duration, Instant},
};

#[test]
fn a_time_that_is_over_holds() {
    let place = place("time");
    let began = Instant::now();
    let (code, output, error) = run(&place, &["run", "pair", "burst", "--for", "3s", "--report", "out"]);
    assert_eq!(code, Some(0), "{output}{error}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(output.starts_with("HELD · run: "), "{output}");
    let report = report(&place.join("out"));
    assert!(report["complete"] == true && report["time_limit_seconds"] == 3.0, "{report}");
    assert!(report["runs"].as_u64().is_some_and(|runs| runs > 0), "{report}");
}

#[test]
fn no_run_at_all_is_inconclusive() {
    let (code, output, _) = run(&place("no-time"), &["run", "pair", "--for", "0s"]);
    assert_eq!(code, Some(6), "{output}");
    assert!(output.contains("no run was made"), "{output}");
}

#[test]
fn every_scenario_is_reached_first() {
    let place = place("fair");
    let (code, output, error) =
        run(&place, &["run", "burst", "pair", "held-lock", "--for", "4s", "--jobs", "1", "--report", "out"]);
    assert_eq!(code, Some(0), "{output}{error}");
    let report = report(&place.join("out"));
    let runs = report["scenarios"].as_array().expect("rows").iter().map(|row| row["runs"].as_u64().unwrap_or(0));
    assert!(runs.clone().all(|runs| runs > 0), "{:?}", runs.collect::<Vec<_>>());
}

#[test]
fn a_billion_runs_need_no_memory() {
    let place = place("billion");
    let out = place.join("out");
    let arguments = ["run", "pair", "--runs", "1000000000000", "--report", "out"];
    let child = started(lockstep(&place, &arguments), || out.is_dir() && !files(&out, "report.json").is_empty());
    std::thread::sleep(Duration::from_secs(1));
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    send("-TERM", &child);
    assert_eq!(ended(child.wait_with_output().expect("it ends")).0, Some(6));
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|peak| peak.trim().trim_end_matches(" kB"));
    if let Some(peak) = peak.and_then(|peak| peak.parse::<u64>().ok()) {
        assert!(peak < 300_000, "{peak} kB");
    }
    assert!(report(&out)["runs"].as_u64().is_some_and(|runs| runs > 0), "it began at once");
}

#[test]
fn parts_of_a_run_are_the_whole() {
    let place = place("parts");
    let runs = |part: &str| {
        let (code, _, error) =
            run(&place, &["run", "pair", "burst", "--runs", "5", "--shard", part, "--report", "out"]);
        assert_eq!(code, Some(0), "{error}");
        report(&place.join("out"))["runs"].as_u64().expect("a number")
    };
    assert_eq!([runs("0/3"), runs("1/3"), runs("2/3")].iter().sum::<u64>(), 10);
}
