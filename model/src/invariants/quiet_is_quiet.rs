//! `quiet_is_quiet`: with nothing to do, nothing is done.
//!
//! Replicas that fight over an object with conflicts and retries, for no signal, never stop: a livelock shows as API calls
//! that go on after the last signal, the last fault and a time to settle.
use super::{Check, Invariant, Tally, wording};
use crate::{
    observation::{Micros, Observation},
    settings::Settings,
    state::{State, Step, is_replica},
};

pub(super) const INVARIANT: Invariant = Invariant::liveness(
    "quiet_is_quiet",
    "with no signals arriving and no faults, replicas settle and make next to no API calls",
    || Box::new(QuietIsQuiet { calls: 0, first: Vec::new() }),
);

const MINUTE: Micros = 60_000_000;
const SHOWN: usize = 3;

struct QuietIsQuiet {
    calls: u64,
    /// The first of them, to show.
    first: Vec<usize>,
}

impl Check for QuietIsQuiet {
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, tally: &mut Tally) {
        match step.observation {
            Observation::ApiCalled { actor, .. } if is_replica(*actor) => {
                let Some(since) = state.quiet_since() else { return };
                if step.now.at < since + settings.settle {
                    return;
                }
                self.calls += 1;
                if self.first.len() < SHOWN {
                    self.first.push(step.now.index);
                }
            }
            Observation::Ended { at } => self.judge(*at, state, settings, tally),
            _ => {}
        }
    }
}

impl QuietIsQuiet {
    fn judge(&self, ended: Micros, state: &State, settings: &Settings, tally: &mut Tally) {
        let settled = state.quiet_since().map(|since| since + settings.settle);
        let Some(quiet) = settled.and_then(|settled| ended.checked_sub(settled)).filter(|quiet| *quiet > 0) else {
            return tally.undecided();
        };
        tally.checked();
        let allowed = settings.quiet_calls_per_minute.saturating_mul(quiet.div_ceil(MINUTE));
        if self.calls <= allowed {
            return;
        }
        tally.violate(ended, || {
            let sentence = format!(
                "Replicas made {} API calls in the last {} with no signal and no fault; {allowed} are plenty.",
                self.calls,
                wording::Seconds(quiet),
            );
            (sentence, self.first.clone())
        });
    }
}
