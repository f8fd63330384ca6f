//! `nothing_unprocessed_is_accepted`: an answer that ends the sender's retries means that the signal is stored.
//!
//! Alertmanager retries after a 5xx and after no other status, 429 included: a 4xx, or a 2xx without a commit, loses
//! the signal. Signals that the gateway must refuse (malformed, out of scope) are not observed as sent: every signal
//! here is one that it must store.
//!
//! A member of a group may be stored while the group is answered 5xx because of another member. A later delivery may
//! then be accepted for that occurrence, as long as no more signals are accepted than were counted.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Observation, Reply},
    settings::Settings,
    state::{Signal, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "nothing_unprocessed_is_accepted",
    "a valid signal that was not stored is answered with a 5xx and Retry-After, never with a 2xx or a 4xx",
    || Box::new(NothingUnprocessedIsAccepted),
);

struct NothingUnprocessedIsAccepted;

impl Check for NothingUnprocessedIsAccepted {
    fn observe(&mut self, step: &Step<'_>, state: &State, _: &Settings, summary: &mut Summary) {
        let Observation::SignalAnswered { signal: id, reply, .. } = step.observation else { return };
        let Some(signal) = state.signal(*id).filter(|signal| !signal.resolved) else { return };
        let sent = state.first_sent(*id).unwrap_or(signal.sent);
        let last_raise = state.fingerprint(&signal.fingerprint).and_then(|facts| facts.last_raise);
        let wrong = match reply {
            Reply::Created { name } | Reply::Duplicate { name, .. }
                if last_raise < Some(sent.index) && !(name.is_none() && has_spare(state, signal)) =>
            {
                Some("but no signal of its fingerprint was counted since it was sent")
            }
            Reply::Ignored => Some("so its sender does not repeat it"),
            Reply::ClientError { .. } => Some("which Alertmanager does not retry"),
            Reply::ServerError { retry_after: false, .. } => Some("without Retry-After"),
            Reply::Created { .. } | Reply::Duplicate { .. } | Reply::ServerError { .. } => None,
            Reply::Lost => return,
        };
        summary.checked();
        let Some(wrong) = wrong else { return };
        summary.violate(step.now.at, || {
            let sentence = format!(
                "{} of {} {} at {}, {wrong}.",
                display::Signal(*id),
                display::Fingerprint(&signal.fingerprint),
                display::Answered(reply),
                display::Seconds(step.now.at),
            );
            (display::sentence(&sentence), vec![signal.sent.index, step.now.index])
        });
    }
}

/// Whether an occurrence of a signal that was answered 5xx is left for this one, which is among the accepted already.
fn has_spare(state: &State, signal: &Signal) -> bool {
    let Some(facts) = state.fingerprint(&signal.fingerprint) else { return false };
    facts.ambiguous > 0 && facts.counted >= i64::try_from(facts.accepted).unwrap_or(i64::MAX)
}
