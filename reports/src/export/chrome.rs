//! Trace events as Perfetto and `chrome://tracing` read them ("Trace Event Format", JSON object form).
//!
//! Senders, replicas and other actors are processes; all objects are threads of one. Signals and calls are asynchronous
//! events of their process, since a replica has several at a time; the state of an object is a complete event that
//! lasts until its next commit; an arrow leads from a call to its commit. An arrow must begin in an event of a thread,
//! and an asynchronous event is not one: so the moment at which a call is sent is an event too.
use super::spans;
use crate::timeline::{Entry, Happening, LaneKind, ObjectState, Timeline};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The timeline as one JSON object. Times are microseconds of simulated time.
pub fn render(timeline: &Timeline) -> String {
    let mut events: Vec<Value> = Vec::new();
    let shared = objects(timeline);
    events.push(json!({ "name": "process_name", "ph": "M", "pid": shared, "args": { "name": "objects" } }));
    for (number, lane) in timeline.lanes.iter().enumerate() {
        let (pid, tid, args) = (process(timeline, number), thread(number), json!({ "name": lane.name }));
        if pid != shared {
            events.push(json!({ "name": "process_name", "ph": "M", "pid": pid, "args": args }));
        }
        events.push(json!({ "name": "thread_name", "ph": "M", "pid": pid, "tid": tid, "args": args }));
    }
    let pid = |lane| process(timeline, lane);
    for span in spans::of(timeline) {
        let status = span.status.map_or(json!("none"), |status| json!(status));
        let args = json!({ "answer": status, "ended": span.ended, "evidence": span.critical });
        let (category, id) = (span.kind.text(), format!("{}-{}", span.kind.text(), span.number));
        for (phase, at) in [("b", span.begin_us), ("e", span.end_us)] {
            events.push(json!({
                "name": span.name, "cat": category, "ph": phase, "id2": { "local": id }, "ts": at,
                "pid": pid(span.lane), "tid": thread(span.lane), "args": args,
            }));
        }
    }
    let arrows = arrows(timeline);
    for (position, entry) in timeline.entries.iter().enumerate() {
        let pid = pid(entry.lane);
        match &entry.what {
            Happening::CallCommitted { call, revision, state, .. } => {
                events.push(state_of(timeline, position, (*revision, *state), pid));
                events.extend(arrows.contains(call).then(|| arrow("f", *call, entry, pid)));
            }
            Happening::CallSent { call, .. } => {
                events.push(moment(entry, pid));
                events.extend(arrows.contains(call).then(|| arrow("s", *call, entry, pid)));
            }
            Happening::WatchEvent | Happening::Fault | Happening::SignalArrives { .. } => {
                events.push(moment(entry, pid));
            }
            _ => {}
        }
    }
    let trace = json!({ "displayTimeUnit": "ms", "traceEvents": events });
    format!("{trace}\n")
}

/// The process that all objects share.
const fn objects(timeline: &Timeline) -> usize {
    timeline.lanes.len() + 1
}

/// The process of a lane. Viewers show one group per process.
fn process(timeline: &Timeline, lane: usize) -> usize {
    let object = timeline.lanes.get(lane).is_some_and(|lane| lane.kind == LaneKind::Object);
    if object { objects(timeline) } else { thread(lane) }
}

/// The thread of a lane. Viewers take thread 0 for the idle one.
const fn thread(lane: usize) -> usize {
    lane + 1
}

/// An event without a duration.
fn moment(entry: &Entry, pid: usize) -> Value {
    json!({
        "name": entry.text, "cat": "event", "ph": "i", "s": "t", "ts": entry.at_us, "pid": pid,
        "tid": thread(entry.lane), "args": { "evidence": entry.critical },
    })
}

/// The object's state from this commit until its next one.
fn state_of(timeline: &Timeline, position: usize, (revision, state): (u64, ObjectState), pid: usize) -> Value {
    let entry = &timeline.entries[position];
    let later = || timeline.entries[position + 1..].iter();
    let same = |other: &&Entry| other.lane == entry.lane && matches!(other.what, Happening::CallCommitted { .. });
    let end = later().find(same).or_else(|| later().last()).map_or(entry.at_us, |other| other.at_us);
    let end = if state == ObjectState::Gone { entry.at_us } else { end };
    json!({
        "name": entry.text, "cat": "state", "ph": "X", "ts": entry.at_us, "dur": end - entry.at_us, "pid": pid,
        "tid": thread(entry.lane), "args": { "revision": revision, "evidence": entry.critical },
    })
}

/// The calls of which both ends of an arrow are in the timeline: those that were sent and took effect.
fn arrows(timeline: &Timeline) -> BTreeSet<u64> {
    let calls = |end: fn(&Happening) -> Option<u64>| -> BTreeSet<u64> {
        timeline.entries.iter().filter_map(|entry| end(&entry.what)).collect()
    };
    let sent = calls(|what| if let Happening::CallSent { call, .. } = what { Some(*call) } else { None });
    let committed = calls(|what| if let Happening::CallCommitted { call, .. } = what { Some(*call) } else { None });
    sent.intersection(&committed).copied().collect()
}

fn arrow(phase: &str, call: u64, entry: &Entry, pid: usize) -> Value {
    json!({
        "name": "commit", "cat": "commit", "ph": phase, "bp": "e", "id": call, "ts": entry.at_us, "pid": pid,
        "tid": thread(entry.lane),
    })
}
