//! Trace events as Perfetto and `chrome://tracing` read them ("Trace Event Format", JSON object form).
//!
//! Each lane is a thread. Signals and calls are asynchronous events, since a replica has several at a time; the state
//! of an object is a complete event that lasts until its next commit; an arrow leads from a call to its commit.
use super::spans;
use crate::timeline::{Entry, Happening, LaneKind, ObjectState, Timeline};
use serde_json::{Value, json};

/// Process of a lane: viewers show one group per process.
const fn process(kind: LaneKind) -> u32 {
    match kind {
        LaneKind::Sender => 1,
        LaneKind::Replica => 2,
        LaneKind::Actor => 3,
        LaneKind::Object => 4,
    }
}

const PROCESSES: [&str; 4] = ["senders", "replicas", "other actors", "objects"];

/// The timeline as one JSON object. Times are microseconds of simulated time.
pub fn render(timeline: &Timeline) -> String {
    let mut events: Vec<Value> = Vec::new();
    for (number, name) in (1_u32..).zip(PROCESSES) {
        events.push(json!({ "name": "process_name", "ph": "M", "pid": number, "args": { "name": name } }));
    }
    for (number, lane) in timeline.lanes.iter().enumerate() {
        let (pid, args) = (process(lane.kind), json!({ "name": lane.name }));
        events.push(json!({ "name": "thread_name", "ph": "M", "pid": pid, "tid": number, "args": args }));
    }
    let pid = |lane: usize| timeline.lanes.get(lane).map_or(0, |lane| process(lane.kind));
    for span in spans::of(timeline) {
        let status = span.status.map_or(json!("none"), |status| json!(status));
        let args = json!({ "answer": status, "ended": span.ended, "evidence": span.critical });
        let (category, id) = (span.kind.text(), format!("{}-{}", span.kind.text(), span.number));
        for (phase, at) in [("b", span.begin_us), ("e", span.end_us)] {
            events.push(json!({
                "name": span.name, "cat": category, "ph": phase, "id": id, "ts": at,
                "pid": pid(span.lane), "tid": span.lane, "args": args,
            }));
        }
    }
    for (position, entry) in timeline.entries.iter().enumerate() {
        let pid = pid(entry.lane);
        match &entry.what {
            Happening::CallCommitted { call, revision, state, .. } => {
                events.push(state_of(timeline, position, (*revision, *state), pid));
                events.push(arrow("f", *call, entry, pid));
            }
            Happening::CallSent { call, .. } => events.push(arrow("s", *call, entry, pid)),
            Happening::WatchEvent | Happening::Fault | Happening::SignalArrives { .. } => events.push(json!({
                "name": entry.text, "cat": "event", "ph": "i", "s": "t", "ts": entry.at_us, "pid": pid,
                "tid": entry.lane, "args": { "evidence": entry.critical },
            })),
            _ => {}
        }
    }
    let trace = json!({ "displayTimeUnit": "ms", "traceEvents": events });
    format!("{trace}\n")
}

/// The object's state from this commit until its next one.
fn state_of(timeline: &Timeline, position: usize, (revision, state): (u64, ObjectState), pid: u32) -> Value {
    let entry = &timeline.entries[position];
    let later = || timeline.entries[position + 1..].iter();
    let same = |other: &&Entry| other.lane == entry.lane && matches!(other.what, Happening::CallCommitted { .. });
    let end = later().find(same).or_else(|| later().last()).map_or(entry.at_us, |other| other.at_us);
    let end = if state == ObjectState::Gone { entry.at_us } else { end };
    json!({
        "name": entry.text, "cat": "state", "ph": "X", "ts": entry.at_us, "dur": end - entry.at_us, "pid": pid,
        "tid": entry.lane, "args": { "revision": revision, "evidence": entry.critical },
    })
}

fn arrow(phase: &str, call: u64, entry: &Entry, pid: u32) -> Value {
    json!({
        "name": "commit", "cat": "commit", "ph": phase, "bp": "e", "id": call, "ts": entry.at_us, "pid": pid,
        "tid": entry.lane,
    })
}
