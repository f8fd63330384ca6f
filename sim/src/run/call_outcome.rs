//! Call outcomes: what becomes of an API call that reaches its server, decided by a trigger, a rule or chance before
//! anything is executed.
use super::{
    api_faults::{
        WEBHOOK_TIMEOUT, false_error, lagging, made_in_between, refusal, refused_with, timeout, webhook_timeout,
    },
    fault_rule::{CallVerdict, CallView},
    state::RunState,
    stream::Flaw,
    trigger::Effect,
};
use crate::{
    choice::{Alternative, CALL_DELAYS, CALL_FAULTS, COPY_DELAYS, FALSE_ERRORS, Label, SECOND_ANSWERS},
    faults::{Fault, FaultKind},
};
use apiserver::Answer;
use std::time::Duration;

/// Outcome of a call that has reached its server.
pub(crate) enum CallOutcome {
    /// It is executed after this long, and its caller gets this reply.
    Executed(Duration, Reply),
    /// It is refused by RBAC.
    Forbidden,
    /// It is answered from the server's cache.
    FromCache,
    /// It is not executed. It is answered so, or its connection breaks.
    Refused(Option<Answer>),
    /// It is answered so now, and executed after this long.
    ExecutedLate(Answer, Duration),
    /// It is executed now and again after this long; its caller gets the second answer.
    ExecutedTwice(Duration),
    /// It is answered so after this long, and not executed.
    RefusedLate(Answer, Duration),
}

/// Reply that the caller of an executed call gets.
pub(crate) enum Reply {
    /// The answer.
    Answer,
    /// An error that says the call failed.
    FalseError(Answer),
    /// The answer without the second half of its body.
    CutOff,
    /// A broken connection.
    Broken,
    /// Nothing, ever.
    Nothing,
    /// The answer, which opens a watch with this flaw.
    Flawed(Flaw),
}

impl CallOutcome {
    /// The call is executed now and answered.
    pub(crate) const ANSWERED: CallOutcome = CallOutcome::Executed(Duration::ZERO, Reply::Answer);

    const fn now(reply: Reply) -> Self {
        CallOutcome::Executed(Duration::ZERO, reply)
    }
}

impl RunState {
    /// Outcome of a call by chance: an overloaded cache, a rule of the user's, a fault of calls, or the plain answer.
    pub(crate) fn choose_outcome(&mut self, call: &CallView<'_>) -> CallOutcome {
        self.lagging_cache(call)
            .or_else(|| self.by_rule(call))
            .or_else(|| self.by_fault(call))
            .unwrap_or(CallOutcome::ANSWERED)
    }

    /// A consistent list whose cache is behind may be refused.
    fn lagging_cache(&mut self, call: &CallView<'_>) -> Option<CallOutcome> {
        let per_mille = self.faults.lagging_cache_per_mille;
        if per_mille == 0 || !self.api.list_finds_cache_behind(call.server, call.request) {
            return None;
        }
        self.choices.rarely(per_mille, Label::LaggingCache, 1, |_| FaultKind::LaggingCache.into())?;
        self.deliver_fault(FaultKind::LaggingCache, Some(call.id), None);
        Some(CallOutcome::Refused(Some(lagging(self.api.revision()))))
    }

    /// A rule that the user added may strike.
    fn by_rule(&mut self, call: &CallView<'_>) -> Option<CallOutcome> {
        for index in 0..self.rules.len() {
            let rule = &mut self.rules[index];
            let (name, per_mille) = (rule.name, rule.per_mille);
            let verdict = rule.rule.on_call(call);
            let strikes = verdict.applies_to(call)
                && self.choices.rarely(per_mille, Label::CustomFault, 1, |_| Alternative::Named(name)).is_some();
            if strikes && let Some(outcome) = outcome_of(verdict) {
                self.deliver_fault(Fault::Named(name), Some(call.id), call.replica);
                return Some(outcome);
            }
        }
        None
    }

    fn by_fault(&mut self, call: &CallView<'_>) -> Option<CallOutcome> {
        if self.so_far.calls >= self.faults.max_call_faults {
            return None;
        }
        let kind = self.choices.rarely_from(self.faults.call_fault_per_mille, &CALL_FAULTS)?;
        let outcome = self.outcome_of_fault(call, kind)?;
        self.so_far.calls += 1;
        Some(outcome)
    }

    /// Outcome of a call that a trigger strikes; None for effects on its replica.
    pub(crate) fn outcome_of_effect(&mut self, call: &CallView<'_>, effect: Effect) -> Option<CallOutcome> {
        match effect {
            Effect::Fault(kind) => Some(self.outcome_of_fault(call, kind).unwrap_or(CallOutcome::ANSWERED)),
            Effect::Late(after) => {
                self.deliver_fault(FaultKind::LateWrite, Some(call.id), None);
                Some(CallOutcome::ExecutedLate(timeout(), after))
            }
            Effect::Twice { answer, after } => {
                self.deliver_fault(FaultKind::SentTwice, Some(call.id), None);
                Some(twice(answer, after))
            }
            Effect::Forbid => {
                self.deliver_fault(FaultKind::Refused, Some(call.id), None);
                Some(CallOutcome::Forbidden)
            }
            _ => None,
        }
    }

    /// Outcome of a call that a fault strikes; None if the fault cannot take effect on such a call.
    fn outcome_of_fault(&mut self, call: &CallView<'_>, kind: FaultKind) -> Option<CallOutcome> {
        let write = call.is_write();
        let outcome = match kind {
            FaultKind::Delay => CallOutcome::Executed(self.choices.choose_from(&CALL_DELAYS), Reply::Answer),
            FaultKind::LostRequest => CallOutcome::Refused(None),
            FaultKind::Conflict if self.conflict_with(call) => CallOutcome::ANSWERED,
            FaultKind::StaleRead if self.api.read_finds_cache_behind(call.server, call.request) => {
                CallOutcome::FromCache
            }
            FaultKind::LostAnswer if write => CallOutcome::now(Reply::Broken),
            FaultKind::FalseError if write => {
                CallOutcome::now(Reply::FalseError(false_error(self.choices.choose_from(&FALSE_ERRORS))))
            }
            FaultKind::LateWrite if write => {
                CallOutcome::ExecutedLate(timeout(), self.choices.choose_from(&CALL_DELAYS))
            }
            FaultKind::Hang => CallOutcome::now(Reply::Nothing),
            FaultKind::CutOff => CallOutcome::now(Reply::CutOff),
            FaultKind::SentTwice if write => {
                twice(self.choices.choose_from(&SECOND_ANSWERS), self.choices.choose_from(&COPY_DELAYS))
            }
            FaultKind::WebhookSlow if write => match self.choices.choose_from(&CALL_DELAYS) {
                delay if delay < WEBHOOK_TIMEOUT => CallOutcome::Executed(delay, Reply::Answer),
                _ => CallOutcome::RefusedLate(webhook_timeout(), WEBHOOK_TIMEOUT),
            },
            FaultKind::SilentWatch if call.is_watch() => CallOutcome::now(Reply::Flawed(Flaw::Silent)),
            FaultKind::RepeatedEvents if call.is_watch() => CallOutcome::now(Reply::Flawed(Flaw::Repeating)),
            FaultKind::WebhookDenies | FaultKind::PolicyDenies | FaultKind::SentTwice if !write => return None,
            FaultKind::QuotaSpent if *call.method() != http::Method::POST => return None,
            kind => CallOutcome::Refused(Some(refusal(kind)?)),
        };
        self.deliver_fault(kind, Some(call.id), None);
        Some(outcome)
    }
}

/// Outcome of a call that a layer in between sends twice. With an answer of that layer's own the second copy is not
/// executed; the first may arrive after that answer.
fn twice(answer: Option<u16>, after: Duration) -> CallOutcome {
    match answer {
        None => CallOutcome::ExecutedTwice(after),
        Some(status) if after.is_zero() => CallOutcome::now(Reply::FalseError(made_in_between(status))),
        Some(status) => CallOutcome::ExecutedLate(made_in_between(status), after),
    }
}

/// Outcome of a call that a rule strikes; None for the verdict that lets it pass.
fn outcome_of(verdict: CallVerdict) -> Option<CallOutcome> {
    Some(match verdict {
        CallVerdict::Pass => return None,
        CallVerdict::Delay(delay) => CallOutcome::Executed(delay, Reply::Answer),
        CallVerdict::Refuse(status, message) => CallOutcome::Refused(Some(refused_with(status, &message))),
        CallVerdict::LoseRequest => CallOutcome::Refused(None),
        CallVerdict::LoseAnswer => CallOutcome::now(Reply::Broken),
        CallVerdict::ExecuteLate(after) => CallOutcome::ExecutedLate(timeout(), after),
        CallVerdict::Hang => CallOutcome::now(Reply::Nothing),
    })
}
