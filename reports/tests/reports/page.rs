//! Content that the page must have, whatever its layout.
use crate::race;
use reports::{
    RunReport, html,
    report::{Neighbour, Odds, Smallest},
};

fn count(page: &str, text: &str) -> usize {
    page.matches(text).count()
}

#[test]
fn the_page_needs_no_network() {
    let page = html::render(&race::violated());
    for reference in ["http:", "https:", "//cdn", "<link", "<img", " src=", "url(", "@import"] {
        assert_eq!(count(&page, reference), 0, "{reference} refers to something outside");
    }
}

#[test]
fn the_sentence_and_the_replay_come_first() {
    let report = race::violated();
    let page = html::render(&report);
    let [sentence, rule, replay, drawing, table] = [
        format!("<h1>{}</h1>", report.failures[0].sentence),
        "<code>one_active_request</code> at every commit".to_owned(),
        format!("<code>{}</code>", report.failures[0].replay),
        r#"<table class="lanes""#.to_owned(),
        "<h2>What was checked</h2>".to_owned(),
    ]
    .map(|text| page.find(&text).unwrap_or_else(|| panic!("no {text} in the page")));
    assert!([sentence, rule, replay, drawing, table].is_sorted());
}

#[test]
fn every_piece_of_evidence_is_ringed() {
    let page = html::render(&race::violated());
    let evidence = race::timeline().entries.iter().filter(|entry| entry.critical).count();
    assert_eq!(evidence, 2);
    assert_eq!(count(&page, r#"<b class="ring">"#), evidence);
    assert_eq!(count(&page, r#"<span class="ring-number">"#), evidence);
    assert_eq!(count(&page, r#"<tr class="critical">"#), evidence, "in the table of steps");
}

#[test]
fn every_step_is_in_the_table() {
    let page = html::render(&race::violated());
    let steps = page.split_once(r#"<table class="steps">"#).and_then(|(_, rest)| rest.split_once("</table>"));
    let (steps, _) = steps.expect("a table of steps");
    assert_eq!(count(steps, "<tr"), race::timeline().entries.len() + 1);
}

#[test]
fn a_late_commit_is_drawn_as_one() {
    let drawing = html::swim_lanes(&race::timeline(), "");
    assert_eq!(count(&drawing, "its caller had stopped waiting"), 1);
    assert_eq!(count(&drawing, r#"<i class="mark commit">"#), 5);
}

#[test]
fn steps_that_do_not_fit_are_counted() {
    let mut timeline = race::timeline();
    let filler = timeline.entries[5].clone();
    timeline.entries.splice(5..5, std::iter::repeat_n(filler, 500));
    let drawing = html::swim_lanes(&timeline, "");
    assert_eq!(count(&drawing, r#"<b class="ring">"#), 2);
    let hidden: usize =
        drawing.lines().filter_map(|line| line.split_once(">⋯ ")?.1.split(' ').next()?.parse::<usize>().ok()).sum();
    assert!((465..528).contains(&hidden), "{hidden} steps are not shown");
}

#[test]
fn no_description_is_cut() {
    let mut timeline = race::timeline();
    let long = "create ".repeat(60);
    timeline.entries[3].text.clone_from(&long);
    timeline.pair = vec![3, 5];
    let drawing = html::swim_lanes(&timeline, "");
    assert!(drawing.contains(&long), "{drawing}");
    assert_eq!(count(&drawing, r#"<b class="pair-ring">"#), 2);
}

#[test]
fn text_from_a_run_is_escaped() {
    let mut report = race::violated();
    let trap = r#"<script>alert("&")</script>"#;
    report.failures[0].sentence = trap.to_owned();
    report.failures[0]
        .timeline
        .as_mut()
        .expect("a timeline")
        .entries
        .iter_mut()
        .for_each(|entry| entry.text = trap.to_owned());
    assert_eq!(count(&html::render(&report), "<script>alert"), 0);
}

#[test]
fn the_passing_neighbour_is_drawn_beside() {
    let mut report = race::violated();
    let difference = "The create commits before the lease expires.".to_owned();
    report.failures[0].neighbour = Some(Neighbour { difference, timeline: race::timeline() });
    let page = html::render(&report);
    assert_eq!(count(&page, r#"<table class="lanes""#), 2);
    assert!(page.contains("The create commits before the lease expires."));
}

#[test]
fn the_smallest_run_comes_first() {
    let mut report = race::violated();
    let because = "Replica 0 created a second one because its create came late.".to_owned();
    let odds = |failed| Odds { choices: failed, step: "the start".to_owned(), failed, of: 20 };
    report.failures[0].smallest = Some(Smallest {
        because: because.clone(),
        replay: "lockstep replay smallest.replay".to_owned(),
        timeline: Some(race::timeline()),
        odds: vec![odds(2), odds(20)],
        jump: Some(1),
        ..Smallest::default()
    });
    let mut other = report.failures[0].clone();
    (other.invariant, other.explained_by) = ("reply_tells_truth".to_owned(), Some("one_active_request".to_owned()));
    report.failures.push(other);
    let page = html::render(&report);
    assert_eq!(count(&page, "<article>"), 1, "one section for one cause");
    let places = [format!("<h1>{because}</h1>"), "smallest.replay".to_owned(), "It fails".to_owned()];
    let places = places.map(|text| page.find(&text).unwrap_or_else(|| panic!("no {text} in the page")));
    let found = page.find("reply_tells_truth fails too").expect("what follows");
    assert!(places.is_sorted() && places[2] < found);
    assert!(page.contains("10 % fail from the beginning and 100 % at the violation"));
    assert_eq!(count(&page, r#"<span class="odd jump""#), 1);
}

#[test]
fn a_page_without_failures_says_what_was_checked() {
    let page = html::render(&race::held());
    assert_eq!((count(&page, "<article>"), count(&page, r#"<table class="lanes""#)), (0, 0));
    assert!(page.contains("<h1>Every invariant held in 4,800 runs of 2 scenarios.</h1>"));
    let empty = RunReport { scenarios: Vec::new(), runs: 0, ..race::held() };
    assert!(!html::render(&empty).contains("What was checked"));
}
