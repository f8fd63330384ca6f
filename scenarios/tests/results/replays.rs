//! Replays that cannot be played differ from runs that do not repeat themselves.
use super::{VIOLATED, place, run};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A place with a replay file of a violation.
fn recorded(name: &str) -> (PathBuf, String) {
    let place = place(name);
    assert_eq!(run(&place, &[&VIOLATED[..], &["--report", "out"]].concat()).0, Some(2));
    let text = fs::read_to_string(place.join("out/pair-none-one_active_request.replay")).expect("a replay");
    (place, text)
}

fn replayed(place: &Path, text: &[u8]) -> (Option<i32>, String) {
    fs::write(place.join("a.replay"), text).expect("a file");
    let (code, output, error) = run(place, &["replay", "a.replay"]);
    assert!(code != Some(1) || output.is_empty(), "{output}");
    (code, error)
}

#[test]
fn files_that_cannot_be_played_say_why() {
    let (place, text) = recorded("files");
    let lines: Vec<&str> = text.lines().collect();
    let cut = lines[..lines.len() - 3].join("\n") + "\n";
    for (content, needed) in [
        (cut.clone(), "truncated: it has "),
        (text[..text.len() - 5].to_owned(), "truncated: it has "),
        (lines[..3].join("\n"), "truncated: it ends within its header"),
        (String::new(), "truncated"),
        (text.replacen("replay 2", "replay 4", 1), "a newer lockstep"),
        (text.replacen("replay 2", "replay 1", 1), "an older lockstep"),
        ("hello\n".to_owned(), "not a replay"),
        (text.replacen("next 1/", "next 0/", 1), "changed after it was written"),
        (text.replacen("scenario: pair", "scenario: pear", 1), "pear"),
    ] {
        let (code, error) = replayed(&place, content.as_bytes());
        assert_eq!(code, Some(1), "{needed}: {error}");
        assert!(error.contains("cannot replay a.replay") && error.contains(needed), "{needed}: {error}");
    }
    let (code, error) = replayed(&place, b"\xff\xfe\x00");
    assert!(code == Some(1) && error.contains("not a replay"), "{error}");
    for (given, needed) in [("none.replay", "No such file"), ("out", "is a directory"), ("gone/a:b", "No such file")] {
        let (code, _, error) = run(&place, &["replay", given]);
        assert!(code == Some(1) && error.contains(needed), "{given}: {error}");
    }
}

#[test]
fn only_the_same_code_can_fail_to_repeat_itself() {
    let (place, text) = recorded("codes");
    let chain = text.lines().find(|line| line.starts_with("chain: ")).expect("a chain");
    let other = text.replace(chain, "chain: 0123456789abcdef");
    let (code, error) = replayed(&place, other.as_bytes());
    assert!(code == Some(4) && error.contains("not deterministic"), "{code:?}: {error}");
    let by = text.lines().find(|line| line.starts_with("code: ")).expect("the code");
    let (code, error) = replayed(&place, other.replace(by, "code: 0123456789abcdef").as_bytes());
    assert!(code == Some(1) && error.contains("other code recorded it"), "{code:?}: {error}");
}

#[test]
fn several_replays_exit_as_the_worst() {
    let (place, _) = recorded("several");
    let violated = "out/pair-none-one_active_request.replay";
    let held = "pair:fenced-lease:direct:-:-:random:1";
    let (code, output, _) = run(&place, &["replay", held, violated]);
    assert_eq!(code, Some(2), "{output}");
    assert!(output.contains(": held;") && output.contains(": violated;"), "{output}");
    let (code, output, error) = run(&place, &["replay", "none.replay", held]);
    assert!(code == Some(1) && output.contains(": held;") && error.contains("No such file"), "{output}{error}");
    assert_eq!(run(&place, &["replay", "none.replay", violated]).0, Some(2), "a violation outweighs a missing file");
}

#[test]
fn a_page_that_cannot_be_written_is_tried_first() {
    let (place, _) = recorded("page");
    let replay = "out/pair-none-one_active_request.replay";
    for html in ["none/page.html", "out", "/proc/nothing"] {
        let (code, output, error) = run(&place, &["replay", replay, "--html", html]);
        assert!(code == Some(1) && output.is_empty() && error.contains("--html"), "{html}: {error}");
    }
    let (code, output, error) = run(&place, &["replay", replay, "--html", "/dev/full"]);
    assert!(code == Some(2) && output.contains("VIOLATED") && error.contains("cannot write /dev/full"), "{error}");
    assert_eq!(run(&place, &["replay", replay, "--html", "page.html"]).0, Some(2));
    assert!(fs::read_to_string(place.join("page.html")).is_ok_and(|page| page.contains("See it again")));
}

#[test]
fn a_replay_has_no_figures_of_a_campaign() {
    let (place, _) = recorded("noise");
    let (_, output, _) = run(&place, &["replay", "out/pair-none-one_active_request.replay", "--html", "page.html"]);
    let page = fs::read_to_string(place.join("page.html")).expect("a page");
    for noise in ["first in run", "runs/s", "runs per second", "wall time", "distinct interleavings"] {
        assert!(!output.contains(noise) && !page.contains(noise), "{noise}");
    }
}
