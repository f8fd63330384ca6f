//! `occurrences_exact`: at the end, what is stored is what was accepted, each signal at most once.
//!
//! Per fingerprint, over all requests that ever were: what was accepted ≤ what is counted ≤ that plus what may have been
//! counted although the sender was not told so (5xx, no answer). With no such signal the two sides meet: equality. What an
//! outsider put into a request is not counted; what anybody takes away is missing. Resolved alerts and 4xx count nothing.
//! Deliveries with one idempotency key are one signal, accepted once one of them was.
use super::{Check, Invariant, Tally, wording};
use crate::{
    observation::{Observation, SignalId},
    settings::Settings,
    state::{Answer, Counted, Fingerprint, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "occurrences_exact",
    "in the end, the occurrences counted for a fingerprint are its accepted signals, each counted once",
    || Box::new(OccurrencesExact),
)
.at_the_end();

struct OccurrencesExact;

impl Check for OccurrencesExact {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, tally: &mut Tally) {
        if !matches!(step.observation, Observation::Ended { .. }) {
            return;
        }
        for (name, facts) in state.fingerprints() {
            if facts.firing.is_empty() && facts.counted == 0 {
                continue;
            }
            tally.checked();
            let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            let (least, most) = (signed(facts.accepted), signed(facts.accepted + facts.ambiguous));
            if facts.counted < least {
                tally.violate(step.now.at, || too_few(name, facts, state));
            } else if facts.counted > most {
                tally.violate(step.now.at, || too_many(name, facts, most, state));
            }
        }
    }
}

fn too_few(name: &str, facts: &Fingerprint, state: &State) -> (String, Vec<usize>) {
    let missing = facts.accepted.saturating_sub(u64::try_from(facts.counted).unwrap_or(0));
    let mut sentence = format!(
        "{} of {} {} accepted, but its requests count {}: {missing} {} lost.",
        wording::Signals(facts.accepted),
        wording::Fingerprint(name),
        if facts.accepted == 1 { "was" } else { "were" },
        facts.counted,
        if missing == 1 { "was" } else { "were" },
    );
    let Some((id, mut evidence)) = first_uncounted(facts, state) else {
        return (wording::sentence(&sentence), Vec::new());
    };
    if let Some(signal) = state.signal(id) {
        sentence += &format!(" When {} was answered, one less was stored than had been accepted.", wording::Signal(id));
        evidence.push(signal.sent.index);
    }
    (wording::sentence(&sentence), evidence)
}

fn too_many(name: &str, facts: &Fingerprint, most: i64, state: &State) -> (String, Vec<usize>) {
    let unsure = match facts.ambiguous {
        0 => "no other may have been counted".to_owned(),
        n => format!("{n} more may have been counted"),
    };
    let sentence = format!(
        "The requests of {} count {}, but {} accepted and {unsure}: {} counted more than once.",
        wording::Fingerprint(name),
        facts.counted,
        match facts.accepted {
            1 => "1 signal was".to_owned(),
            n => format!("{n} signals were"),
        },
        facts.counted - most,
    );
    // The commit that first went beyond what could be, and the one before it on which it stands.
    let mut sum = 0;
    let mut evidence = Vec::new();
    for counted in commits(facts, state) {
        sum += counted.signals();
        evidence.push(counted.now.index);
        if sum > most {
            break;
        }
    }
    (wording::sentence(&sentence), evidence.split_off(evidence.len().saturating_sub(2)))
}

/// The first answer at which more signals had been accepted than counted, with it the last commit before and the first after
/// that counted anything.
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
    // Everything was there when it was answered: something took it away later.
    let erased = commits.iter().find(|counted| counted.after < counted.before)?;
    facts.firing.first().map(|&id| (id, vec![erased.now.index]))
}

/// Every commit that changed a count of this fingerprint, in order.
fn commits<'a>(facts: &Fingerprint, state: &'a State) -> Vec<&'a Counted> {
    let mut commits: Vec<&Counted> = facts.records.iter().flat_map(|&place| &state.record(place).counts).collect();
    commits.sort_unstable_by_key(|counted| counted.now);
    commits
}
