//! `occurrences_exact`: at the end, the stored counts are the accepted signals, each counted at most once.
//!
//! Per fingerprint, over all requests that ever existed: accepted ≤ counted ≤ accepted + ambiguous. An ambiguous signal
//! was answered 5xx or not at all, so it may have been counted. Without ambiguous signals the two numbers are equal.
//! What an external client adds to a count is ignored; what any client takes away is missing. Resolved alerts and
//! signals answered 4xx count nothing. Deliveries with one idempotency key are one signal, accepted as soon as one of
//! them was.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Observation, SignalId},
    settings::Settings,
    state::{Answer, Counted, Fingerprint, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "occurrences_exact",
    "at the end, the occurrences counted for a fingerprint are its accepted signals, each counted once",
    || Box::new(OccurrencesExact),
)
.at_the_end();

struct OccurrencesExact;

impl Check for OccurrencesExact {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, summary: &mut Summary) {
        if !matches!(step.observation, Observation::Ended { .. }) {
            return;
        }
        for (name, facts) in state.fingerprints() {
            if facts.firing.is_empty() && facts.counted == 0 {
                continue;
            }
            summary.checked();
            let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            let (least, most) = (signed(facts.accepted), signed(facts.accepted + facts.ambiguous));
            if facts.counted < least {
                summary.violate(step.now.at, || too_few(name, facts, state));
            } else if facts.counted > most {
                summary.violate(step.now.at, || too_many(name, facts, most, state));
            }
        }
    }
}

fn too_few(name: &str, facts: &Fingerprint, state: &State) -> (String, Vec<usize>) {
    let missing = facts.accepted.saturating_sub(u64::try_from(facts.counted).unwrap_or(0));
    let mut sentence = format!(
        "{} of {} {} accepted, but its requests count {}: {missing} {} lost.",
        display::Signals(facts.accepted),
        display::Fingerprint(name),
        if facts.accepted == 1 { "was" } else { "were" },
        facts.counted,
        if missing == 1 { "was" } else { "were" },
    );
    let Some((id, mut evidence)) = first_uncounted(facts, state) else {
        return (display::sentence(&sentence), Vec::new());
    };
    if let Some(signal) = state.signal(id) {
        sentence +=
            &format!(" When {} was answered, one signal fewer was stored than had been accepted.", display::Signal(id));
        evidence.push(signal.sent.index);
    }
    (display::sentence(&sentence), evidence)
}

fn too_many(name: &str, facts: &Fingerprint, most: i64, state: &State) -> (String, Vec<usize>) {
    let unsure = match facts.ambiguous {
        0 => "no other may have been counted".to_owned(),
        n => format!("{n} more may have been counted"),
    };
    let sentence = format!(
        "The requests of {} count {}, but {} accepted and {unsure}: {} counted more than once.",
        display::Fingerprint(name),
        facts.counted,
        match facts.accepted {
            1 => "1 signal was".to_owned(),
            n => format!("{n} signals were"),
        },
        facts.counted - most,
    );
    // The commit that first exceeded the largest legal count, and the one before it.
    let mut sum = 0;
    let mut evidence = Vec::new();
    for counted in commits(facts, state) {
        sum += counted.signals();
        evidence.push(counted.now.index);
        if sum > most {
            break;
        }
    }
    (display::sentence(&sentence), evidence.split_off(evidence.len().saturating_sub(2)))
}

/// The first answer by which more signals had been accepted than counted, with it the last commit before it that
/// changed a count.
fn first_uncounted(facts: &Fingerprint, state: &State) -> Option<(SignalId, Vec<usize>)> {
    let mut answers: Vec<_> = facts
        .firing
        .iter()
        .filter_map(|&id| match state.signal(id)?.answer? {
            (moment, Answer::Accepted) => Some((moment, id)),
            _ => None,
        })
        .collect();
    answers.sort_unstable();
    let mut first: Vec<SignalId> = Vec::new();
    answers.retain(|(_, id)| {
        let again = first.iter().any(|earlier| state.are_one(*earlier, *id));
        first.push(*id);
        !again
    });
    let commits = commits(facts, state);
    let (mut next, mut sum) = (0, 0);
    for (accepted, (moment, id)) in (1_i64..).zip(answers) {
        while let Some(counted) = commits.get(next).filter(|counted| counted.now < moment) {
            sum += counted.signals();
            next += 1;
        }
        if accepted > sum {
            let before = next.checked_sub(1).map(|last| commits[last].now.index);
            return Some((id, before.into_iter().chain([moment.index]).collect()));
        }
    }
    // Every signal was stored when it was answered, so a later write decreased a count.
    let erased = commits.iter().find(|counted| counted.after < counted.before)?;
    facts.firing.first().map(|&id| (id, vec![erased.now.index]))
}

/// Every commit that changed a count of this fingerprint, in order.
fn commits<'a>(facts: &Fingerprint, state: &'a State) -> Vec<&'a Counted> {
    let mut commits: Vec<&Counted> = facts.records.iter().flat_map(|&index| &state.record(index).counts).collect();
    commits.sort_unstable_by_key(|counted| counted.now);
    commits
}
