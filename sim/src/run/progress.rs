//! Progress: whether a run still answers its deliveries, and the calls that repeat if it does not.
//!
//! While a delivery is owed an answer, steps are counted since the last answer. A run that takes too many has no
//! progress. Nothing is random by then, and nothing new comes from outside: if the last calls are the same sequence
//! several times over, with the same answers apart from versions and times, the run is in the same state again, and the
//! sequence is the cycle of a livelock.
use crate::{
    digest::mix,
    event::{DeliveryId, Event},
};
use std::collections::{BTreeSet, VecDeque};

/// Steps without an answer after which a run has no progress.
const BUDGET: u64 = 10_000;
/// Calls that are kept at the end of the budget.
const KEPT: usize = 600;
/// Number of times that a sequence of calls must repeat to be a cycle.
const REPEATS: usize = 3;
/// What precedes a version in JSON.
const VERSION: &[u8] = b"resourceVersion\":\"";

/// An executed call.
#[derive(Debug, PartialEq, Eq)]
struct Executed {
    name: String,
    /// Hash of its answer without versions and times.
    answer: u64,
}

/// Progress of one run.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    owed: BTreeSet<DeliveryId>,
    /// Steps since the last answer.
    steps: u64,
    last: VecDeque<Executed>,
}

impl Progress {
    /// Sees an event.
    pub(crate) fn event(&mut self, event: &Event) {
        match event {
            Event::DeliverySent { delivery, .. } => {
                if self.owed.is_empty() {
                    self.begin();
                }
                self.owed.insert(*delivery);
            }
            Event::DeliveryAnswered { delivery, .. } => {
                self.owed.remove(delivery);
                self.begin();
            }
            _ => {}
        }
    }

    fn begin(&mut self) {
        self.steps = 0;
        self.last.clear();
    }

    /// A step is taken; false if there were too many since the last answer.
    pub(crate) fn step(&mut self) -> bool {
        self.steps += u64::from(!self.owed.is_empty());
        self.steps <= BUDGET
    }

    /// Whether the calls are kept now: only the last ones of the budget are of interest.
    pub(crate) fn keeps(&self) -> bool {
        self.steps > BUDGET / 2
    }

    /// A call was executed.
    pub(crate) fn executed(&mut self, name: String, answer: &[u8]) {
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(Executed { name, answer: content(answer) });
    }

    /// The calls that repeat; empty if none do.
    pub(crate) fn cycle(&self) -> Vec<String> {
        let calls: Vec<&Executed> = self.last.iter().rev().collect();
        let repeats = |length: &usize| (0..length * (REPEATS - 1)).all(|at| calls[at] == calls[at + length]);
        let length = (1..=calls.len() / REPEATS).find(repeats).unwrap_or(0);
        calls[..length].iter().rev().map(|call| call.name.clone()).collect()
    }
}

/// Hash of an answer without versions and times.
fn content(answer: &[u8]) -> u64 {
    let mut kept = Vec::with_capacity(answer.len());
    let mut at = 0;
    while at < answer.len() {
        let rest = &answer[at..];
        let skipped = if rest.starts_with(VERSION) {
            VERSION.len() + rest[VERSION.len()..].iter().position(|byte| *byte == b'"').unwrap_or(0)
        } else {
            time(rest)
        };
        kept.extend((skipped == 0).then_some(answer[at]));
        at += skipped.max(1);
    }
    mix(kept)
}

/// Length of the time that a text begins with, such as 2026-01-01T00:00:00Z; 0 if it begins with something else.
fn time(text: &[u8]) -> usize {
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let fits = |(byte, shape): (&u8, &u8)| if *shape == b'd' { byte.is_ascii_digit() } else { byte == shape };
    if text.len() < shape.len() || !text.iter().zip(shape).all(fits) {
        return 0;
    }
    let fraction = text[shape.len()..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    shape.len() + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(calls: &[(&str, &str)]) -> Progress {
        let mut progress = Progress::default();
        calls.iter().for_each(|(name, answer)| progress.executed((*name).to_owned(), answer.as_bytes()));
        progress
    }

    #[test]
    fn a_sequence_that_repeats_is_a_cycle() {
        let put = |version: u32| format!(r#"{{"resourceVersion":"{version}","at":"2026-01-01T00:00:0{version}.5Z"}}"#);
        let answers: Vec<String> = (0..8).map(put).collect();
        let calls: Vec<(&str, &str)> =
            ["PUT", "GET"].into_iter().cycle().zip(answers.iter().map(|text| &**text)).collect();
        assert_eq!(of(&calls).cycle(), ["PUT", "GET"]);
        assert_eq!(of(&calls[..5]).cycle(), [""; 0], "twice is not enough");
    }

    #[test]
    fn what_changes_is_no_cycle() {
        let answers: Vec<String> = (0..9).map(|count| format!(r#"{{"count":{count}}}"#)).collect();
        let calls: Vec<(&str, &str)> = answers.iter().map(|answer| ("PATCH", &**answer)).collect();
        assert_eq!(of(&calls).cycle(), [""; 0]);
    }

    #[test]
    fn steps_count_while_an_answer_is_owed() {
        let mut progress = Progress::default();
        assert!((0..BUDGET * 2).all(|_| progress.step()));
        progress.event(&Event::DeliverySent { delivery: DeliveryId(0), replica: 0 });
        assert!((0..BUDGET).all(|_| progress.step()) && !progress.step());
        progress.event(&Event::DeliveryAnswered { delivery: DeliveryId(0), replica: 0, status: Some(503) });
        assert!(progress.step());
    }
}
