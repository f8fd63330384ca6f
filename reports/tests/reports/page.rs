//! Content that the page must have, whatever its layout.
use crate::race;
use reports::{RunReport, html, report::Neighbour};

fn count(page: &str, text: &str) -> usize {
    page.matches(text).count()
}

#[test]
fn the_page_needs_no_network() {
    let page = html::render(&race::violated());
    let namespace = r#"xmlns="http://www.w3.org/2000/svg""#;
    let elsewhere = page.replace(namespace, "");
    for reference in ["http:", "https:", "//cdn", "<link", "<img", " src=", "url(", "@import"] {
        assert_eq!(count(&elsewhere, reference), 0, "{reference} refers to something outside");
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
        "<svg".to_owned(),
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
    assert_eq!(count(&page, r#"<circle class="ring""#), evidence);
    assert_eq!(count(&page, r#"<span class="ring-number">"#), evidence);
    assert_eq!(count(&page, r#"<tr class="critical">"#), evidence);
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
    assert_eq!(count(&drawing, r#"<line class="late""#), 1);
    assert_eq!(count(&drawing, r#"<line class="to-commit""#), 4);
    assert_eq!(count(&drawing, r#"<circle class="commit""#), 5);
}

#[test]
fn steps_that_do_not_fit_are_counted() {
    let mut timeline = race::timeline();
    let filler = timeline.entries[5].clone();
    timeline.entries.splice(5..5, std::iter::repeat_n(filler, 500));
    let drawing = html::swim_lanes(&timeline, "");
    assert_eq!(count(&drawing, r#"<circle class="ring""#), 2);
    let hidden: usize = drawing
        .lines()
        .filter_map(|line| line.split_once(">⋯ ")?.1.strip_suffix("</text>")?.parse::<usize>().ok())
        .sum();
    assert!((480..528).contains(&hidden), "{hidden} steps are not shown");
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
    assert_eq!(count(&page, "<svg"), 2);
    assert!(page.contains("The create commits before the lease expires."));
}

#[test]
fn a_page_without_failures_says_what_was_checked() {
    let page = html::render(&race::held());
    assert_eq!((count(&page, "<article>"), count(&page, "<svg")), (0, 0));
    assert!(page.contains("<h1>Every invariant held in 4,800 runs of 2 scenarios.</h1>"));
    let empty = RunReport { scenarios: Vec::new(), runs: 0, ..race::held() };
    assert!(!html::render(&empty).contains("What was checked"));
}
