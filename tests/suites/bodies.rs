//! Bodies of deliveries mean the same here and in Go: generated ones are read by the gateway and by encoding/json.
//!
//! What Go reads is read here, with the same alerts. What breaks the grammar is refused by both. Go refuses a whole
//! body for one value of a wrong type; here that may be one alert, so that only the refusal is compared.
//! `BODIES=1000000 cargo test -p tests --test bodies` searches longer, another `BODIES_SEED` elsewhere.
use base64::Engine;
use gateway::signals::{
    go_json::utf8,
    kubernetes_event::{Event, EventError},
    prometheus::{Webhook, WebhookError},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tests::{
    go::asked,
    numbers::{Numbers, number},
};

/// Pieces of strings: escapes, halves of surrogates, bytes that are not UTF-8, and what breaks the grammar.
const PIECES: [&[u8]; 34] = [
    b"a",
    b"pod",
    b" ",
    b"\\n",
    b"\\\"",
    b"\\\\",
    b"\\/",
    b"\\b\\f\\r\\t",
    b"\\u0041",
    b"\\u00e9",
    b"\\ud83d",
    b"\\uDE00",
    b"\\ud83d\\ude00",
    b"\\ud83d\\u0041",
    b"\\uD83Dx",
    b"\\u0000",
    b"\\ufffd",
    b"\xff",
    b"\xc3",
    b"\xc3\xa9",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98\x80",
    b"\xf5\x80\x80\x80",
    b"\x7f",
    b"{",
    b"]",
    b"\\\\ud83d",
    b"firing",
    b"resolved",
    b"\\'",
    b"\\x",
    b"\\u12",
    b"\n",
];
/// How many of the pieces break no rule of the grammar.
const VALID: usize = 30;
const NUMBERS: [&[u8]; 12] = [
    b"0",
    b"-0",
    b"1",
    b"-1.5",
    b"1e3",
    b"1E+2",
    b"123456789012345678901234567890",
    b"1e999",
    b"01",
    b"1.",
    b"+1",
    b"-",
];
const TIMES: [&[u8]; 16] = [
    b"2026-11-20T16:52:14Z",
    b"2026-11-20T16:52:14.877960485Z",
    b"2026-11-20T16:52:14.5+05:30",
    b"0001-01-01T00:00:00Z",
    b"2026-11-20T16:52:14.1234567891234Z",
    b"2024-02-29T23:59:59-23:59",
    b"1969-12-31T23:59:59Z",
    b"2026-02-29T00:00:00Z",
    b"2026-11-20 16:52:14Z",
    b"2026-11-20t16:52:14z",
    b"2026-11-20T16:52:60Z",
    b"2026-11-20T16:52:14,5Z",
    b"",
    b"2026\\u002d11-20T16:52:14Z",
    b"2026-11-20T1:52:14Z",
    b"2026-11-20T16:52:14+24:00",
];
const SPACES: [&[u8]; 6] = [b"", b"", b"", b" ", b"\r\n\t", b"\x0b"];
const MEMBERS: [&str; 5] = ["alerts", "commonLabels", "commonAnnotations", "receiver", "groupKey"];
const ALERT: [&str; 5] = ["status", "labels", "annotations", "startsAt", "endsAt"];
const EVENT: [&str; 10] = [
    "involvedObject",
    "reason",
    "message",
    "type",
    "firstTimestamp",
    "lastTimestamp",
    "eventTime",
    "series",
    "source",
    "reportingComponent",
];
const OBJECT: [&str; 4] = ["kind", "name", "namespace", "apiVersion"];

/// Writes bodies, some of them with mistakes.
struct Writer {
    numbers: Numbers,
    body: Vec<u8>,
    /// One value in so many is of another kind than expected.
    oddness: usize,
}

impl Writer {
    fn put(&mut self, bytes: &[u8]) {
        self.body.extend_from_slice(bytes);
    }

    fn space(&mut self) {
        let choices = if self.numbers.one_in(2_000) { SPACES.len() } else { SPACES.len() - 1 };
        let index = self.numbers.below(choices);
        self.put(SPACES[index]);
    }

    fn string(&mut self) {
        let choices = if self.numbers.one_in(400) { PIECES.len() } else { VALID };
        self.put(b"\"");
        for _ in 0..self.numbers.below(4) {
            let index = self.numbers.below(choices);
            self.put(PIECES[index]);
        }
        self.put(b"\"");
    }

    fn time(&mut self) {
        let choices = if self.numbers.one_in(self.oddness) { TIMES.len() } else { 7 };
        let index = self.numbers.below(choices);
        self.put(b"\"");
        self.put(TIMES[index]);
        self.put(b"\"");
    }

    /// A value of any type.
    fn any(&mut self) {
        match self.numbers.below(8) {
            0..3 => self.put(b"null"),
            3 => self.put(b"true"),
            4 => {
                let choices = if self.numbers.one_in(20) { NUMBERS.len() } else { 8 };
                let index = self.numbers.below(choices);
                self.put(NUMBERS[index]);
            }
            5 => self.string(),
            6 => self.list(2, Self::any),
            _ => self.object(&OBJECT, 2, |writer, _| writer.any()),
        }
    }

    fn list(&mut self, length: usize, element: impl Fn(&mut Self)) {
        self.put(b"[");
        for index in 0..self.numbers.below(length + 1) {
            if index > 0 {
                self.put(b",");
            }
            self.value(&element);
        }
        self.put(b"]");
    }

    /// An object with members of these names, some of them twice, in other letters, or others.
    fn object(&mut self, names: &[&'static str], length: usize, value: impl Fn(&mut Self, &str)) {
        self.put(b"{");
        for index in 0..self.numbers.below(length + 1) {
            if index > 0 {
                self.put(b",");
            }
            self.space();
            let name = self.numbers.pick(names);
            match self.numbers.below(12) {
                0 => self.string(),
                1 => {
                    let other = name.to_uppercase().replace('S', "\u{17f}").replace('K', "\u{212a}");
                    self.put(format!("\"{other}\"").as_bytes());
                }
                2 => self.put(format!("\"\\u{:04x}{}\"", name.as_bytes()[0], &name[1..]).as_bytes()),
                _ => self.put(format!("\"{name}\"").as_bytes()),
            }
            self.put(b":");
            self.value(|writer| value(writer, name));
        }
        self.put(b"}");
    }

    fn value(&mut self, expected: impl Fn(&mut Self)) {
        self.space();
        if self.numbers.one_in(self.oddness) {
            self.any()
        } else {
            expected(self)
        }
        self.space();
    }

    fn texts(&mut self) {
        self.object(&["alertname", "pod", "severity", "cluster"], 3, |writer, _| writer.string());
    }

    fn webhook(&mut self) {
        self.object(&MEMBERS, 4, |writer, name| match name {
            "alerts" => writer.list(3, |writer| {
                writer.object(&ALERT, 5, |writer, name| match name {
                    "status" => writer.string(),
                    "startsAt" | "endsAt" => writer.time(),
                    _ => writer.texts(),
                });
            }),
            "receiver" | "groupKey" => writer.string(),
            _ => writer.texts(),
        });
    }

    fn event(&mut self) {
        self.object(&EVENT, 8, |writer, name| match name {
            "involvedObject" => writer.object(&OBJECT, 5, |writer, _| writer.put(b"\"v1\"")),
            "series" => writer.object(&["lastObservedTime"], 2, |writer, _| writer.time()),
            "source" => writer.object(&["component"], 2, |writer, _| writer.string()),
            "firstTimestamp" | "lastTimestamp" | "eventTime" => writer.time(),
            _ => writer.string(),
        });
    }
}

fn body(seed: u64, source: &str) -> Vec<u8> {
    let mut numbers = Numbers::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let oddness = [1_000, 30, 6][numbers.below(3)];
    let mut writer = Writer { numbers, body: Vec::new(), oddness };
    writer.value(if source == "event" { Writer::event } else { Writer::webhook });
    if writer.numbers.one_in(20) && !writer.body.is_empty() {
        let at = writer.numbers.below(writer.body.len());
        match writer.numbers.below(3) {
            0 => drop(writer.body.remove(at)),
            1 => writer.body.truncate(at),
            _ => writer.body.insert(at, b"{}[]\",:\\0"[at % 9]),
        }
    }
    writer.body
}

fn instant(time: Option<Timestamp>) -> Value {
    time.filter(|time| *time > Timestamp::UNIX_EPOCH)
        .map_or(Value::Null, |time| json!({ "second": time.as_second(), "nanosecond": time.subsec_nanosecond() }))
}

/// What the gateway makes of a body, in the form of Go's answer.
fn own(source: &str, body: &[u8]) -> (&'static str, Value) {
    let text = utf8(body);
    if source == "event" {
        return match Event::parse(&text) {
            Ok(event) => ("", instant(event.last_seen())),
            Err(EventError::Unreadable(_)) => ("grammar", Value::Null),
            Err(_) => ("type", Value::Null),
        };
    }
    match Webhook::parse(&text) {
        Err(WebhookError::Json(_)) => ("grammar", Value::Null),
        Err(_) => ("type", Value::Null),
        Ok(webhook) => {
            let alerts: Result<Vec<_>, _> = webhook.into_alerts().into_iter().collect();
            let Ok(alerts) = alerts else { return ("type", Value::Null) };
            let alerts = alerts.into_iter().map(|alert| {
                json!({
                    "resolved": alert.resolved,
                    "labels": alert.labels,
                    "annotations": alert.annotations,
                    "startsAt": instant(alert.firing_time),
                })
            });
            ("", alerts.collect())
        }
    }
}

/// Whether both say the same. Go refuses a number that is too large for it as one of another type.
fn agree(source: &str, body: &[u8], answer: &Value) -> bool {
    let (refused, value) = own(source, body);
    let too_large = body.windows(5).any(|bytes| bytes == b"1e999") && refused == "grammar";
    match answer["refused"].as_str() {
        Some("type") if too_large => true,
        Some("") if source == "event" => refused.is_empty() && value == answer["value"]["seen"],
        Some("") => refused.is_empty() && value == answer["value"],
        other => other == Some(refused),
    }
}

#[test]
#[cfg_attr(not(go), ignore = "needs Go")]
fn generated_bodies_mean_the_same_in_go() {
    let (count, seed) = (number("BODIES", 20_000), number("BODIES_SEED", 1));
    let bodies: Vec<_> = (0..count)
        .map(|index| {
            let source = if index % 4 == 0 { "event" } else { "prometheus" };
            (source, body(seed << 32 | index, source))
        })
        .collect();
    let encoded = |body: &[u8]| base64::engine::general_purpose::STANDARD.encode(body);
    let questions: Vec<_> =
        bodies.iter().map(|(source, body)| json!({ "source": source, "body": encoded(body) })).collect();
    let answers = asked("bodies", &questions);
    let different: Vec<String> = bodies
        .iter()
        .zip(&answers)
        .filter(|((source, body), answer)| !agree(source, body, answer))
        .map(|((source, body), answer)| {
            format!("{}\n  Go:   {answer}\n  here: {:?}", body.escape_ascii(), own(source, body))
        })
        .collect();
    let of = |kind: &str| answers.iter().filter(|answer| answer["refused"] == kind).count();
    let counts = [of(""), of("type"), of("grammar")];
    println!("{count} bodies: {counts:?} are read, have a wrong type, break the grammar; {} differ", different.len());
    assert!(counts.iter().all(|of| *of > bodies.len() / 50), "one kind of body is rare: {counts:?}");
    assert!(
        different.is_empty(),
        "{} differ, e.g.\n{}",
        different.len(),
        different[..different.len().min(10)].join("\n")
    );
}
