//! `quiet_is_quiet`: replicas without work make almost no API calls.
//!
//! Replicas that fight over an object with conflicts and retries, without a signal, never stop. Such a livelock shows
//! as API calls that continue after the last signal, the last fault and a time to quiesce.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Micros, Observation},
    settings::Settings,
    state::{State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::liveness(
    "quiet_is_quiet",
    "with no signals and no faults, replicas quiesce and make almost no API calls",
    || Box::new(QuietIsQuiet { calls: 0, first: Vec::new() }),
);

const MINUTE: Micros = 60_000_000;
const SHOWN: usize = 3;

struct QuietIsQuiet {
    calls: u64,
    /// The first calls, as evidence.
    first: Vec<usize>,
}

impl Check for QuietIsQuiet {
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, summary: &mut Summary) {
        match step.observation {
            Observation::ApiCalled { actor, .. } if actor.is_replica() => {
                let Some(since) = state.quiet_since() else { return };
                if step.now.at < since + settings.quiesce {
                    return;
                }
                self.calls += 1;
                if self.first.len() < SHOWN {
                    self.first.push(step.now.index);
                }
            }
            Observation::Ended { at } => self.judge(*at, state, settings, summary),
            _ => {}
        }
    }
}

impl QuietIsQuiet {
    fn judge(&self, ended: Micros, state: &State, settings: &Settings, summary: &mut Summary) {
        let begin = state.quiet_since().map(|since| since + settings.quiesce);
        let Some(quiet) = begin.and_then(|begin| ended.checked_sub(begin)).filter(|quiet| *quiet > 0) else {
            return;
        };
        summary.checked();
        let allowed = settings.quiet_calls_per_minute.saturating_mul(quiet.div_ceil(MINUTE));
        if self.calls <= allowed {
            return;
        }
        summary.violate(ended, || {
            let sentence = format!(
                "Replicas made {} API calls in the last {} with no signal and no fault; {allowed} are allowed.",
                self.calls,
                display::Seconds(quiet),
            );
            (sentence, self.first.clone())
        });
    }
}
