//! A log with vector clocks, as ShiViz reads it with the expression in its first line.
//!
//! Each lane is a host. A signal orders its sender before the replica that it reaches; a call orders its caller before
//! the commit, and the commit before the answer. Which commit a watch event reports is not in a timeline, so watches
//! order nothing.
use crate::timeline::{Happening, Timeline};
use std::{collections::BTreeMap, fmt::Write};

/// The expression for ShiViz's field "log parsing regular expression".
pub const EXPRESSION: &str = r"(?<host>\S*) (?<clock>\{.*\})\n(?<event>.*)";

/// A message that carries a clock from one host to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Message {
    Signal(u32),
    Request(u64),
    Answer(u64),
}

type Clock = BTreeMap<usize, u64>;

/// The timeline as a log: the expression, an empty line, then two lines per entry.
pub fn render(timeline: &Timeline) -> String {
    let hosts: Vec<String> = timeline.lanes.iter().map(|lane| host(&lane.name)).collect();
    let mut clocks: Vec<Clock> = vec![Clock::new(); hosts.len()];
    let mut messages: BTreeMap<Message, Clock> = BTreeMap::new();
    let mut text = format!("{EXPRESSION}\n\n");
    for entry in &timeline.entries {
        let (received, sent) = messages_of(&entry.what);
        let arrived = received.and_then(|message| messages.get(&message)).cloned().unwrap_or_default();
        let clock = &mut clocks[entry.lane];
        for (host, time) in arrived {
            let known = clock.entry(host).or_default();
            *known = time.max(*known);
        }
        *clock.entry(entry.lane).or_default() += 1;
        if let Some(message) = sent {
            messages.insert(message, clock.clone());
        }
        let shown: Vec<String> = clock.iter().map(|(&lane, time)| format!("\"{}\":{time}", hosts[lane])).collect();
        let at = entry.at_us as f64 / 1e6;
        let _ = writeln!(text, "{} {{{}}}\n{at:.6} s {}", hosts[entry.lane], shown.join(","), line(&entry.text));
    }
    text
}

/// The message that an entry receives, and the one that it sends.
const fn messages_of(what: &Happening) -> (Option<Message>, Option<Message>) {
    match what {
        Happening::SignalSent { signal } => (None, Some(Message::Signal(*signal))),
        Happening::SignalArrives { signal } => (Some(Message::Signal(*signal)), None),
        Happening::CallSent { call, .. } => (None, Some(Message::Request(*call))),
        Happening::CallCommitted { call, .. } => (Some(Message::Request(*call)), Some(Message::Answer(*call))),
        Happening::CallAnswered { call, status: Some(_) } => (Some(Message::Answer(*call)), None),
        _ => (None, None),
    }
}

/// A lane's name as the name of a host, which has no space.
fn host(name: &str) -> String {
    name.replace(char::is_whitespace, "-").replace('"', "'")
}

fn line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}
