//! A timeline in the formats of other programs: what these programs need of it.
use crate::race;
use reports::{
    Happening, LaneKind, RunReport,
    export::{chrome, jsonl, mermaid, otlp, shiviz},
    github,
    report::Smallest,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn chrome_events_begin_and_end() {
    let (timeline, trace) = (race::timeline(), parsed(&chrome::render(&race::timeline())));
    let events = trace["traceEvents"].as_array().expect("events");
    let mut open: BTreeMap<&str, u64> = BTreeMap::new();
    let mut closed = 0;
    for event in events {
        match event["ph"].as_str().expect("a phase") {
            "b" => {
                _ = open.insert(event["id2"]["local"].as_str().expect("an id"), event["ts"].as_u64().expect("a time"))
            }
            "e" => {
                let began = open.remove(event["id2"]["local"].as_str().expect("an id")).expect("it began");
                assert!(event["ts"].as_u64().expect("a time") >= began, "{event}");
                closed += 1;
            }
            "X" => assert!(event["dur"].as_u64().is_some() && event["args"]["revision"].is_u64(), "{event}"),
            phase => assert!(["M", "i", "s", "f"].contains(&phase), "{event}"),
        }
    }
    let calls = timeline.entries.iter().filter(|entry| matches!(entry.what, Happening::CallSent { .. })).count();
    let signals = timeline.entries.iter().filter(|entry| matches!(entry.what, Happening::SignalSent { .. })).count();
    assert_eq!((open.len(), closed), (0, calls + signals));
    let arrows = |phase: &str| events.iter().filter(|event| event["ph"] == phase).count();
    assert!(arrows("s") > 0 && arrows("s") == arrows("f"), "every arrow has both ends");
    let named = events.iter().filter(|event| event["name"] == "thread_name").count();
    assert_eq!(named, timeline.lanes.len());
}

#[test]
fn chrome_states_of_one_object_do_not_overlap() {
    let trace = parsed(&chrome::render(&race::timeline()));
    let mut free_from: BTreeMap<u64, u64> = BTreeMap::new();
    for event in trace["traceEvents"].as_array().expect("events").iter().filter(|event| event["ph"] == "X") {
        let number = |name: &str| event[name].as_u64().expect("a number");
        let free = free_from.insert(number("tid"), number("ts") + number("dur"));
        assert!(free.is_none_or(|free| free <= number("ts")), "{event}");
    }
    assert!(free_from.len() >= 3, "a lease and two requests");
}

#[test]
fn lines_name_their_lanes() {
    let (timeline, text) = (race::timeline(), jsonl::render(&race::timeline()));
    let lines: Vec<Value> = text.lines().map(parsed).collect();
    assert_eq!(lines.len(), timeline.entries.len());
    for (line, entry) in lines.iter().zip(&timeline.entries) {
        assert_eq!(line["lane"], *timeline.lanes[entry.lane].name);
        assert_eq!((line["at_us"].as_u64(), &line["text"]), (Some(entry.at_us), &Value::from(&*entry.text)));
    }
}

#[test]
fn otlp_spans_are_one_trace() {
    let export = parsed(&otlp::render(&race::timeline(), 1_000_000_000, 0xabcd));
    let resources = export["resourceSpans"].as_array().expect("resources");
    let spans: Vec<&Value> =
        resources.iter().flat_map(|resource| resource["scopeSpans"][0]["spans"].as_array().expect("spans")).collect();
    let ids: BTreeSet<&str> = spans.iter().map(|span| span["spanId"].as_str().expect("an id")).collect();
    assert_eq!(ids.len(), spans.len(), "every span has an id of its own");
    let roots: Vec<&&Value> = spans.iter().filter(|span| span["parentSpanId"].is_null()).collect();
    assert!(roots.len() == 1 && roots[0]["name"] == "run", "{roots:?}");
    for span in &spans {
        assert_eq!(span["traceId"], format!("{:032x}", 0xabcd));
        let time = |name: &str| span[name].as_str().and_then(|text| text.parse::<u64>().ok()).expect("a time");
        assert!((1_000_000_000..time("endTimeUnixNano")).contains(&time("startTimeUnixNano")), "{span}");
    }
    let slow = spans.iter().find(|span| span["name"] == "create rr-…-8c41d2aa").expect("the slow create");
    assert_eq!((&slow["status"]["code"], &slow["events"][0]["name"]), (&2.into(), &"request delayed".into()));
}

#[test]
fn shiviz_clocks_order_calls_and_commits() {
    let (timeline, text) = (race::timeline(), shiviz::render(&race::timeline()));
    let (head, log) = text.split_once("\n\n").expect("an expression, then the log");
    assert!(["(?<host>", "(?<clock>", "(?<event>"].iter().all(|group| head.contains(group)), "{head}");
    let lines: Vec<&str> = log.lines().collect();
    let clock = |index: usize| -> BTreeMap<String, u64> {
        let (host, clock) = lines[2 * index].split_once(' ').expect("a host and a clock");
        assert!(!host.is_empty() && parsed(clock)[host].is_u64(), "a host knows itself: {clock}");
        serde_json::from_str(clock).expect("a clock")
    };
    let at_most = |one: &BTreeMap<String, u64>, other: &BTreeMap<String, u64>| {
        one.iter().all(|(host, time)| other.get(host).is_some_and(|known| known >= time))
    };
    let find = |wanted: &dyn Fn(&Happening) -> bool| timeline.entries.iter().position(|entry| wanted(&entry.what));
    let sent = find(&|what| matches!(what, Happening::CallSent { call: 7, .. })).expect("sent");
    let commit = find(&|what| matches!(what, Happening::CallCommitted { call: 7, .. })).expect("a commit");
    let answer = find(&|what| matches!(what, Happening::CallAnswered { call: 7, .. })).expect("an answer");
    assert!(at_most(&clock(sent), &clock(commit)) && at_most(&clock(commit), &clock(answer)));
    let other = find(&|what| matches!(what, Happening::CallCommitted { call: 3, .. })).expect("a commit");
    assert!(!at_most(&clock(commit), &clock(other)) && !at_most(&clock(other), &clock(commit)), "they are concurrent");
}

#[test]
fn diagrams_show_the_evidence() {
    let mut timeline = race::timeline();
    timeline.pair = vec![3, 5];
    let text = mermaid::render(&timeline);
    assert_eq!((text.matches(" (A)").count(), text.matches(" (B)").count()), (1, 1), "{text}");
    let evidence = timeline.entries.iter().filter(|entry| entry.critical).count();
    assert_eq!(text.matches('◀').count(), evidence);
    let objects = timeline.lanes.iter().filter(|lane| lane.kind == LaneKind::Object).count();
    assert!(text.starts_with("sequenceDiagram\n") && text.matches("    participant ").count() <= objects, "{text}");
    assert!(text.lines().skip(1).all(|line| line.starts_with("    ")) && !text.contains(';'), "{text}");
}

#[test]
fn summaries_draw_the_failure() {
    let summary = github::summary(&race::violated());
    assert!(summary.contains("```mermaid\nsequenceDiagram\n"), "{summary}");
    let mut small = race::violated();
    let timeline = small.failures[0].timeline.take();
    let because = "The lease was taken over.".to_owned();
    small.failures[0].smallest = Some(Smallest { because, timeline, ..Smallest::default() });
    let summary = github::summary(&small);
    assert!(summary.contains("| The lease was taken over. |") && summary.contains("sequenceDiagram"), "{summary}");
    let mut without: RunReport = race::violated();
    without.failures.iter_mut().for_each(|failure| failure.timeline = None);
    assert!(!github::summary(&without).contains("mermaid"));
}
