//! Spans in OpenTelemetry's JSON encoding (OTLP/JSON 1.x), as `otel-collector`'s file receiver and Jaeger read it.
//!
//! Each lane is a service. Signals, calls and the absence of a replica are spans of one trace, below a span for the
//! whole run; faults and watch events are events of the span that was under way on their lane.
use super::spans::{self, Span, SpanKind};
use crate::timeline::{Entry, Happening, Timeline};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Codes of OTLP: kinds of spans, and the status of a failed one.
const CLIENT: u32 = 3;
const INTERNAL: u32 = 1;
const FAILED: u32 = 2;

/// The timeline as one JSON object. `began_ns` is the moment at which the run began, in nanoseconds of the Unix epoch;
/// `run` is any number that tells this run from others, such as the hash of its trace.
pub fn render(timeline: &Timeline, began_ns: u64, run: u64) -> String {
    let spans = spans::of(timeline);
    let trace = format!("{run:032x}");
    let last = timeline.entries.iter().map(|entry| entry.at_us).max().unwrap_or(0);
    // No span ends after the one that it is part of.
    let root = json!({
        "traceId": trace, "spanId": id(0), "name": "run", "kind": INTERNAL,
        "startTimeUnixNano": nanoseconds(began_ns, 0), "endTimeUnixNano": end(began_ns, last, last),
    });
    let mut of_lane: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
    for (number, span) in (1_u64..).zip(&spans) {
        let events = timeline.entries.iter().filter(|entry| is_event_of(entry, span, &spans));
        let events: Vec<Value> = events.map(|entry| event(entry, began_ns)).collect();
        let mut written = json!({
            "traceId": trace,
            "spanId": id(number),
            "parentSpanId": id(0),
            "name": span.name,
            "kind": if matches!(span.kind, SpanKind::Signal | SpanKind::Call) { CLIENT } else { INTERNAL },
            "startTimeUnixNano": nanoseconds(began_ns, span.begin_us),
            "endTimeUnixNano": end(began_ns, span.begin_us, span.end_us),
            "attributes": attributes(span),
            "events": events,
        });
        let answered = !matches!(span.kind, SpanKind::Signal | SpanKind::Call) || span.status.is_some();
        if !answered || span.status.is_some_and(|status| status >= 400) {
            written["status"] = json!({ "code": FAILED });
        }
        of_lane.entry(span.lane).or_default().push(written);
    }
    let service = |name: &str, spans: Vec<Value>| {
        json!({
            "resource": { "attributes": [attribute("service.name", &json!({ "stringValue": name }))] },
            "scopeSpans": [{ "scope": { "name": "lockstep" }, "spans": spans }],
        })
    };
    let lanes = of_lane.into_iter().map(|(lane, spans)| {
        let name = timeline.lanes.get(lane).map_or("unknown", |lane| lane.name.as_str());
        service(name, spans)
    });
    let resources: Vec<Value> = std::iter::once(service("run", vec![root])).chain(lanes).collect();
    format!("{}\n", json!({ "resourceSpans": resources }))
}

/// The id of a span. That of the whole run has number 0; no id consists of zeros.
fn id(number: u64) -> String {
    format!("{:016x}", number + 1)
}

fn attributes(span: &Span<'_>) -> Vec<Value> {
    let number = json!({ "intValue": span.number.to_string() });
    let mut attributes = vec![attribute(&format!("lockstep.{}", span.kind.text()), &number)];
    attributes.push(attribute("lockstep.evidence", &json!({ "boolValue": span.critical })));
    if let Some(status) = span.status {
        attributes.push(attribute("http.response.status_code", &json!({ "intValue": status.to_string() })));
    }
    attributes
}

fn attribute(key: &str, value: &Value) -> Value {
    json!({ "key": key, "value": value })
}

/// Whether an entry is an event of this span: of the spans under way on its lane, the last one begun.
fn is_event_of(entry: &Entry, span: &Span<'_>, spans: &[Span<'_>]) -> bool {
    if !matches!(entry.what, Happening::Fault | Happening::WatchEvent | Happening::SignalArrives { .. }) {
        return false;
    }
    let around = |span: &&Span<'_>| span.lane == entry.lane && (span.begin_us..=span.end_us).contains(&entry.at_us);
    spans.iter().rfind(around).is_some_and(|last| std::ptr::eq(last, span))
}

fn event(entry: &Entry, began_ns: u64) -> Value {
    json!({ "timeUnixNano": nanoseconds(began_ns, entry.at_us), "name": entry.text })
}

/// End of a span. Viewers take a span without a duration for a mistake, so each lasts a nanosecond at least.
fn end(began_ns: u64, begin_us: u64, end_us: u64) -> String {
    let at_once = end_us <= begin_us;
    (began_ns + end_us * 1_000 + u64::from(at_once)).to_string()
}

/// A moment as OTLP has it: nanoseconds in a string.
fn nanoseconds(began_ns: u64, at_us: u64) -> String {
    (began_ns + at_us * 1_000).to_string()
}
