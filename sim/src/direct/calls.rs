//! API calls over the direct transport: their outcomes, their execution, and the way of their answers.
use super::{
    pending::{Call, PendingAnswer},
    shared::DirectRun,
};
use crate::{
    choice::{Access, Alternative, Label},
    digest::mix,
    event::{CallEnd, Event},
    faults::FaultKind,
    run::{
        api_faults::{cut_off, from_cache},
        call_outcome::{CallOutcome, Reply},
        disruption::Disruption,
        stream::{Expiry, Stream},
        trigger::Effect,
    },
    service::{BrokenConnection, CallResult, wire},
};
use apiserver::{Answer, AnswerBody};
use bytes::Bytes;
use std::{sync::atomic::Ordering::Relaxed, time::Duration};
use tokio::sync::oneshot;

/// When a watch without timeoutSeconds ends, in seconds: kube-apiserver's `--min-request-timeout`.
const WATCH_TIMEOUT: u32 = 1_800;
/// Microseconds before the end of a watch at which it sends a last bookmark.
const LAST_BOOKMARK: u64 = 2_000_000;

impl DirectRun {
    /// Executes and answers a call in one go, while booting.
    pub(super) fn answer_at_once(&mut self, call: &Call) -> CallResult {
        let (result, _, _, opens) = self.execute(call);
        self.run.streams.extend(opens);
        result
    }

    /// The call at this index is next: a fault strikes it, or it is executed and its answer is on its way. Gives what
    /// happens to its replica besides.
    pub(super) fn commit(&mut self, index: usize) -> Option<Disruption> {
        let call = &self.queues.calls[index];
        let (actor, explored) = (self.run.actor(call.actor), self.run.exploring() && !call.decided);
        if !explored || actor.exempt {
            return self.commit_decided(index);
        }
        let (server, replica) = (actor.server, actor.replica);
        let view = self.run.view(call.id, call.actor, server, &call.request);
        if let Some(effect) = self.run.triggers.strike(&call.request.method, &call.request.target, replica) {
            return match self.run.outcome_of_effect(&view, effect) {
                Some(outcome) => self.apply(index, outcome),
                None => self.strike_replica(index, effect, replica),
            };
        }
        if call.caller.as_ref().is_none_or(oneshot::Sender::is_closed) {
            return self.abandoned(index);
        }
        let outcome = self.run.choose_outcome(&view);
        self.apply(index, outcome)
    }

    /// Completes a call whose outcome was decided before.
    fn commit_decided(&mut self, index: usize) -> Option<Disruption> {
        let mut call = self.queues.calls.remove(index);
        match call.instead.take() {
            Some(answer) => self.refuse(call, Some(answer)),
            None => _ = self.execute_and_answer(call),
        }
        None
    }

    fn apply(&mut self, index: usize, outcome: CallOutcome) -> Option<Disruption> {
        let (CallOutcome::Executed(after, _) | CallOutcome::RefusedLate(_, after)) = &outcome else {
            let call = self.queues.calls.remove(index);
            self.complete(index, call, outcome);
            return None;
        };
        if after.is_zero() {
            let call = self.queues.calls.remove(index);
            self.complete(index, call, outcome);
            return None;
        }
        let not_before = self.run.time.micros() + after.as_micros() as u64;
        let call = &mut self.queues.calls[index];
        (call.decided, call.not_before) = (true, not_before);
        if let CallOutcome::RefusedLate(answer, _) = outcome {
            call.instead = Some(answer);
        }
        None
    }

    /// Completes a call that is not held back.
    fn complete(&mut self, index: usize, mut call: Call, outcome: CallOutcome) {
        match outcome {
            CallOutcome::Executed(_, Reply::Answer) => _ = self.execute_and_answer(call),
            CallOutcome::Executed(_, Reply::FalseError(answer)) => {
                self.execute_unread(&call);
                self.answer(call, answer);
            }
            CallOutcome::Executed(_, Reply::CutOff) => {
                call.cut_off = true;
                self.execute_and_answer(call);
            }
            CallOutcome::Executed(_, Reply::Flawed(flaw)) => {
                call.flaw = Some(flaw);
                self.execute_and_answer(call);
            }
            CallOutcome::Executed(_, Reply::Broken) => {
                self.execute_unread(&call);
                self.reply(call, (Err(BrokenConnection), 0), CallEnd::Broken, None);
            }
            CallOutcome::Executed(_, Reply::Nothing) => {
                self.execute_unread(&call);
                self.queues.unanswered.extend(call.caller.take());
                self.run.emit(&Event::CallAnswered { call: call.id, end: CallEnd::Silent });
            }
            CallOutcome::Forbidden => {
                self.run.forbids.store(true, Relaxed);
                self.execute_and_answer(call);
                self.run.forbids.store(false, Relaxed);
            }
            CallOutcome::FromCache => {
                call.request = from_cache(call.request);
                self.execute_and_answer(call);
            }
            CallOutcome::Refused(answer) => self.refuse(call, answer),
            CallOutcome::RefusedLate(answer, _) => self.refuse(call, Some(answer)),
            CallOutcome::ExecutedLate(answer, after) => self.execute_late(index, call, answer, after),
            CallOutcome::ExecutedTwice(after) => self.execute_twice(index, call, after),
        }
    }

    /// A trigger strikes the replica of a call.
    fn strike_replica(&mut self, index: usize, effect: Effect, replica: Option<usize>) -> Option<Disruption> {
        let disruption = replica.and_then(|replica| match effect {
            Effect::CrashBefore { restart } | Effect::CrashAfter { restart } => {
                Some(Disruption::Crash { replica, restart })
            }
            Effect::PauseBefore(duration) | Effect::PauseAfter(duration) => {
                Some(Disruption::Pause { replica, duration })
            }
            _ => None,
        });
        match effect {
            Effect::CrashBefore { .. } if replica.is_some() => {}
            Effect::PauseBefore(duration) if replica.is_some() => {
                self.queues.calls[index].not_before = self.run.time.micros() + duration.as_micros() as u64;
            }
            _ => {
                let call = self.queues.calls.remove(index);
                self.execute_and_answer(call);
            }
        }
        disruption
    }

    /// The caller is gone: the server may have read the request or not.
    fn abandoned(&mut self, index: usize) -> Option<Disruption> {
        let call = self.queues.calls.remove(index);
        let id = call.id;
        let name = |picked| Alternative::Named(["executed", "dropped"][picked]);
        if self.run.choices.choose(Label::Abandoned, 2, name) == 1 {
            self.run.emit(&Event::CallDropped { call: id });
        } else if self.execute_and_answer(call) {
            self.run.deliver_fault(FaultKind::AbandonedWrite, Some(id), None);
        }
        None
    }

    /// Answers the call now, and executes it after `delay`.
    fn execute_late(&mut self, index: usize, mut call: Call, answer: Answer, delay: Duration) {
        let answered = Call { caller: call.caller.take(), request: call.request.clone(), instead: None, ..call };
        call.not_before = self.run.time.micros() + delay.as_micros() as u64;
        call.decided = true;
        self.queues.calls.insert(index, call);
        self.answer(answered, answer);
    }

    /// Executes the first copy of a call now, and the second, which its caller gets the answer to, after `delay`.
    fn execute_twice(&mut self, index: usize, mut call: Call, delay: Duration) {
        self.execute_unread(&call);
        if delay.is_zero() {
            self.execute_and_answer(call);
            return;
        }
        call.not_before = self.run.time.micros() + delay.as_micros() as u64;
        call.decided = true;
        self.queues.calls.insert(index, call);
    }

    /// Answers a call that is not executed, or breaks its connection.
    fn refuse(&mut self, call: Call, answer: Option<Answer>) {
        self.run.emit(&Event::CallDropped { call: call.id });
        match answer {
            Some(answer) => self.answer(call, answer),
            None => self.reply(call, (Err(BrokenConnection), 0), CallEnd::Broken, None),
        }
    }

    fn answer(&mut self, call: Call, answer: Answer) {
        let end = CallEnd::Status(answer.status);
        let content = self.content(&answer);
        let (result, _) = wire(answer);
        self.reply(call, (result, content), end, None);
    }

    fn reply(&mut self, call: Call, (result, content): (CallResult, u64), end: CallEnd, opens: Option<Stream>) {
        let Call { id, actor, ordinal, .. } = call;
        if let Some(caller) = call.caller {
            self.queues.answers.push(PendingAnswer { id, actor, ordinal, content, caller, result, end, opens });
        }
    }

    /// Hash of an answer's canonical content, if the run has a digest.
    fn content(&self, answer: &Answer) -> u64 {
        let body = match &answer.body {
            AnswerBody::Full(body) => body,
            AnswerBody::Watch(_) => &Bytes::new(),
        };
        self.run.digest.as_ref().map_or(0, |digest| mix((answer.status, digest.text(body))))
    }

    /// Executes the call and sends its answer on its way; true if it wrote.
    fn execute_and_answer(&mut self, call: Call) -> bool {
        let before = self.run.api.revision();
        let (result, content, end, opens) = self.execute(&call);
        self.reply(call, (result, content), end, opens);
        self.run.api.revision() > before
    }

    /// Executes a call whose answer is not read.
    fn execute_unread(&mut self, call: &Call) {
        let (_, _, _, opens) = self.execute(call);
        if let Some(stream) = opens {
            self.run.api.close_watch(stream.watch);
        }
    }

    fn execute(&mut self, call: &Call) -> (CallResult, u64, CallEnd, Option<Stream>) {
        let server = self.run.server_of(call.actor);
        let answer = self.run.execute(call.id, call.actor, server, &call.request);
        let answer = if call.cut_off { cut_off(answer) } else { answer };
        let (end, content) = (CallEnd::Status(answer.status), self.content(&answer));
        let at = self.run.time.micros();
        if let (Access::Collection, Some(digest)) = (call.access.access, &mut self.run.digest) {
            digest.collection(call.actor, at, call.ordinal);
        }
        let (result, lines) = wire(answer);
        let opens = lines.and_then(|lines| {
            let now = self.run.time.micros();
            let until = now + u64::from(self.run.api.watch_timeout(lines.0).unwrap_or(WATCH_TIMEOUT)) * 1_000_000;
            let bookmark_at = until.checked_sub(LAST_BOOKMARK).filter(|at| *at > now);
            let expiry = Some(Expiry { until, bookmark_at });
            self.run.open_watch(call.actor, &call.request, lines, (expiry, call.flaw))
        });
        (result, content, end, opens)
    }

    /// The answer at this index reaches its caller.
    pub(super) fn deliver(&mut self, index: usize) {
        let answer = self.queues.answers.remove(index);
        self.run.emit(&Event::CallAnswered { call: answer.id, end: answer.end });
        let at = self.run.time.micros();
        if let Some(digest) = &mut self.run.digest {
            digest.receive(answer.actor, at, mix((answer.ordinal, answer.content)));
        }
        let delivered = answer.caller.send(answer.result).is_ok();
        match answer.opens {
            Some(stream) if delivered => self.run.streams.push(stream),
            Some(stream) => self.run.api.close_watch(stream.watch),
            None => {}
        }
    }
}
