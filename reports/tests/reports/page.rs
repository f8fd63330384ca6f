//! Content that the page must have, whatever its layout.
use crate::race;
use reports::{
    Behind, Belief, Copied, RunReport, Version, View, html,
    report::{Confidence, Neighbour, Odds, ScenarioConfidence, Smallest},
};
use serde_json::json;

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
        format!(r#"<h1 id="cause-1">{}</h1>"#, report.failures[0].sentence),
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
    assert_eq!(count(&page, r#"<b class="ring">"#), evidence + 1, "and one in the legend");
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
    assert_eq!(count(&page, r#"<details class="run""#), 1, "it was found as small as it is");
    report.failures[0].timeline.as_mut().expect("a timeline").entries[0].text.push_str(" again");
    let page = html::render(&report);
    assert_eq!(count(&page, r#"<details class="run""#), 2);
    assert_eq!(count(&page, "<article "), 1, "one section for one cause");
    let places = [format!(r#"<h1 id="cause-1">{because}</h1>"#), "smallest.replay".to_owned(), "It fails".to_owned()];
    let places = places.map(|text| page.find(&text).unwrap_or_else(|| panic!("no {text} in the page")));
    let found = page.find("reply_tells_truth fails too").expect("what follows");
    assert!(places.is_sorted() && places[2] < found);
    assert!(page.contains("10 % fail from the beginning and 100 % at the violation"));
    assert_eq!(count(&page, r#"<span class="odd jump""#), 1);
}

#[test]
fn a_page_without_failures_says_what_was_checked() {
    let page = html::render(&race::held());
    assert_eq!((count(&page, "<article "), count(&page, r#"<table class="lanes""#)), (0, 0));
    assert!(page.contains("<h1>Every invariant held in 4,800 runs of 2 scenarios.</h1>"));
    let empty = RunReport { scenarios: Vec::new(), runs: 0, ..race::held() };
    assert!(!html::render(&empty).contains("What was checked"));
}

#[test]
fn objects_are_listed_by_version() {
    let mut report = race::violated();
    let timeline = report.failures[0].timeline.as_mut().expect("a timeline");
    let lease = |holder: &str| json!({"kind": "Lease", "spec": {"holderIdentity": holder, "note": "</script>"}});
    let version = |entry, object| Version { lane: 3, entry, object };
    timeline.versions =
        vec![version(3, Some(lease("gateway-0"))), version(16, Some(lease("gateway-1"))), version(20, None)];
    timeline.views = vec![View { lane: 1, from: 5, object: 3, version: Some(0) }];
    let page = html::render(&report);
    assert_eq!(count(&page, r#"<li data-lane="3""#), 3);
    assert!(page.contains("-   holderIdentity: gateway-0\n+   holderIdentity: gateway-1\n"), "{page}");
    assert!(page.contains("created at step 4, ") && page.contains("deleted at step 21, "), "{page}");
    assert!(page.contains(r#""views":[[1,5,3,0]]"#));
    assert_eq!(count(&page, "</script>"), 2, "no text of a run ends a script");
}

#[test]
fn copies_are_hatched_while_they_are_behind() {
    let mut timeline = race::timeline();
    let behind = vec![Behind { from: 3, writes: 1 }, Behind { from: 5, writes: 0 }];
    timeline.copies = vec![Copied { name: "watch of replica 1: Lease".to_owned(), behind }];
    let drawing = html::swim_lanes(&timeline, "");
    assert_eq!(count(&drawing, r#"<td class="cell copy behind"><i>1</i></td>"#), 2);
    assert!(drawing.contains(r#"<b class="copy">C1</b> watch of replica 1: Lease"#), "{drawing}");
    timeline.copies[0].behind.clear();
    assert_eq!(count(&html::swim_lanes(&timeline, ""), "copy"), 0, "it was never behind");
}

#[test]
fn a_mistaken_holder_is_marked() {
    let mut timeline = race::timeline();
    let takes_over = timeline.entries.iter().position(|entry| entry.text == "held by gateway-1").expect("a takeover");
    timeline.beliefs = vec![Belief { lane: 1, from: 4, until: None }];
    let drawing = html::swim_lanes(&timeline, "");
    let rows: Vec<&str> = drawing.lines().filter(|line| line.contains("data-step=")).collect();
    let mistaken = |index: usize| {
        let row = rows.iter().find(|row| row.contains(&format!(r#"data-step="{index}""#))).expect("a row");
        row.contains(" mistaken")
    };
    assert!(
        !mistaken(takes_over - 1) && mistaken(takes_over) && drawing.contains(r#"<i class="holder">1</i>"#),
        "{drawing}"
    );
}

#[test]
fn the_first_to_break_is_the_first_cause() {
    let mut report = race::violated();
    let mut consequence = report.failures[0].clone();
    consequence.invariant = "no_foreign_release".to_owned();
    consequence.broke_first = Some("one_active_request".to_owned());
    report.failures.insert(0, consequence);
    let page = html::render(&report);
    let cause = |number: usize| page.split(&format!(r##"href="#cause-{number}">"##)).nth(1).expect("a cause");
    assert!(cause(1).contains("one_active_request") && cause(2).starts_with(&report.failures[0].sentence));
    assert!(!cause(2).split("</nav>").next().expect("text").contains("one_active_request"), "{page}");
}

#[test]
fn a_campaign_shows_what_it_covered() {
    let mut report = race::violated();
    let cells = vec![("create requests, crash, none".to_owned(), 7), ("get leases, 503, Pending".to_owned(), 1)];
    let scenario = report.scenarios[0].name.clone();
    let scenarios =
        vec![ScenarioConfidence { scenario, new_per_thousand: 12.0, cells, cells_not_reached: 6, bound: None }];
    report.confidence = Some(Confidence { says: String::new(), scenarios });
    let page = html::render(&report);
    assert_eq!(count(&page, r#"<th scope="row">"#), report.scenarios.len());
    assert!(page.contains("<td class=\"failed dark-1\">37</td>") && page.contains("2 of 8"), "{page}");
    assert_eq!(count(&page, r#"<td class="figure unreached">"#), 2, "two calls with one phase each, of two");
}
