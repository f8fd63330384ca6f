//! `occurrences_exact`: at the end, the stored counts are the accepted signals, each counted at most once.
//!
//! Per fingerprint, over all requests that ever existed: accepted ≤ counted ≤ accepted + ambiguous. An ambiguous signal
//! was answered 5xx or not at all, so it may have been counted. Without ambiguous signals the two numbers are equal.
//! What an external client adds to a count is ignored; what any client takes away is missing. Resolved alerts and
//! signals answered 4xx count nothing. Deliveries with one idempotency key are one signal, accepted as soon as one of
//! them was. Each time a client that is not a replica removes the list of keys, one more of them may count.
//!
//! Besides the sums, each signal is judged: each count of k takes k signals that the replica which sent it was working
//! on when it sent it ([`Spans`]), and each accepted signal is taken by one count. A member of a group may be accepted
//! for another one, which was counted and then answered 5xx because of its group. What is not known (the replica, the
//! time) restricts nothing: then the sums decide. Where a count was lowered, they do too.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    matching::Places,
    observation::{Observation, SignalId},
    settings::Settings,
    state::{Answer, Counted, Fingerprint, Signal, Spans, State, Step},
};
use std::collections::BTreeMap;

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
            } else {
                attribute(name, facts, (step, state), summary);
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

/// A signal, with all its deliveries if they have one key.
struct Claimant<'a> {
    /// Its last delivery.
    id: SignalId,
    deliveries: Vec<&'a Signal>,
    accepted: bool,
    /// Largest number of times that it may be counted.
    most: u64,
}

/// Judges which signals each count took.
fn attribute(name: &str, facts: &Fingerprint, (step, state): (&Step<'_>, &State), summary: &mut Summary) {
    let commits = commits(facts, state);
    if commits.iter().any(|counted| counted.signals() < 0) {
        return summary.slack(facts.ambiguous);
    }
    let commits: Vec<&Counted> = commits.into_iter().filter(|counted| counted.signals() > 0).collect();
    let claimants = claimants(facts, state);
    let spans = Spans::new(facts, state);
    let firing: Vec<&Signal> = facts.firing.iter().filter_map(|&id| state.signal(id)).collect();
    let wants: Vec<Vec<usize>> = claimants.iter().map(|claimant| wanted(claimant, &commits, &firing, &spans)).collect();
    let size = |counted: &&Counted| u32::try_from(counted.signals()).unwrap_or(0);
    let mut places = Places::new(commits.iter().map(size).collect());
    // First each accepted signal gets its count, then the others and those that may count more than once.
    for (index, claimant) in claimants.iter().enumerate().filter(|(_, claimant)| claimant.accepted) {
        if !places.place(index, &wants) {
            return summary.violate(step.now.at, || uncounted(name, claimant));
        }
    }
    let mut room = 0;
    for (index, claimant) in claimants.iter().enumerate().filter(|(index, _)| !wants[*index].is_empty()) {
        let more = claimant.most - u64::from(claimant.accepted);
        room += (0..more).filter(|_| !places.place(index, &wants)).count() as u64;
    }
    match (0..commits.len()).find(|&index| places.free(index) > 0) {
        Some(index) => summary.violate(step.now.at, || unexplained(name, commits[index], places.free(index))),
        None => summary.slack(room),
    }
}

fn claimants<'a>(facts: &Fingerprint, state: &'a State) -> Vec<Claimant<'a>> {
    let mut claimants: BTreeMap<SignalId, Claimant<'a>> = BTreeMap::new();
    for (id, signal) in facts.firing.iter().filter_map(|&id| Some((id, state.signal(id)?))) {
        if matches!(signal.answer, Some((_, Answer::Ignored | Answer::Refused))) {
            continue;
        }
        let first = if signal.keyed { signal.chain } else { id };
        let blank = || Claimant { id, deliveries: Vec::new(), accepted: false, most: 0 };
        let claimant = claimants.entry(first).or_insert_with(blank);
        claimant.id = id;
        claimant.deliveries.push(signal);
        claimant.accepted |= matches!(signal.answer, Some((_, Answer::Accepted)));
        let forgotten = if signal.keyed { state.times_forgotten(first) } else { 0 };
        claimant.most = (1 + forgotten).min(claimant.deliveries.len() as u64);
    }
    claimants.into_values().collect()
}

/// The counts that may have taken this signal.
fn wanted(claimant: &Claimant<'_>, commits: &[&Counted], firing: &[&Signal], spans: &Spans<'_>) -> Vec<usize> {
    let fits = |counted: &Counted| {
        claimant.deliveries.iter().any(|signal| spans.was_handling(signal, counted.actor, counted.issued))
            || claimant.accepted && claimant.deliveries.iter().any(|heir| may_inherit(counted, heir, firing, spans))
    };
    (0..commits.len()).filter(|&index| fits(commits[index])).collect()
}

/// Whether the count may have taken a member of a group that was answered 5xx, and this one was accepted for it.
fn may_inherit(counted: &Counted, heir: &Signal, firing: &[&Signal], spans: &Spans<'_>) -> bool {
    let failed = |signal: &&&Signal| {
        matches!(signal.answer, Some((_, Answer::Failed | Answer::Lost))) && !signal.alone && !signal.keyed
    };
    let took = |signal: &&Signal| spans.was_handling(signal, counted.actor, counted.issued);
    let in_time = heir.answer.is_some_and(|(answered, _)| counted.now < answered);
    in_time && !heir.alone && !heir.keyed && firing.iter().filter(failed).any(took)
}

fn uncounted(name: &str, claimant: &Claimant<'_>) -> (String, Vec<usize>) {
    let sentence = format!(
        "{} of {} was accepted, but each count that may have taken it took another signal.",
        display::Signal(claimant.id),
        display::Fingerprint(name),
    );
    let moments =
        claimant.deliveries.iter().flat_map(|signal| [Some(signal.sent), signal.answer.map(|answer| answer.0)]);
    (display::sentence(&sentence), moments.flatten().map(|moment| moment.index).collect())
}

fn unexplained(name: &str, counted: &Counted, free: u32) -> (String, Vec<usize>) {
    let sentence = format!(
        "{} counted {} of {} on {} at {}, but {free} of them {} not a signal that it was working on: they were counted \
         elsewhere or twice.",
        display::Client(counted.actor),
        display::Signals(u64::from(counted.after - counted.before)),
        display::Fingerprint(name),
        counted.request.name,
        display::Seconds(counted.now.at),
        if free == 1 { "is" } else { "are" },
    );
    (display::sentence(&sentence), vec![counted.now.index])
}
