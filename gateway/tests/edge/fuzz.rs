//! Fuzzing of every parser of what clients send, and of the whole HTTP layer.
//!
//! Properties: nothing panics, no request is answered 2xx unless the protocol stored its signals, and a sender without
//! a valid token never gets a 2xx. `FUZZ_SECONDS=600 cargo test -p gateway --test edge fuzz -- --nocapture` searches
//! for that long instead of a fixed number of executions, and `FUZZ_SEED` elsewhere. Inputs begin as real bodies and as
//! the files of `gateway/tests/corpus`; an input that broke a property belongs there.
use crate::{
    hostile_http::Connector,
    support::{Replica, Script},
};
use gateway::{
    config::{Config, Environment, Identity},
    protocol::{Disposition, Refusal},
    server,
    signals::{delivery_key::IdempotencyKey, go_json::utf8, kubernetes_event::Event, prometheus::Webhook},
};
use std::{
    collections::BTreeMap,
    future::pending,
    path::Path,
    time::{Duration, Instant},
};

const BODIES: [&str; 6] = [
    include_str!("../payloads/alertmanager/pod-crash-looping-group-of-3-firing.json"),
    include_str!("../payloads/alertmanager/deployment-replicas-mismatch-resolved.json"),
    include_str!("../payloads/senders/grafana-firing.json"),
    include_str!("../payloads/senders/vmalert-firing.json"),
    include_str!("../payloads/events/backoff-warning.json"),
    include_str!("../payloads/events/failed-scheduling-event-time-only.json"),
];
/// What changes the meaning of JSON, HTTP, YAML or a name.
const TOKENS: [&[u8]; 62] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\"",
    b"\\",
    b"null",
    b"true",
    b"1e999",
    b"-0",
    b"\\ud83d",
    b"\\u0000",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xe2\x80\xa8",
    b"\x00",
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b"0",
    b"ffffffffffffffff",
    b";",
    b"%2F",
    b"..",
    b"?",
    b"#",
    b"POST",
    b"GET",
    b"HTTP/1.1",
    b"HTTP/1.0",
    b"/api/v1/signals/prometheus",
    b"Content-Length: 5",
    b"Transfer-Encoding: chunked",
    b"Connection: close",
    b"Expect: 100-continue",
    b"Upgrade: h2c",
    b"X-Timestamp: 1795193594",
    b"Idempotency-Key: a",
    b"Content-Type: application/json",
    b"Authorization: Bearer a",
    b"X-Forwarded-For: 10.0.0.1",
    b"alerts",
    b"labels",
    b"startsAt",
    b"status",
    b"firing",
    b"resolved",
    b"commonLabels",
    b"alertname",
    b"pod",
    b"node",
    b"2026-11-20T16:52:14Z",
    b"9999-12-31T23:59:59-24:60",
    b"involvedObject",
    b"lastTimestamp",
    b"server:",
    b"- &a",
    b"*a",
];

/// Numbers that follow from a seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit.max(1)
    }

    /// A mutant of one of `seeds`.
    fn mutate(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..self.below(6) {
            let (at, length) = (self.below(bytes.len() + 1), self.below(24));
            let end = (at + length).min(bytes.len());
            match self.below(7) {
                0 => drop(bytes.splice(at..at, TOKENS[self.below(TOKENS.len())].iter().copied())),
                1 => drop(bytes.splice(at..end, TOKENS[self.below(TOKENS.len())].iter().copied())),
                2 => drop(bytes.drain(at..end)),
                3 => bytes.truncate(at),
                4 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                5 => {
                    let copy = bytes[at..end].repeat(1 + self.below(200));
                    drop(bytes.splice(at..at, copy));
                }
                _ => {
                    let other = &seeds[self.below(seeds.len())];
                    bytes.truncate(at);
                    bytes.extend_from_slice(&other[self.below(other.len() + 1)..]);
                }
            }
        }
        bytes.truncate(300_000);
        bytes
    }
}

fn number(variable: &str) -> Option<u64> {
    let parse = |text: String| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number"));
    std::env::var(variable).ok().map(parse)
}

/// How long a search goes on: a number of executions, or a time.
struct Budget {
    executions: u64,
    began: Instant,
    seconds: Option<u64>,
    done: u64,
}

impl Budget {
    #[expect(clippy::disallowed_methods, reason = "a search of a stated time needs the machine's clock")]
    fn of(executions: u64) -> Self {
        Self { executions, began: Instant::now(), seconds: number("FUZZ_SECONDS"), done: 0 }
    }

    fn goes_on(&mut self) -> bool {
        self.done += 1;
        match self.seconds {
            Some(seconds) => self.began.elapsed() < Duration::from_secs(seconds),
            None => self.done <= self.executions,
        }
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let files = std::fs::read_dir(folder).expect("the corpus").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    let seeds = files.iter().map(|file| std::fs::read(file).expect("a file that can be read"));
    let not_utf8 = b"{\"alerts\":[{\"labels\":{\"alertname\":\"\xff\xc3(\",\"pod\":\"a\"}}]}".to_vec();
    seeds.chain(BODIES.map(|body| body.as_bytes().to_vec())).chain([not_utf8]).collect()
}

/// Each body as a request to each endpoint, and what is a request already.
fn requests() -> Vec<Vec<u8>> {
    let request = |body: &Vec<u8>| {
        let endpoint =
            if body.windows(14).any(|name| name == b"involvedObject") { "kubernetes-event" } else { "prometheus" };
        let length = body.len();
        let head = format!(
            "POST /api/v1/signals/{endpoint} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n",
        );
        [head.as_bytes(), body].concat()
    };
    let whole = |bytes: &Vec<u8>| if bytes.starts_with(b"POST ") { bytes.clone() } else { request(bytes) };
    corpus().iter().map(whole).collect()
}

#[test]
fn fuzz_parsers_never_panic() {
    let (seeds, mut budget) = (corpus(), Budget::of(20_000));
    let mut numbers = Numbers(number("FUZZ_SEED").unwrap_or(1));
    let identity = Identity { pod: "p".into(), lock_namespace: "l".into(), namespace: "n".into() };
    let environment = Environment::of(identity);
    let (mut webhooks, mut events) = (0_u64, 0_u64);
    while budget.goes_on() {
        let bytes = numbers.mutate(&seeds);
        let text = utf8(&bytes);
        if let Ok(webhook) = Webhook::parse(&text) {
            webhooks += 1;
            assert!(webhook.latest_start().is_none_or(|start| start > jiff::Timestamp::UNIX_EPOCH));
            drop(webhook.into_alerts().into_iter().flatten().map(|alert| alert.validate()).collect::<Vec<_>>());
        }
        if let Ok(event) = Event::parse(&text) {
            events += u64::from(event.last_seen().is_some());
            drop(event.into_alert());
        }
        drop(IdempotencyKey::parse(&bytes[..bytes.len().min(300)]));
        if budget.done.is_multiple_of(8) {
            drop(Config::parse(&text[..text.floor_char_boundary(4_000)], &environment));
        }
    }
    println!("{} executions: {webhooks} webhooks and {events} events were read", budget.done);
    assert!(webhooks > 0 && events > 0, "the mutants say nothing");
}

#[tokio::test(start_paused = true)]
async fn fuzz_http_never_acknowledges_what_is_not_stored() {
    let replica = Replica::ready().await;
    let [(open, pipes), (guarded, guarded_pipes)] = [Connector::new(), Connector::new()];
    tokio::spawn(server::serve(pipes, replica.app.open_router(), pending()));
    tokio::spawn(server::serve(guarded_pipes, replica.app.router(), pending()));
    let (seeds, mut budget) = (requests(), Budget::of(1_500));
    let mut numbers = Numbers(number("FUZZ_SEED").unwrap_or(1));
    let mut answers: BTreeMap<String, u64> = BTreeMap::new();
    while budget.goes_on() {
        let bytes = numbers.mutate(&seeds);
        let (is_guarded, refuses) = (numbers.below(8) == 0, numbers.below(3) == 0);
        let script = if refuses {
            Script::Refuse(Refusal::Unavailable("no".into()))
        } else {
            Script::Accept(Disposition::Created)
        };
        *replica.protocol.script.lock().expect("no panic") = vec![script; 3_000].into();
        replica.protocol.signals.lock().expect("no panic").clear();
        let answer = if is_guarded { guarded.exchange(&bytes).await } else { open.exchange(&bytes).await };
        let handled = replica.signals().len();
        let stored = if refuses { 0 } else { handled };
        let acknowledged =
            answer.matches("\"status\":\"created\"").count() + answer.matches("\"status\":\"duplicate\"").count();
        assert!(acknowledged <= stored, "{acknowledged} of {stored}: {} {answer}", bytes.escape_ascii());
        for status in answer.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)) {
            let created = matches!(status, "201" | "202");
            assert!(!created || stored > 0, "{}: {answer}", bytes.escape_ascii());
            assert!(!is_guarded || !status.starts_with('2'), "without a token: {}: {answer}", bytes.escape_ascii());
            assert_ne!(status, "500", "{}: {answer}", bytes.escape_ascii());
            *answers.entry(status.to_owned()).or_default() += 1;
        }
    }
    println!("{} executions: {answers:?}", budget.done);
    assert!(["201", "207", "400", "503"].iter().all(|status| answers.contains_key(*status)), "{answers:?}");
}
