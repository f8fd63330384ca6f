//! The report folder: tried before the first run, one command at a time, and only what that command wrote.
use super::{HELD, VIOLATED, ended, files, lockstep, place, report, run, send, shell, started};
use std::fs;

#[test]
fn an_unusable_folder_is_an_error_at_once() {
    let place = place("unusable");
    fs::write(place.join("a file"), "").expect("a file");
    std::os::unix::fs::symlink("nowhere/else", place.join("dangling")).expect("a link");
    for folder in ["a file", "a file/below", "/dev/full/below", "/proc/nothing", "dangling", ""] {
        let (code, output, error) = run(&place, &["run", "pair", "--runs", "1000000000", "--report", folder]);
        assert_eq!((code, &*output), (Some(1), ""), "{folder}: {error}");
        let why = if folder.is_empty() { "a value is required for '--report" } else { "nothing was run" };
        assert!(error.contains(&format!("--report {folder}")) && error.contains(why), "{error}");
    }
}

#[test]
fn odd_names_of_folders_work() {
    let place = place("odd");
    fs::create_dir(place.join("target")).expect("a folder");
    std::os::unix::fs::symlink("target", place.join("link")).expect("a link");
    for folder in ["with blank/and below", "grüße", "it's", "link", "$HOME"] {
        let (code, output, error) = run(&place, &[&VIOLATED[..], &["--report", folder]].concat());
        assert_eq!(code, Some(2), "{folder}: {error}");
        let again = output.lines().find_map(|line| line.trim().strip_prefix("again   ")).expect("a command");
        assert_eq!(ended(shell(&place, again)).0, Some(2), "{again}");
    }
}

#[test]
fn a_full_disk_loses_no_verdict() {
    let place = place("full-disk");
    for report in ["", "--report out"] {
        let line = format!("ulimit -f 1; exec \"$LOCKSTEP\" run pair --protocol none --runs 30 {report}");
        let (code, output, error) = ended(shell(&place, &line));
        assert_eq!(code, Some(2), "{output}{error}");
        assert!(output.starts_with("VIOLATED") && output.contains("replay pair:none:direct:-:-:random:"), "{output}");
        assert!(error.contains("cannot write "), "{error}");
        assert_eq!(error.matches("cannot write").count(), 1, "it is said once: {error}");
    }
}

#[test]
fn a_folder_that_vanishes_loses_no_verdict() {
    let place = place("vanishes");
    let out = place.join("out");
    let arguments = ["run", "pair", "--protocol", "none", "--runs", "1000000000", "--report", "out"];
    let child = started(lockstep(&place, &arguments), || out.is_dir() && !files(&out, ".replay").is_empty());
    // It may be writing just now.
    while fs::remove_dir_all(&out).is_err() {}
    send("-TERM", &child);
    let (code, output, error) = ended(child.wait_with_output().expect("it ends"));
    assert_eq!(code, Some(2), "{error}");
    assert!(output.starts_with("VIOLATED") && error.contains("cannot write out/"), "{output}{error}");
}

#[test]
fn the_default_folder_makes_no_run_impossible() {
    let place = place("default");
    fs::write(place.join("lockstep-report"), "").expect("a file in its place");
    let (code, output, error) = run(&place, &VIOLATED);
    assert_eq!(code, Some(2), "{output}");
    assert!(error.contains("cannot write into lockstep-report") && error.contains("--report"), "{error}");
    let again = output.lines().find_map(|line| line.trim().strip_prefix("again   ")).expect("a command");
    assert!(again.contains("replay pair:none:direct:-:-:random:"), "{again}");
    assert_eq!(ended(shell(&place, again)).0, Some(2), "{again}");
    let (code, _, error) = run(&place, &HELD);
    assert_eq!((code, &*error), (Some(0), ""), "nothing to write, nothing to say");
}

#[test]
fn stale_files_go_and_others_stay() {
    let place = place("stale");
    for (folder, arguments) in [("out", &["--report", "out"][..]), ("lockstep-report", &[])] {
        let out = place.join(folder);
        assert_eq!(run(&place, &[&VIOLATED[..], arguments].concat()).0, Some(2));
        assert!(!files(&out, ".replay").is_empty());
        fs::write(out.join("mine.replay"), "not lockstep's").expect("a file");
        assert_eq!(run(&place, &[&HELD[..], arguments].concat()).0, Some(0));
        assert_eq!(files(&out, ".replay"), ["mine.replay"]);
    }
    assert_eq!(report(&place.join("out"))["verdict"], "held");
    assert_eq!(files(&place.join("out"), ".part"), [""; 0]);
}

#[test]
fn one_command_at_a_time_writes_into_a_folder() {
    let place = place("two");
    let out = place.join("out");
    let long = ["run", "pair", "--runs", "1000000000", "--report", "out"];
    let child = started(lockstep(&place, &long), || out.join("report.json").is_file());
    let (code, output, error) = run(&place, &[&HELD[..], &["--report", "out"]].concat());
    assert_eq!((code, &*output), (Some(1), ""), "{error}");
    assert!(error.contains("--report out: another lockstep"), "{error}");
    send("-KILL", &child);
    assert_eq!(ended(child.wait_with_output().expect("it ends")).0, None);
    let (code, _, error) = run(&place, &[&HELD[..], &["--report", "out"]].concat());
    assert_eq!(code, Some(0), "a killed command keeps no lock: {error}");
}

#[test]
fn two_commands_without_a_folder_take_two() {
    let place = place("two-defaults");
    let first = place.join("lockstep-report");
    let long = ["run", "pair", "--protocol", "none", "--runs", "1000000000"];
    let child = started(lockstep(&place, &long), || first.is_dir() && !files(&first, ".replay").is_empty());
    let (code, output, error) = run(&place, &VIOLATED);
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("this one uses lockstep-report-2") && output.contains(" lockstep-report-2/pair-none-"),
        "{error}"
    );
    send("-INT", &child);
    assert_eq!(ended(child.wait_with_output().expect("it ends")).0, Some(2));
    assert!(!files(&first, ".replay").is_empty());
}
