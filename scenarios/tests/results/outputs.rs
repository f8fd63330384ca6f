//! Standard output and standard error that are closed or full, and what other programs read.
use super::{HELD, LOCKSTEP, VIOLATED, ended, files, lockstep, place, run, shell};
use std::{fs, process::Stdio};

#[test]
fn a_full_output_keeps_the_exit_code() {
    let place = place("full-output");
    let full = || Stdio::from(fs::File::options().write(true).open("/dev/full").expect("/dev/full"));
    for (arguments, expected) in [(&VIOLATED[..], 2), (&HELD[..], 0)] {
        for format in ["pretty", "json", "junit", "github"] {
            let arguments = [arguments, &["--format", format, "--report", "out"]].concat();
            let output = lockstep(&place, &arguments).stdout(full()).output().expect("the binary runs");
            let (code, _, error) = ended(output);
            assert_eq!(code, Some(expected), "{error}");
            assert!(error.contains("cannot write to standard output"), "{error}");
            assert!(files(&place.join("out"), "report.json").len() == 1, "the files are written");
        }
        let output = lockstep(&place, arguments).stdout(full()).stderr(full()).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(expected), "both are full");
    }
    let line = "\"$LOCKSTEP\" run pair --protocol none --runs 30 >&- 2>&-";
    assert_eq!(shell(&place, line).status.code(), Some(2), "both are closed");
}

#[test]
fn a_reader_may_leave() {
    let place = place("reader");
    let replay = "pair:none:direct:-:-:random:1";
    for (arguments, expected) in [
        (&["list"][..], 0),
        (&["list", "--json"], 0),
        (&["--help"], 0),
        (&["doctor"], 0),
        (&["man"], 0),
        (&["completions", "zsh"], 0),
        (&["fidelity", "--only", "leases/*"], 0),
        (&["determinism", "--seeds", "0..1"], 0),
        (&["mutants", "no-mark", "--seeds", "1"], 0),
        (&["exhaust", "pair", "--preemptions", "0"], 0),
        (&["replay", replay, "--step"], run(&place, &["replay", replay]).0.expect("a code")),
        (&VIOLATED, 2),
        (&HELD, 0),
    ] {
        let mut child =
            lockstep(&place, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        drop(child.stdout.take());
        let (code, _, error) = ended(child.wait_with_output().expect("it ends"));
        assert_eq!((code, &*error), (Some(expected), ""), "{arguments:?}");
    }
}

#[test]
fn other_machines_see_no_path_of_this_one() {
    let place = place("paths");
    let out = place.join("deep");
    let out = out.to_str().expect("a path in UTF-8");
    for format in ["junit", "github"] {
        let (code, output, _) = run(&place, &[&VIOLATED[..], &["--format", format, "--report", out]].concat());
        assert_eq!(code, Some(2));
        let machine = [out, LOCKSTEP, env!("CARGO_TARGET_TMPDIR")];
        assert!(machine.iter().all(|path| !output.contains(path)), "{output}");
        assert!(output.contains("lockstep replay pair:none:direct:-:-:random:"), "{output}");
    }
}

#[test]
fn github_gets_a_summary() {
    let place = place("summary");
    let mut command = lockstep(&place, &[&VIOLATED[..], &["--format", "github"]].concat());
    let summary = place.join("summary.md");
    fs::write(&summary, "before\n").expect("a file");
    assert_eq!(command.env("GITHUB_STEP_SUMMARY", &summary).output().expect("the binary runs").status.code(), Some(2));
    let text = fs::read_to_string(&summary).expect("a summary");
    assert!(text.starts_with("before\n### VIOLATED · lockstep run\n"), "{text}");
    assert!(text.contains("| `one_active_request` | pair, none | ") && text.contains("replay pair:none:"), "{text}");
    let mut command = lockstep(&place, &[&HELD[..], &["--format", "github"]].concat());
    let (code, _, error) = ended(command.env("GITHUB_STEP_SUMMARY", "none/below").output().expect("the binary runs"));
    assert!(code == Some(0) && error.contains("cannot write none/below"), "{error}");
}

#[test]
fn lines_fit_the_columns() {
    let place = place("columns");
    for columns in [50, 80] {
        let mut command = lockstep(&place, &VIOLATED);
        let (_, output, _) = ended(command.env("COLUMNS", columns.to_string()).output().expect("the binary runs"));
        let timeline = output.find("columns   S").expect("a timeline");
        for line in output[..timeline].lines().filter(|line| !line.contains("again   ")) {
            assert!(line.chars().count() <= columns, "{} > {columns}: {line}", line.chars().count());
        }
    }
}
