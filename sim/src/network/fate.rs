//! Fates: what becomes of a call that reaches an API server, decided by a trigger, or by chance, before anything is executed.
use super::{calls::Call, replicas::Order, world::World};
use crate::{
    choice::Label,
    direct::{CALL_FAULTS, DELAYS, Effect, Phase},
    faults::FaultKind,
    run::{
        cluster::OUTSIDER,
        wording::{UNTRUTHS, WEBHOOK_TIMEOUT, interference, lagging, refusal, timeout, untruth, webhook_timeout},
    },
};
use apiserver::Answer;
use std::time::Duration;

/// How long after a doomed process's call it is sure to be gone.
const AFTER_CRASH: Duration = Duration::from_millis(2);

/// What becomes of a call.
pub(super) enum Fate {
    /// Executed after this long.
    Executed {
        /// True time for which it is held back.
        after: Duration,
        /// What its caller learns.
        told: Told,
    },
    /// Executed, or not, as chosen after this long: nobody waits for the answer any more.
    Abandoned(Duration),
    /// Refused by RBAC.
    Forbidden,
    /// Answered from the server's cache.
    Stale,
    /// Never executed; answered so, or the connection breaks.
    Refused(Option<Answer>),
    /// Answered so now, executed after this long.
    Late(Answer, Duration),
    /// Answered so after this long, and never executed.
    Failing(Answer, Duration),
}

/// What the caller of an executed call learns.
pub(super) enum Told {
    /// The truth.
    Truth,
    /// Something else.
    Untruth(Answer),
    /// The connection breaks.
    Broken,
    /// Nothing, ever.
    Nothing,
}

const AT_ONCE: Fate = Fate::Executed { after: Duration::ZERO, told: Told::Truth };

impl World {
    /// Decides a call's fate.
    pub(super) fn fate(&mut self, call: &Call) -> Fate {
        if self.phase != Phase::Explore || self.actor(call.actor).spared {
            return AT_ONCE;
        }
        if let Some(effect) = self.triggered(call) {
            return self.scripted(call, effect);
        }
        if self.actor(call.actor).gone {
            return Fate::Abandoned(Duration::ZERO);
        }
        self.world_fault();
        self.server_fault();
        if self.faults.lagging > 0
            && self.api.list_finds_cache_behind(call.server, &call.request)
            && self.choices.rarely(self.faults.lagging, 2, Label::CallFault) == 1
        {
            self.deliver_fault(FaultKind::LaggingCache, Some(call.id), None);
            return Fate::Refused(Some(lagging(self.api.revision())));
        }
        if self.spent.calls < self.faults.calls_max {
            let picked = self.choices.rarely(self.faults.call, CALL_FAULTS.len() + 1, Label::CallFault);
            if picked > 0
                && let Some(fate) = self.met(call, CALL_FAULTS[picked - 1])
            {
                self.spent.calls += 1;
                return fate;
            }
        }
        AT_ONCE
    }

    fn triggered(&mut self, call: &Call) -> Option<Effect> {
        let replica = self.actors[call.actor.0 as usize].replica;
        for (trigger, met) in &mut self.triggers {
            if trigger.on.matches(&call.request.method, &call.request.target, replica) {
                *met += 1;
                if *met > trigger.skip && *met <= trigger.skip + trigger.times {
                    return Some(trigger.effect);
                }
            }
        }
        None
    }

    fn scripted(&mut self, call: &Call, effect: Effect) -> Fate {
        let now = self.time.micros();
        let Some(replica) = self.actor(call.actor).replica else {
            return match effect {
                Effect::Fault(kind) => self.met(call, kind).unwrap_or(AT_ONCE),
                Effect::Late(after) => Fate::Late(timeout(), after),
                _ => AT_ONCE,
            };
        };
        let (order, fate) = match effect {
            Effect::Fault(kind) => return self.met(call, kind).unwrap_or(AT_ONCE),
            Effect::Late(after) => {
                self.deliver_fault(FaultKind::LateWrite, Some(call.id), None);
                return Fate::Late(timeout(), after);
            }
            Effect::Forbid => {
                self.deliver_fault(FaultKind::Refused, Some(call.id), None);
                return Fate::Forbidden;
            }
            Effect::CrashBefore { restart } => (Order::Crash { replica, restart }, Fate::Abandoned(AFTER_CRASH)),
            Effect::CrashAfter { restart } => (Order::Crash { replica, restart }, AT_ONCE),
            Effect::PauseBefore(duration) => {
                (Order::Pause { replica, duration }, Fate::Executed { after: duration, told: Told::Truth })
            }
            Effect::PauseAfter(duration) => (Order::Pause { replica, duration }, AT_ONCE),
        };
        // The driver obeys before the next tick, and no answer arrives within the tick that sent it.
        self.orders.push((now, order));
        fate
    }

    /// What a fault makes of the call; None when it cannot take effect on such a call.
    fn met(&mut self, call: &Call, kind: FaultKind) -> Option<Fate> {
        let write = call.request.method != http::Method::GET;
        let executed = |told| Fate::Executed { after: Duration::ZERO, told };
        let fate = match kind {
            FaultKind::Delay => Fate::Executed { after: self.delay(), told: Told::Truth },
            FaultKind::LostRequest => Fate::Refused(None),
            FaultKind::Conflict if self.interfere(call) => AT_ONCE,
            FaultKind::LostAnswer if write => executed(Told::Broken),
            FaultKind::FalseError if write => {
                executed(Told::Untruth(untruth(self.choices.choose(UNTRUTHS, Label::Untruth))))
            }
            FaultKind::LateWrite if write => Fate::Late(timeout(), self.delay()),
            FaultKind::StaleRead if self.api.read_finds_cache_behind(call.server, &call.request) => Fate::Stale,
            FaultKind::Silence => executed(Told::Nothing),
            FaultKind::WebhookDenies | FaultKind::WebhookSlow if !write => return None,
            FaultKind::WebhookSlow => match self.delay() {
                delay if delay < WEBHOOK_TIMEOUT => Fate::Executed { after: delay, told: Told::Truth },
                _ => Fate::Failing(webhook_timeout(), WEBHOOK_TIMEOUT),
            },
            kind => Fate::Refused(Some(refusal(kind)?)),
        };
        self.deliver_fault(kind, Some(call.id), None);
        Some(fate)
    }

    fn delay(&mut self) -> Duration {
        DELAYS[self.choices.choose(DELAYS.len(), Label::CallDelay)]
    }

    /// Somebody else writes the object that this call is about to write; false when there is none.
    fn interfere(&mut self, call: &Call) -> bool {
        let Some(request) = interference(&call.request, self.api.revision()) else { return false };
        let now = self.time.now();
        let answer = self.api.handle(call.server, OUTSIDER.0, &request, now);
        self.emit_commits();
        answer.status == 200
    }
}
