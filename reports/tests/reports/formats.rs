//! What each format looks like, and what must be in it whatever it looks like.
use crate::race;
use insta::assert_snapshot;
use model::Verdict;

use reports::{RunReport, github, html, json, junit, text};

#[test]
fn text_tells_a_violation_on_one_screen() {
    let text = text::render(&race::violated());
    assert_snapshot!(text);
    let failure = text.lines().skip_while(|line| !line.starts_with("1. "));
    assert!(failure.count() <= 15, "a failure fits in 15 lines");
}

#[test]
fn text_tells_what_was_tried() {
    assert_snapshot!(text::render(&race::held()));
}

#[test]
fn text_draws_the_whole_timeline() {
    assert_snapshot!(text::timeline(&race::timeline()));
}

#[test]
fn json_follows_the_schema() {
    assert_snapshot!(json::render(&race::violated()));
}

#[test]
fn json_is_read_back_unchanged() {
    for report in [race::violated(), race::held()] {
        assert_eq!(json::parse(&json::render(&report)).expect("it was just written"), report);
    }
}

#[test]
fn junit_has_a_case_per_scenario() {
    let report =
        RunReport { unmet: vec!["fault \"watch lag\" was never delivered in burst".to_owned()], ..race::violated() };
    assert_snapshot!(junit::render(&report));
}

#[test]
fn junit_does_not_pass_the_undecided() {
    let mut report = race::held();
    report.scenarios[0].verdict = Verdict::Inconclusive;
    let xml = junit::render(&report);
    assert!(xml.contains(r#"errors="1""#) && xml.contains(r#"<error message="a check never ran"#), "{xml}");
}

#[test]
fn github_annotates_the_replay_file() {
    let report = RunReport { unmet: vec!["crash was never delivered".to_owned()], ..race::violated() };
    assert_snapshot!(github::render(&report));
}

#[test]
fn drawing_is_the_same_bytes() {
    let drawing = html::swim_lanes(&race::timeline(), "two active requests");
    assert_eq!(drawing, html::swim_lanes(&race::timeline(), "two active requests"));
    assert_snapshot!(drawing);
}

#[test]
fn text_has_the_tables_of_other_verbs() {
    assert_snapshot!(text::render(&race::tabular()));
}

#[test]
fn one_story_is_told_per_invariant() {
    let mut report = race::violated();
    let mut larger = report.failures[0].clone();
    larger.scenario = "burst-100".to_owned();
    larger.choices += 1;
    let mut smaller = larger.clone();
    smaller.scenario = "pair".to_owned();
    smaller.choices = 1;
    report.failures = vec![report.failures[0].clone(), larger, smaller];
    let text = text::render(&report);
    assert_eq!(text.matches("   again   ").count(), 1);
    assert!(text.contains("· pair, ") && text.contains("also    in burst-100, holder-crash"), "{text}");
}
