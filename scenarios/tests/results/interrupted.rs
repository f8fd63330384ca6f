//! Commands that are stopped: a signal leaves a report, SIGKILL loses seconds, and nothing unfinished holds.
use super::{ended, files, lockstep, place, report, run, send, started};
use std::{fs, time::Duration};

#[test]
fn a_stopped_run_is_inconclusive() {
    // Under nohup, SIGHUP ends nothing.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .is_some_and(|mask| mask.ends_with(['1', '3', '5', '7', '9', 'b', 'd', 'f']));
    for signal in ["-INT", "-TERM", "-HUP"].into_iter().take(if ignored { 2 } else { 3 }) {
        let place = place(&format!("stopped{signal}"));
        let out = place.join("out");
        let arguments = ["run", "pair", "burst", "--runs", "1000000000", "--report", "out"];
        let child = started(lockstep(&place, &arguments), || out.join("report.json").is_file());
        std::thread::sleep(Duration::from_millis(500));
        send(signal, &child);
        let (code, output, error) = ended(child.wait_with_output().expect("it ends"));
        assert_eq!(code, Some(6), "{signal}: {output}{error}");
        assert!(output.starts_with("INCONCLUSIVE · run: "), "{output}");
        assert!(output.contains("of 2,000,000,000 planned runs") && output.contains("stopped early"), "{output}");
        let report = report(&out);
        assert_eq!((&report["verdict"], &report["complete"]), (&"inconclusive".into(), &false.into()));
        assert!(report["interrupted"] == true && report["planned_runs"] == 2_000_000_000_u64, "{report}");
    }
}

#[test]
fn a_stopped_run_keeps_its_violation() {
    let place = place("violated");
    let out = place.join("out");
    let arguments = ["run", "pair", "--protocol", "none", "--runs", "1000000000", "--report", "out"];
    let child = started(lockstep(&place, &arguments), || out.is_dir() && !files(&out, ".replay").is_empty());
    send("-TERM", &child);
    let (code, output, _) = ended(child.wait_with_output().expect("it ends"));
    assert_eq!((code, report(&out)["verdict"].as_str()), (Some(2), Some("violated")));
    assert!(output.starts_with("VIOLATED") && output.contains("stopped early"), "{output}");
}

#[test]
fn a_killed_run_leaves_a_report() {
    let place = place("killed");
    let out = place.join("out");
    let arguments = ["run", "pair", "--protocol", "none", "--runs", "1000000000", "--report", "out"];
    let so_far = || fs::read_to_string(out.join("report.json")).is_ok_and(|text| text.contains("\"violated\""));
    let child = started(lockstep(&place, &arguments), so_far);
    send("-KILL", &child);
    drop(child.wait_with_output());
    let killed = report(&out);
    assert_eq!((&killed["complete"], &killed["verdict"]), (&false.into(), &"violated".into()));
    assert!(killed["runs"].as_u64().is_some_and(|runs| runs > 0), "{killed}");
    let replays = files(&out, ".replay");
    for replay in &replays {
        assert_eq!(run(&place, &["replay", &format!("out/{replay}")]).0, Some(2), "{replay} is whole");
    }
    assert!(replays.contains(&"pair-none-one_active_request.replay".to_owned()), "{replays:?}");
    assert_eq!(run(&place, &["run", "pair", "--runs", "2", "--report", "out"]).0, Some(0));
    assert_eq!((files(&out, ".replay"), report(&out)["complete"].clone()), (vec![], true.into()));
}

#[test]
fn every_search_that_is_stopped_is_inconclusive() {
    for (name, arguments) in [
        ("exhaust", &["exhaust", "burst", "--preemptions", "3"][..]),
        ("mutants", &["mutants", "no-mark", "--runs", "1000000", "--seeds", "1000000"]),
        ("determinism", &["determinism", "--seeds", "0..1000000"]),
    ] {
        let place = place(&format!("search-{name}"));
        let child = started(lockstep(&place, arguments), || true);
        std::thread::sleep(Duration::from_secs(2));
        send("-TERM", &child);
        let (code, output, error) = ended(child.wait_with_output().expect("it ends"));
        assert_eq!(code, Some(6), "{name}: {output}{error}");
        assert!(output.contains("stopped early"), "{name}: {output}");
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let place = place("second");
    let arguments = ["run", "burst-100", "--transport", "network", "--runs", "100000", "--jobs", "1"];
    let child = started(lockstep(&place, &arguments), || true);
    std::thread::sleep(Duration::from_secs(1));
    send("-TERM", &child);
    std::thread::sleep(Duration::from_millis(200));
    // The first may have been enough.
    let _ = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).output();
    let (code, output, _) = ended(child.wait_with_output().expect("it ends"));
    assert!(code.is_none() || code == Some(6), "{code:?}: {output}");
}
