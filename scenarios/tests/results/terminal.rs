//! What a terminal gets: colours unless NO_COLOR is set, a line of progress, and lines that fit. `script` of util-linux
//! is the terminal.
use super::{VIOLATED, ended, lockstep, place, run, shell};
use std::path::Path;

/// Output of a command line on a terminal of this many columns.
fn on_a_terminal(place: &Path, columns: u32, line: &str) -> String {
    let inner = format!("stty rows 40 cols {columns}; TERM=xterm {line}");
    let output = shell(place, &format!("script -qefc '{inner}' /dev/null < /dev/null"));
    String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n")
}

/// The text without colours and without lines of progress, which are overwritten.
fn plain(text: &str) -> String {
    let text = text.rsplit_once("\r\x1b[K").map_or(text, |(_, last)| last);
    let mut parts = text.split('\x1b');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or(part, |(_, rest)| rest))
}

#[test]
fn only_a_terminal_gets_colours() {
    let place = place("colours");
    let line = format!("\"$LOCKSTEP\" {}", VIOLATED.join(" "));
    let coloured = on_a_terminal(&place, 120, &line);
    assert!(coloured.contains("\x1b[1;31mVIOLATED\x1b[0m · run"), "{coloured}");
    for quiet in ["NO_COLOR=1", "TERM=dumb"] {
        let text = on_a_terminal(&place, 120, &format!("{quiet} {line}"));
        assert!(text.contains("VIOLATED · run") && !text.contains("\x1b[1;31m"), "{quiet}: {text}");
    }
    let (_, piped, _) = run(&place, &VIOLATED);
    assert!(piped.starts_with("VIOLATED · run") && !piped.contains('\x1b'), "{piped}");
    let colourless = |text: &str| text.lines().filter(|line| !line.starts_with("tried")).map(str::to_owned).collect();
    let (on, off): (Vec<String>, Vec<String>) = (colourless(&plain(&coloured)), colourless(&piped));
    assert_eq!(on.len(), off.len(), "colours change no text: {coloured}");
}

#[test]
fn a_terminal_sees_progress() {
    let place = place("progress");
    let text = on_a_terminal(&place, 100, "\"$LOCKSTEP\" run pair --for 1s --jobs 1");
    for part in ["\r\x1b[K", " runs/s", " s left", " interleavings"] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    let (_, _, error) = ended(lockstep(&place, &["run", "pair", "--for", "1s"]).output().expect("the binary runs"));
    assert!(!error.contains('\x1b'), "{error}");
}

/// A line that the terminal breaks in two cannot be overwritten.
#[test]
fn progress_fits_a_narrow_terminal() {
    let place = place("narrow-progress");
    let text = on_a_terminal(&place, 40, "\"$LOCKSTEP\" run pair --for 1s --jobs 1");
    let lines: Vec<&str> = text.split("\r\x1b[K").filter(|line| line.contains(" runs · ")).collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| line.chars().count() < 40), "{lines:?}");
}

#[test]
fn lists_fit_the_terminal() {
    let place = place("list");
    let (_, piped, _) = run(&place, &["list"]);
    for columns in [50, 100] {
        let text = plain(&on_a_terminal(&place, columns, "\"$LOCKSTEP\" list"));
        let wide = text.lines().find(|line| line.chars().count() > columns as usize);
        assert_eq!(wide, None);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&text), words(&piped), "broken lines have the same words");
    }
}

/// Ctrl-C on the terminal, as the terminal sends it: to each process in the foreground. A shell there would end by the
/// signal itself, so the command takes its place.
#[test]
fn an_interrupt_key_leaves_a_report() {
    let place = place("interrupt-key");
    let line = "exec \"$LOCKSTEP\" run pair --runs 1000000000 --jobs 1 --report out";
    let keys = "timeout 60 sh -c \"until [ -e out/report.json ]; do sleep 0.1; done\"; sleep 1; printf \"\\003\"";
    let output = shell(&place, &format!("({keys}) | script -qefc '{line}' /dev/null"));
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(6), "{text}");
    assert!(text.contains("INCONCLUSIVE") && place.join("out/report.html").is_file(), "{text}");
}

#[test]
fn narrow_terminals_get_narrow_lines() {
    let place = place("narrow");
    let line = format!("NO_COLOR=1 \"$LOCKSTEP\" {}", VIOLATED.join(" "));
    for columns in [60, 80] {
        let text = plain(&on_a_terminal(&place, columns, &line));
        assert!(text.contains("columns   S"), "{text}");
        for line in text.lines().filter(|line| !line.contains("again   ")) {
            assert!(line.chars().count() <= columns as usize, "{} > {columns}: {line}", line.chars().count());
        }
    }
}
