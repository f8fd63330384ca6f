//! Outcomes of calls over the network: decided when a call reaches its server.
use super::{pending::Call, shared::NetworkRun};
use crate::{
    choice::FAULT_MOMENTS,
    run::{
        call_outcome::{CallOutcome, Reply},
        disruption::{Disruption, Strike},
        trigger::Effect,
    },
};
use std::time::Duration;

/// Time after a doomed process's call at which it is sure to be gone.
const AFTER_CRASH: Duration = Duration::from_millis(2);

/// Chance looks at the world at each API call. The direct transport looks at each step, and a call has about four.
const STEPS_PER_CALL: u32 = 4;

/// Outcome of a call over the network.
pub(super) enum NetworkOutcome {
    /// An outcome as over either transport.
    Decided(CallOutcome),
    /// Its caller has stopped waiting: whether it is executed is chosen after this long.
    Abandoned(Duration),
}

impl NetworkRun {
    /// Decides what becomes of a call.
    pub(super) fn outcome(&mut self, call: &Call) -> NetworkOutcome {
        let actor = self.run.actor(call.actor);
        if !self.run.exploring() || actor.exempt {
            return NetworkOutcome::Decided(CallOutcome::ANSWERED);
        }
        let (replica, gone) = (actor.replica, actor.gone);
        let view = self.run.view(call.id, call.actor, call.server, &call.request);
        if let Some(effect) = self.run.triggers.strike(&call.request.method, &call.request.target, replica) {
            return match self.run.outcome_of_effect(&view, effect) {
                Some(outcome) => NetworkOutcome::Decided(outcome),
                None => self.strike_replica(effect, replica),
            };
        }
        if gone {
            return NetworkOutcome::Abandoned(Duration::ZERO);
        }
        self.choose_disruption();
        NetworkOutcome::Decided(self.run.choose_outcome(&view))
    }

    /// A trigger strikes the replica of a call.
    fn strike_replica(&mut self, effect: Effect, replica: Option<usize>) -> NetworkOutcome {
        let Some(replica) = replica else { return NetworkOutcome::Decided(CallOutcome::ANSWERED) };
        let (disruption, outcome) = match effect {
            Effect::CrashBefore { restart } => {
                (Disruption::Crash { replica, restart }, NetworkOutcome::Abandoned(AFTER_CRASH))
            }
            Effect::PauseBefore(duration) => {
                let later = CallOutcome::Executed(duration, Reply::Answer);
                (Disruption::Pause { replica, duration }, NetworkOutcome::Decided(later))
            }
            Effect::CrashAfter { restart } => {
                (Disruption::Crash { replica, restart }, NetworkOutcome::Decided(CallOutcome::ANSWERED))
            }
            Effect::PauseAfter(duration) => {
                (Disruption::Pause { replica, duration }, NetworkOutcome::Decided(CallOutcome::ANSWERED))
            }
            _ => return NetworkOutcome::Decided(CallOutcome::ANSWERED),
        };
        // The driver obeys before the next tick, and no answer arrives within the tick that sent it.
        self.order(Duration::ZERO, disruption);
        outcome
    }

    /// At some calls, a disruption is chosen that strikes a little later.
    fn choose_disruption(&mut self) {
        let chances = |per_mille: u32| (per_mille * STEPS_PER_CALL).min(1_000);
        let (world, server) = (self.run.faults.world_fault_per_mille, self.run.faults.server_fault_per_mille);
        if let Some(disruption) = self.run.choose_world_fault(chances(world), Strike::Later) {
            if disruption == Disruption::Disconnect {
                self.run.so_far.disconnects += 1;
            }
            self.order_soon(disruption);
        }
        if let Some(disruption) = self.run.choose_server_fault(chances(server), Strike::Later) {
            self.order_soon(disruption);
        }
    }

    fn order_soon(&mut self, disruption: Disruption) {
        let moment = self.run.choices.choose_from(&FAULT_MOMENTS);
        self.order(moment, disruption);
    }

    /// Orders a disruption from the driver, after this long.
    pub(super) fn order(&mut self, after: Duration, disruption: Disruption) {
        let due = self.run.time.micros() + after.as_micros() as u64;
        self.queues.orders.push((due, disruption));
    }

    /// Takes the orders that are due.
    pub(super) fn due_orders(&mut self) -> Vec<Disruption> {
        let now = self.run.time.micros();
        self.queues.orders.extract_if(.., |(due, _)| *due <= now).map(|(_, order)| order).collect()
    }
}
