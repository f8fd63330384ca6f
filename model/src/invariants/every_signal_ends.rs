//! `every_signal_ends`: no sender waits forever.
//!
//! Every signal gets an answer. During faults the connection may break instead; after them it must not. A signal that
//! is retried is accepted in the end, in one of its deliveries. A run that must accept some signals accepted that many.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
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

/// A signal with its redeliveries.
struct Chain<'a> {
    last: SignalId,
    signal: &'a Signal,
    deliveries: u64,
    ended_well: bool,
}

impl Check for EverySignalEnds {
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, summary: &mut Summary) {
        if !matches!(step.observation, Observation::Ended { .. }) {
            return;
        }
        for chain in chains(state).values() {
            judge(chain, step, state, summary);
        }
        if settings.accepted_at_least > 0 {
            summary.checked();
        }
        if state.accepted() < settings.accepted_at_least {
            summary.violate(step.now.at, || {
                let sentence = format!(
                    "Only {} accepted when the run ended; at least {} expected.",
                    display::Signals(state.accepted()),
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
            // 200 is the right answer to a resolved alert.
            Some((_, Answer::Ignored)) => signal.resolved,
            _ => false,
        };
    }
    chains
}

fn judge(chain: &Chain<'_>, step: &Step<'_>, state: &State, summary: &mut Summary) {
    let Chain { last, signal, deliveries, ended_well } = *chain;
    let during_faults = state.faults_stopped().is_none_or(|stopped| signal.sent < stopped);
    let wrong = match signal.answer {
        _ if ended_well => None,
        None => Some("was never answered"),
        Some(_) if signal.retried && state.faults_stopped().is_none() => return summary.undecided(),
        Some(_) if signal.retried => Some("was not accepted, though its sender retries until it is"),
        Some((_, Answer::Lost)) if !during_faults => Some("got no answer, though the faults had stopped"),
        Some(_) => None,
    };
    summary.checked();
    let Some(wrong) = wrong else { return };
    summary.violate(step.now.at, || {
        let sentence = format!(
            "{} of {}, sent at {}{}, {wrong}.",
            display::Signal(last),
            display::Fingerprint(&signal.fingerprint),
            display::Seconds(signal.sent.at),
            if deliveries > 1 { format!(" as delivery {deliveries} of the same alert") } else { String::new() },
        );
        let answered = signal.answer.map(|(answered, _)| answered.index);
        (display::sentence(&sentence), [signal.sent.index].into_iter().chain(answered).collect())
    });
}
