//! API calls at their server: their outcomes, their execution, their answers.
//!
//! A call is a task of its server, not of its connection: a caller who disconnects takes nothing back.
use super::{
    outcomes::NetworkOutcome,
    pending::Call,
    shared::{NetworkRun, Shared},
};
use crate::{
    choice::{Alternative, Label},
    event::{CallEnd, CallId, Event},
    faults::FaultKind,
    run::{
        api_faults::{cut_off, from_cache},
        call_outcome::{CallOutcome, Reply},
        stream::Flaw,
    },
    service::{BrokenConnection, CallResult, wire},
};
use apiserver::{Answer, AnswerBody};
use std::{sync::atomic::Ordering::Relaxed, time::Duration};
use tokio::sync::oneshot;

/// When a watch without timeoutSeconds ends, in seconds: kube-apiserver's `--min-request-timeout`.
const WATCH_TIMEOUT: u32 = 1_800;

impl Shared {
    /// Decides what becomes of a call, and lets it happen.
    pub(super) async fn handle(self, call: Call, caller: oneshot::Sender<CallResult>) {
        let outcome = self.lock().outcome(&call);
        match outcome {
            NetworkOutcome::Decided(outcome) => self.complete(call, outcome, caller).await,
            NetworkOutcome::Abandoned(after) => {
                self.hold_back(after).await;
                self.abandoned(call, caller);
            }
        }
    }

    async fn complete(&self, call: Call, outcome: CallOutcome, caller: oneshot::Sender<CallResult>) {
        match outcome {
            CallOutcome::Executed(after, reply) => {
                self.hold_back(after).await;
                self.execute(&call, reply, caller);
            }
            CallOutcome::Forbidden => {
                self.lock().run.forbids.store(true, Relaxed);
                self.execute(&call, Reply::Answer, caller);
                self.lock().run.forbids.store(false, Relaxed);
            }
            CallOutcome::FromCache => {
                let call = Call { request: from_cache(call.request), ..call };
                self.execute(&call, Reply::Answer, caller);
            }
            CallOutcome::Refused(answer) => {
                self.lock().drop_call(call.id);
                let _ = caller.send(answer.map_or(Err(BrokenConnection), |answer| wire(answer).0));
            }
            CallOutcome::RefusedLate(answer, after) => {
                self.hold_back(after).await;
                self.lock().drop_call(call.id);
                let _ = caller.send(wire(answer).0);
            }
            CallOutcome::ExecutedLate(answer, after) => {
                let _ = caller.send(wire(answer).0);
                self.hold_back(after).await;
                self.execute(&call, Reply::Broken, oneshot::channel().0);
            }
            CallOutcome::ExecutedTwice(after) => {
                self.execute(&call, Reply::Broken, oneshot::channel().0);
                self.hold_back(after).await;
                self.execute(&call, Reply::Answer, caller);
            }
        }
    }

    async fn hold_back(&self, duration: Duration) {
        if !duration.is_zero() {
            self.lock().queues.held_back += 1;
            tokio::time::sleep(duration).await;
            self.lock().queues.held_back -= 1;
        }
    }

    fn abandoned(&self, call: Call, caller: oneshot::Sender<CallResult>) {
        let revision = {
            let mut state = self.lock();
            let name = |picked| Alternative::Named(["executed", "dropped"][picked]);
            if state.run.exploring() && state.run.choices.choose(Label::Abandoned, 2, name) == 1 {
                return state.drop_call(call.id);
            }
            state.run.api.revision()
        };
        self.execute(&call, Reply::Answer, caller);
        let run = &mut self.lock().run;
        if run.api.revision() > revision {
            run.deliver_fault(FaultKind::AbandonedWrite, Some(call.id), None);
        }
    }

    fn execute(&self, call: &Call, reply: Reply, caller: oneshot::Sender<CallResult>) {
        let mut state = self.lock();
        state.count_disorder(call.id);
        let answer = state.run.execute(call.id, call.actor, call.server, &call.request);
        let flaw = if let Reply::Flawed(flaw) = reply { Some(flaw) } else { None };
        if matches!(reply, Reply::Answer | Reply::Flawed(_)) {
            if let AnswerBody::Watch(watch) = answer.body {
                let timeout = state.run.api.watch_timeout(watch).unwrap_or(WATCH_TIMEOUT);
                tokio::spawn(self.clone().expire(watch, Duration::from_secs(timeout.into())));
            }
            state.answer(call, answer, flaw, caller);
        } else {
            if let AnswerBody::Watch(watch) = answer.body {
                state.run.api.close_watch(watch);
            }
            match reply {
                Reply::FalseError(answer) => _ = caller.send(wire(answer).0),
                Reply::CutOff => _ = caller.send(wire(cut_off(answer)).0),
                Reply::Nothing => {
                    state.queues.unanswered.push(caller);
                    state.run.emit(&Event::CallAnswered { call: call.id, end: CallEnd::Silent });
                }
                Reply::Broken | Reply::Answer | Reply::Flawed(_) => _ = caller.send(Err(BrokenConnection)),
            }
        }
        state.send_lines();
        drop(state);
        self.behind.iter().for_each(tokio::sync::Notify::notify_one);
    }
}

impl NetworkRun {
    /// Records that a call will not be executed.
    fn drop_call(&mut self, id: CallId) {
        self.queues.waiting.remove(&id);
        self.run.emit(&Event::CallDropped { call: id });
    }

    fn count_disorder(&mut self, id: CallId) {
        let waiting = &mut self.queues.waiting;
        waiting.remove(&id);
        if self.run.exploring() {
            if waiting.first().is_some_and(|first| *first < id) {
                self.run.count_fault(FaultKind::Reorder);
            }
            if self.run.api.lagging().next().is_some() {
                self.run.count_fault(FaultKind::WatchLag);
            }
        }
    }

    fn answer(&mut self, call: &Call, answer: Answer, flaw: Option<Flaw>, caller: oneshot::Sender<CallResult>) {
        let (result, lines) = wire(answer);
        let received = caller.send(result).is_ok();
        let Some(lines) = lines else { return };
        let watch = lines.0;
        let opened = if received { self.run.open_watch(call.actor, &call.request, lines, (None, flaw)) } else { None };
        match opened {
            Some(stream) => self.run.streams.push(stream),
            None => self.run.api.close_watch(watch),
        }
    }
}
