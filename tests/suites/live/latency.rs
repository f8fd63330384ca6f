//! `lockstep latency` at the command line: small measurements on a real server, what they keep, and how it is shown.
use crate::subject::ONE;
use scenarios::live::latency::results::Results;
use std::{fs, path::Path, process::Command, sync::PoisonError};
use tests::real_server;

fn lockstep(place: &Path, line: &str) -> (Option<i32>, String) {
    let binaries = real_server::find().expect("etcd and kube-apiserver");
    let gateway = env!("CARGO_BIN_EXE_deployed-gateway");
    let words = line.split_whitespace().map(|word| if word == "GATEWAY" { gateway } else { word });
    let mut command = Command::new(env!("CARGO_BIN_EXE_tested-lockstep"));
    command.arg("latency").args(words).current_dir(place);
    command.env("KUBEBUILDER_ASSETS", binaries.etcd.parent().expect("a directory"));
    let output = command.output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text)
}

fn results(place: &Path, part: &str) -> Results {
    let text = fs::read_to_string(place.join("latency").join(format!("{part}.json"))).expect("results");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn every_part_measures_what_it_says() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = tempfile::tempdir().expect("a directory");
    let place = place.path();
    let (code, text) = lockstep(place, "signals lock access start --percent 2 --gateway-binary GATEWAY");
    // A build for tests, on a busy machine, need not meet the claims.
    assert!(matches!(code, Some(0 | 5)), "{text}");
    for (part, rows) in [("signals", 30), ("lock", 2), ("access", 3), ("start", 2)] {
        let Results { measured, machine, .. } = results(place, part);
        assert_eq!(measured.rows.len(), rows, "{part}: {measured:?}");
        let wrong = measured.rows.iter().find(|row| row.failed > 0 || row.requests == 0 || row.p50 <= 0.0);
        assert_eq!(wrong, None, "{part}");
        assert!(machine.processors > 0 && machine.memory > 0, "{machine:?}");
    }
    let start = results(place, "start").measured.rows;
    assert!(start[1].p50 < start[0].p50, "the API server takes a part of it: {start:?}");
    let missed = text.contains("**no**");
    assert_eq!(code == Some(5), missed, "{text}");

    let (again, shown) = lockstep(place, "--render --write-doc page.md --plot plot.svg");
    assert_eq!(again, code, "the same results are shown: {shown}");
    let page = fs::read_to_string(place.join("page.md")).expect("a page");
    assert!(page.contains("| new signal | 3 | 16 at a time |") && page.contains("images/plot.svg"), "{page}");
    let plot = fs::read_to_string(place.join("plot.svg")).expect("a plot");
    assert_eq!(plot.matches("<circle").count(), 37, "{plot}");
}

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn absence_of_the_api_server_is_counted() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = tempfile::tempdir().expect("a directory");
    let (code, text) = lockstep(place.path(), "away --away 3s --gateway-binary GATEWAY");
    assert!(matches!(code, Some(0 | 5)), "{text}");
    assert!(text.contains("Signals that were never accepted: 0."), "{text}");
    assert!(text.contains("Calls in each of the first 10 seconds after its return: ["), "{text}");
}

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn wrong_commands_say_what_to_do() {
    let place = tempfile::tempdir().expect("a directory");
    fs::create_dir(place.path().join("old")).expect("a directory");
    fs::write(place.path().join("old/lock.json"), "{}").expect("a file");
    for (line, advice) in [
        ("speed", "unknown part `speed`; use one of signals, rates, lock, access, start, away"),
        ("--render", "there are no results in latency"),
        ("--render --results old", "lock.json has no results"),
        ("lock --gateway-binary missing", "there is no gateway at missing"),
        ("signals --render", "cannot be used with"),
    ] {
        let (code, text) = lockstep(place.path(), line);
        assert_eq!(code, Some(1), "{line}: {text}");
        assert!(text.contains(advice), "{line}: {text}");
    }
}
