//! The pages of real runs in a real browser: a headless Chromium opens them, steps through them, and prints them.
//!
//! `tests/browser/visit.mjs` drives the browser and says what is wrong; this suite makes the pages, and says what must
//! be right. `LOCKSTEP_RECORD=1` writes the pictures of `docs/images` anew.
mod browser;
mod library;
mod made;

use browser::{figures, wrong};
use made::Page;
use serde_json::Value;
use std::fs;

/// Longest time until a page is drawn, and largest size.
const OPENED_MS: u64 = 2_000;
const BYTES: u64 = 5_000_000;

/// Pages on which every check must find nothing.
const PAGES: [Page; 8] = [
    Page::Explained,
    Page::Stale,
    Page::Campaign,
    Page::Held,
    Page::Comparison,
    Page::Mutants,
    Page::Frontier,
    Page::Library,
];

fn number(figures: &Value, name: &str) -> u64 {
    figures[name].as_u64().unwrap_or_else(|| panic!("no {name} in {figures}"))
}

fn none_wrong(check: &str, pages: &[Page]) {
    for page in pages {
        let found = wrong(page.file(), check, "");
        assert!(found.is_empty(), "{check} of {page:?}:\n{}", found.join("\n"));
    }
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromium, node and npm")]
fn pages_open_and_fit() {
    for page in PAGES {
        let (found, figures) = figures(page.file(), "opens", "");
        let bytes = fs::metadata(page.file()).expect("a page").len();
        println!("{page:?}: {} ms to open, {bytes} bytes", figures["opened_ms"]);
        assert!(found.is_empty(), "{page:?}:\n{}", found.join("\n"));
        assert!(number(&figures, "opened_ms") < OPENED_MS && bytes < BYTES, "{page:?}: {figures}, {bytes} bytes");
    }
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromium, node and npm")]
fn long_runs_stay_smooth() {
    let (found, figures) = figures(Page::Long.file(), "smooth", "");
    let bytes = fs::metadata(Page::Long.file()).expect("a page").len();
    println!("a run of {} steps: {figures}, {bytes} bytes", figures["steps"]);
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(number(&figures, "steps") >= 10_000, "{figures}");
    assert!(number(&figures, "opened_ms") < OPENED_MS && bytes < BYTES, "{figures}, {bytes} bytes");
    assert!(number(&figures, "step_ms") < 500, "{figures}");
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromium, node and npm")]
fn keys_step_through_a_run() {
    for page in [Page::Explained, Page::Stale] {
        let (found, figures) = figures(page.file(), "keys", "");
        assert!(found.is_empty(), "{page:?}:\n{}", found.join("\n"));
        assert!(number(&figures, "versions") > 0 && number(&figures, "steps") > 10, "{figures}");
        let seen = if page == Page::Stale { "stale" } else { "held" };
        assert!(number(&figures, seen) > 0, "{page:?}: {figures}");
    }
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromium, node and npm")]
fn pages_are_read_without_a_script() {
    none_wrong("withoutScript", &[Page::Explained, Page::Stale]);
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromium, node and npm")]
fn pages_are_accessible() {
    none_wrong("accessible", &PAGES);
    none_wrong("focusOrder", &PAGES);
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromium, node and npm")]
fn pages_can_be_printed() {
    none_wrong("printed", &PAGES);
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromium, node and npm")]
fn first_screens_look_as_kept() {
    for (page, name) in [(Page::Explained, "race"), (Page::Stale, "stale")] {
        browser::looks_as_kept(page.file(), name);
    }
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromium, node and npm")]
fn diagrams_are_drawn() {
    let (found, figures) = figures(Page::Explained.file(), "mermaid", made::exported("mermaid"));
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(number(&figures, "messages") > 0 && number(&figures, "notes") > 0, "{figures}");
    let broken = made::written("broken.mmd", "sequenceDiagram\n    L0->>: no receiver\n");
    assert_ne!(wrong(Page::Explained.file(), "mermaid", &broken).len(), 0, "a broken diagram is refused");
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromium, node and npm")]
fn shiviz_reads_its_log() {
    let log = made::exported("shiviz");
    let (found, figures) = browser::clocks(&log);
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(number(&figures, "hosts") > 2 && number(&figures, "met") > 10, "{figures}");
    let text = fs::read_to_string(&log).expect("a log");
    for (from, to) in [("{\"sender\":2}", "{\"sender\":3}"), ("\nsender {", "\nsender is {")] {
        assert!(text.contains(from), "{from} in {text}");
        let file = made::written("wrong.log", &text.replacen(from, to, 1));
        assert_ne!(browser::clocks(&file).0.len(), 0, "{to} is refused");
    }
}

/// Perfetto shows each lane, each state of an object, each call and each arrow that the run has by its other export.
#[test]
#[cfg_attr(not(all(browser, python)), ignore = "needs chromium, node, npm, and python3 with venv")]
fn perfetto_opens_the_trace() {
    let trace = made::exported("chrome");
    let (found, figures) = browser::traced(&trace);
    println!("in Perfetto: {figures}");
    assert!(found.is_empty(), "{}", found.join("\n"));
    let events = fs::read_to_string(made::exported("jsonl")).expect("the events");
    let events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    let of = |kind: &str| events.iter().filter(|event| event["kind"] == kind).collect::<Vec<_>>();
    let slices = |category: &str| figures["slices"][category].as_u64().unwrap_or_default();
    assert_eq!(slices("call"), of("call_sent").len() as u64, "{figures}");
    assert_eq!(slices("signal"), of("signal_sent").len() as u64, "{figures}");
    assert_eq!(slices("state"), of("call_committed").len() as u64, "{figures}");
    let moments = ["call_sent", "watch_event", "fault", "signal_arrives"].map(|kind| of(kind).len() as u64);
    assert_eq!(slices("event"), moments.iter().sum::<u64>(), "{figures}");
    assert_eq!(number(&figures, "arrows"), of("call_committed").len() as u64, "{figures}");
    let tracks = figures["tracks"].as_array().expect("tracks");
    for event in &events {
        let lane = event["lane"].as_str().expect("a lane");
        let shown = tracks.iter().any(|track| track.as_str().is_some_and(|track| track.starts_with(lane)));
        assert!(shown, "{lane} is not a track: {figures}");
    }
    let text = fs::read_to_string(&trace).expect("a trace");
    for wrong in [
        text[..text.len() / 2].to_owned(),
        text.replace("\"ts\"", "\"at\""),
        text.replace("\"ph\":\"i\"", "\"ph\":\"?\""),
        "hello\n".to_owned(),
    ] {
        let file = made::written("wrong.json", &wrong);
        assert_ne!(browser::traced(&file).0.len(), 0, "{} is refused", &wrong[..wrong.len().min(200)]);
    }
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromium, node and npm")]
fn sarif_is_what_its_types_say() {
    let log = Page::Campaign.file().with_file_name("report.sarif");
    let (found, figures) = browser::results(&log);
    assert!(found.is_empty(), "{}", found.join("\n"));
    for (name, least) in [("results", 2), ("rules", 2), ("flows", 4), ("steps", 20)] {
        assert!(number(&figures, name) >= least, "{name}: {figures}");
    }
    let text = fs::read_to_string(&log).expect("a log");
    for (from, to) in [
        ("\"exitCode\": 2", "\"exitCode\": \"2\""),
        ("\"ruleId\": \"one_active_request\"", "\"ruleId\": \"none\""),
        ("\"executionOrder\"", "\"order\""),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        let file = made::written("wrong.sarif", &text.replacen(from, to, 1));
        assert_ne!(browser::results(&file).0.len(), 0, "{to} is refused");
    }
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromium, node and npm")]
fn defects_are_found() {
    let page = fs::read_to_string(Page::Explained.file()).expect("a page");
    for (check, from, to, expected) in [
        ("opens", "<main>", "<main><p style=\"width: 3000px\">wide</p>", "the page is"),
        (
            "opens",
            "<main>",
            "<main><p style=\"width: 9px; overflow: hidden; white-space: nowrap\">unbreakable</p>",
            "text is cut",
        ),
        ("opens", "\"use strict\";", "\"use strict\"; console.error(\"out of order\");", "out of order"),
        ("opens", "<main>", "<main><img alt=\"\" src=\"https://example.invalid/a.png\">", "asks for"),
        ("keys", "k: \"-1\"", "k: \"-2\"", "k: step"),
        ("keys", "at < end; at++) lines.push", "at < end; at++) [].push", "a broken object"),
        ("withoutScript", " hidden>\n<div class=\"controls\">", ">\n<div class=\"controls\">", "a player that does"),
        ("accessible", "--soft: #5a6675", "--soft: #c0c8d0", "color-contrast"),
        ("accessible", " aria-label=\"Step of", " data-label=\"Step of", "label: <input"),
        ("focusOrder", ":focus-visible {", "* { outline: none !important; } .none {", "is not seen"),
        ("printed", "  .player { display: none; }\n", "", "is printed"),
    ] {
        assert!(page.contains(from), "{from}");
        let file = made::written("defect.html", &page.replace(from, to));
        let found = wrong(&file, check, "").join("\n");
        assert!(found.contains(expected), "{check} with {to}: {found}");
    }
}
