//! `every_signal_ends`: nobody is left waiting.
//!
//! Every signal gets an answer; while faults go on the connection may break instead, afterwards it may not. What the sender
//! retries is accepted in the end, by whichever of its redeliveries. And a run that was expected to accept something did.
use super::{Check, Invariant, Tally, wording};
use crate::{
    observation::{Observation, SignalId},
    settings::Settings,
    state::{Answer, Signal, State, Step},
};
use std::collections::BTreeMap;

pub(super) const INVARIANT: Invariant = Invariant::liveness(
    "every_signal_ends",
    "every signal is answered, and every signal that is retried is accepted in the end",
    || Box::new(EverySignalEnds),
);

struct EverySignalEnds;

/// What became of a signal and its redeliveries.
struct Chain<'a> {
    last: SignalId,
    signal: &'a Signal,
    deliveries: u64,
    ended_well: bool,
}

impl Check for EverySignalEnds {
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, tally: &mut Tally) {
        if !matches!(step.observation, Observation::Ended { .. }) {
            return;
        }
        for chain in chains(state).values() {
            judge(chain, step, state, tally);
        }
        if settings.accepted_at_least > 0 {
            tally.checked();
        }
        if state.accepted() < settings.accepted_at_least {
            tally.violate(step.now.at, || {
                let sentence = format!(
                    "Only {} of at least {} expected had been accepted when the run ended.",
                    wording::Signals(state.accepted()),
                    settings.accepted_at_least
                );
                (sentence, vec![step.now.index])
            });
        }
    }
}

fn chains(state: &State) -> BTreeMap<SignalId, Chain<'_>> {
    let mut chains: BTreeMap<SignalId, Chain<'_>> = BTreeMap::new();
    for (id, signal) in state.signals() {
        let chain = chains.entry(signal.chain).or_insert(Chain { last: id, signal, deliveries: 0, ended_well: false });
        if chain.signal.sent <= signal.sent {
            (chain.last, chain.signal) = (id, signal);
        }
        chain.deliveries += 1;
        chain.ended_well |= match signal.answer {
            Some((_, Answer::Accepted)) => true,
            // For news that an alert is over, 200 is the right answer.
            Some((_, Answer::Ignored)) => signal.resolved,
            _ => false,
        };
    }
    chains
}

fn judge(chain: &Chain<'_>, step: &Step<'_>, state: &State, tally: &mut Tally) {
    let Chain { last, signal, deliveries, ended_well } = *chain;
    let during_faults = state.faults_stopped().is_none_or(|stopped| signal.sent.at < stopped);
    let wrong = match signal.answer {
        _ if ended_well => None,
        None => Some("was never answered"),
        Some(_) if signal.retried && state.faults_stopped().is_none() => return tally.undecided(),
        Some(_) if signal.retried => Some("was not accepted, though its sender retries until it is"),
        Some((_, Answer::Lost)) if !during_faults => Some("got no answer, though no fault was there any more"),
        Some(_) => None,
    };
    tally.checked();
    let Some(wrong) = wrong else { return };
    tally.violate(step.now.at, || {
        let sentence = format!(
            "{} of {}, sent at {}{}, {wrong}.",
            wording::Signal(last),
            wording::Fingerprint(&signal.fingerprint),
            wording::Seconds(signal.sent.at),
            if deliveries > 1 { format!(" as delivery {deliveries} of the same alert") } else { String::new() },
        );
        let answered = signal.answer.map(|(answered, _)| answered.index);
        (wording::sentence(&sentence), [signal.sent.index].into_iter().chain(answered).collect())
    });
}
