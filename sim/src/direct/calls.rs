//! API calls: executing them, the faults they meet, and the way of their answers.
use super::{
    trigger::Effect,
    world::{Call, Phase, Reply, Stream, World},
};
use crate::{
    choice::Label,
    event::{ActorId, CallEnd, Event},
    faults::FaultKind,
    run::{
        Balance,
        service::{ApiBody, BrokenConnection, CallResult},
        wording::{
            UNTRUTHS, WEBHOOK_TIMEOUT, from_cache, interference, lagging, refusal, timeout, untruth, webhook_timeout,
        },
    },
};
use apiserver::{Answer, AnswerBody, ServerId};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::sync::mpsc;

/// What may happen to a call, in the order of the choice (0 is: nothing).
pub const CALL_FAULTS: &[FaultKind] = &[
    FaultKind::Delay,
    FaultKind::TooManyRequests,
    FaultKind::InternalError,
    FaultKind::ServiceUnavailable,
    FaultKind::GatewayTimeout,
    FaultKind::LostRequest,
    FaultKind::LostAnswer,
    FaultKind::FalseError,
    FaultKind::LateWrite,
    FaultKind::Silence,
    FaultKind::Conflict,
];

/// How long a delayed call is held back: within a retry, past a call's deadline, past a request's, past a lease's.
pub const DELAYS: &[Duration] = &[
    Duration::from_millis(30),
    Duration::from_millis(400),
    Duration::from_secs(6),
    Duration::from_secs(20),
    Duration::from_secs(34),
    Duration::from_secs(55),
];

/// How long before its end a watch tells a last bookmark, in microseconds.
const LAST_BOOKMARK: u64 = 2_000_000;

/// What is to be done with the replica of a call besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aftermath {
    Nothing,
    Crash { replica: usize, restart: Duration },
    Pause { replica: usize, duration: Duration },
}

impl World {
    /// Booting: executed and answered in one go.
    pub(super) fn answer_at_once(&mut self, call: Call) -> CallResult {
        let (result, _, opens) = self.execute(&call);
        self.streams.extend(opens);
        result
    }

    /// The call at this index is next: it meets a fault, or is executed and its answer is on its way.
    pub(super) fn commit(&mut self, index: usize) -> Aftermath {
        let spared = self.actor(self.calls[index].actor).spared;
        if self.phase == Phase::Explore && !self.calls[index].settled && !spared {
            self.calls[index].settled = true;
            if let Some(effect) = self.triggered(index) {
                return self.scripted(index, effect);
            }
            if self.calls[index].caller.as_ref().is_none_or(tokio::sync::oneshot::Sender::is_closed) {
                self.abandoned(index);
                return Aftermath::Nothing;
            }
            if self.refused_as_lagging(index) {
                return Aftermath::Nothing;
            }
            if self.spent.calls < self.faults.calls_max {
                let picked = self.choices.rarely(self.faults.call, CALL_FAULTS.len() + 1, Label::CallFault);
                if picked > 0 && self.fault(index, CALL_FAULTS[picked - 1]) {
                    self.spent.calls += 1;
                    return Aftermath::Nothing;
                }
            }
        }
        match self.calls[index].instead.take() {
            Some(answer) => self.refuse_with(index, answer),
            None => {
                let call = self.calls.remove(index);
                self.execute_and_reply(call);
            }
        }
        Aftermath::Nothing
    }

    /// A consistent list whose cache is behind may find it too far behind.
    fn refused_as_lagging(&mut self, index: usize) -> bool {
        let call = &self.calls[index];
        let (id, server) = (call.id, self.actor(call.actor).server);
        let refused = self.faults.lagging > 0
            && self.api.list_finds_cache_behind(server, &call.request)
            && self.choices.rarely(self.faults.lagging, 2, Label::CallFault) == 1;
        if refused {
            self.refuse_with(index, lagging(self.api.revision()));
            self.deliver_fault(FaultKind::LaggingCache, Some(id), None);
        }
        refused
    }

    fn triggered(&mut self, index: usize) -> Option<Effect> {
        let call = &self.calls[index];
        let replica = self.actors[call.actor.0 as usize].replica;
        let mut effect = None;
        for (trigger, met) in &mut self.triggers {
            if trigger.on.matches(&call.request.method, &call.request.target, replica) {
                *met += 1;
                if *met > trigger.skip && *met <= trigger.skip.saturating_add(trigger.times) {
                    effect = effect.or(Some(trigger.effect));
                }
            }
        }
        effect
    }

    fn scripted(&mut self, index: usize, effect: Effect) -> Aftermath {
        let replica = self.actor(self.calls[index].actor).replica;
        let (aftermath, executed) = match (effect, replica) {
            (Effect::Fault(kind), _) => {
                if !self.fault(index, kind) {
                    let call = self.calls.remove(index);
                    self.execute_and_reply(call);
                }
                return Aftermath::Nothing;
            }
            (Effect::Late(after), _) => {
                let id = self.calls[index].id;
                self.late(index, after);
                self.deliver_fault(FaultKind::LateWrite, Some(id), None);
                return Aftermath::Nothing;
            }
            (Effect::Forbid, _) => {
                let call = self.calls.remove(index);
                self.deliver_fault(FaultKind::Refused, Some(call.id), None);
                self.forbids.store(true, Relaxed);
                self.execute_and_reply(call);
                self.forbids.store(false, Relaxed);
                return Aftermath::Nothing;
            }
            (Effect::CrashBefore { restart }, Some(replica)) => (Aftermath::Crash { replica, restart }, false),
            (Effect::CrashAfter { restart }, Some(replica)) => (Aftermath::Crash { replica, restart }, true),
            (Effect::PauseBefore(duration), Some(replica)) => {
                self.calls[index].not_before = self.time.micros() + duration.as_micros() as u64;
                (Aftermath::Pause { replica, duration }, false)
            }
            (Effect::PauseAfter(duration), Some(replica)) => (Aftermath::Pause { replica, duration }, true),
            (_, None) => (Aftermath::Nothing, true),
        };
        if executed {
            let call = self.calls.remove(index);
            self.execute_and_reply(call);
        } else {
            self.calls[index].settled = false;
        }
        aftermath
    }

    /// The caller is gone: the server may have read the request or not.
    fn abandoned(&mut self, index: usize) {
        let call = self.calls.remove(index);
        if self.choices.choose(2, Label::Abandoned) == 1 {
            self.emit(&Event::CallDropped { call: call.id });
        } else {
            let id = call.id;
            if self.execute_and_reply(call) {
                self.deliver_fault(FaultKind::AbandonedWrite, Some(id), None);
            }
        }
    }

    /// Lets the call meet this fault; false when it cannot take effect on such a call.
    fn fault(&mut self, index: usize, kind: FaultKind) -> bool {
        let write = self.calls[index].request.method != http::Method::GET;
        let id = self.calls[index].id;
        match kind {
            FaultKind::Delay => {
                let delay = DELAYS[self.choices.choose(DELAYS.len(), Label::CallDelay)];
                self.calls[index].not_before = self.time.micros() + delay.as_micros() as u64;
            }
            FaultKind::LostRequest => {
                let call = self.calls.remove(index);
                self.emit(&Event::CallDropped { call: call.id });
                self.break_connection(call);
            }
            FaultKind::Conflict => return self.interfere(index),
            FaultKind::StaleRead => {
                let (server, request) = (self.actor(self.calls[index].actor).server, &self.calls[index].request);
                if !self.api.read_finds_cache_behind(server, request) {
                    return false;
                }
                let call = self.calls.remove(index);
                self.execute_and_reply(Call { request: from_cache(call.request), ..call });
            }
            FaultKind::LostAnswer | FaultKind::FalseError | FaultKind::LateWrite if !write => return false,
            FaultKind::WebhookDenies | FaultKind::WebhookSlow if !write => return false,
            FaultKind::WebhookSlow => {
                let delay = DELAYS[self.choices.choose(DELAYS.len(), Label::CallDelay)];
                let call = &mut self.calls[index];
                call.not_before = self.time.micros() + delay.min(WEBHOOK_TIMEOUT).as_micros() as u64;
                call.instead = (delay >= WEBHOOK_TIMEOUT).then(webhook_timeout);
            }
            FaultKind::LostAnswer => {
                let call = self.calls.remove(index);
                self.execute_unheard(&call);
                self.break_connection(call);
            }
            FaultKind::FalseError => {
                let call = self.calls.remove(index);
                self.execute_unheard(&call);
                let picked = self.choices.choose(UNTRUTHS, Label::Untruth);
                self.refuse(call, untruth(picked));
            }
            FaultKind::LateWrite => {
                let delay = DELAYS[self.choices.choose(DELAYS.len(), Label::CallDelay)];
                self.late(index, delay);
            }
            FaultKind::Silence => {
                let mut call = self.calls.remove(index);
                self.execute_unheard(&call);
                self.silent.extend(call.caller.take());
                self.emit(&Event::CallAnswered { call: call.id, end: CallEnd::Silent });
            }
            kind => match refusal(kind) {
                Some(answer) => self.refuse_with(index, answer),
                None => return false,
            },
        }
        self.deliver_fault(kind, Some(id), None);
        true
    }

    /// The call is answered 504 now, and executed after `delay`.
    fn late(&mut self, index: usize, delay: Duration) {
        let mut late = self.calls.remove(index);
        let answered = Call { caller: late.caller.take(), request: late.request.clone(), instead: None, ..late };
        late.not_before = self.time.micros() + delay.as_micros() as u64;
        self.calls.insert(index, late);
        self.refuse(answered, timeout());
    }

    /// Somebody else writes the object that this call is about to write; false when there is none.
    fn interfere(&mut self, index: usize) -> bool {
        let call = &self.calls[index];
        let (id, server) = (call.id, self.actor(call.actor).server);
        let Some(request) = interference(&call.request, self.api.revision()) else { return false };
        let now = self.time.now();
        let answer = self.api.handle(server, crate::run::cluster::OUTSIDER.0, &request, now);
        self.emit_commits();
        if answer.status != 200 {
            return false;
        }
        self.deliver_fault(FaultKind::Conflict, Some(id), None);
        let call = self.calls.remove(index);
        self.execute_and_reply(call);
        true
    }

    fn refuse_with(&mut self, index: usize, answer: Answer) {
        let call = self.calls.remove(index);
        self.emit(&Event::CallDropped { call: call.id });
        self.refuse(call, answer);
    }

    fn refuse(&mut self, call: Call, answer: Answer) {
        let end = CallEnd::Status(answer.status);
        let (result, _) = wire(answer);
        self.reply(call, result, end, None);
    }

    fn break_connection(&mut self, call: Call) {
        self.reply(call, Err(BrokenConnection), CallEnd::Broken, None);
    }

    fn reply(&mut self, call: Call, result: CallResult, end: CallEnd, opens: Option<Stream>) {
        if let Some(caller) = call.caller {
            self.replies.push(Reply { id: call.id, actor: call.actor, caller, result, end, opens });
        }
    }

    /// Executes the call and sends its answer on its way; whether it wrote.
    pub(super) fn execute_and_reply(&mut self, call: Call) -> bool {
        let before = self.api.revision();
        let (result, end, opens) = self.execute(&call);
        self.reply(call, result, end, opens);
        self.api.revision() > before
    }

    /// Executes a call whose answer nobody will read.
    fn execute_unheard(&mut self, call: &Call) {
        let (_, _, opens) = self.execute(call);
        if let Some(stream) = opens {
            self.api.close_watch(stream.watch);
        }
    }

    fn execute(&mut self, call: &Call) -> (CallResult, CallEnd, Option<Stream>) {
        let server = self.server_of(call.actor);
        let now = self.time.now();
        let answer = self.api.handle(server, call.actor.0, &call.request, now);
        let code = answer.status;
        let replica = self.actor(call.actor).replica;
        if let Some(read) = self.api.take_cached_read()
            && self.known.read(call.actor, replica, read)
        {
            self.deliver_fault(FaultKind::TimeTravel, Some(call.id), replica);
        }
        if code == 429 {
            self.deliver_fault(FaultKind::ColdCache, Some(call.id), replica);
        }
        let path = call.request.target.split('?').next().unwrap_or_default();
        self.trace.step(call.actor, &call.request.method, path, u32::from(code));
        if let AnswerBody::Full(body) = &answer.body {
            self.trace.body(body);
        }
        let writes = self.emit_commits();
        self.emit(&Event::CallCommitted { call: call.id, server, status: code, writes });
        let (result, lines) = wire(answer);
        let opens = lines.and_then(|(watch, lines)| {
            let resource = self.api.watch_resource(watch)?;
            let seconds = self.api.watch_timeout(watch).map_or(1_800, u64::from);
            let until = self.time.micros() + seconds * 1_000_000;
            let bookmark_at = until.checked_sub(LAST_BOOKMARK).filter(|at| *at > self.time.micros());
            let (actor, start) = (call.actor, self.api.watch_start(watch)?);
            let target = Arc::from(call.request.target.as_str());
            self.emit(&Event::WatchOpened { watch, actor, resource, target, start });
            Some(Stream { watch, actor, resource, lines, until, bookmark_at })
        });
        (result, CallEnd::Status(code), opens)
    }

    /// The API server that a request of this actor reaches.
    fn server_of(&mut self, actor: ActorId) -> ServerId {
        match self.control_plane.balance {
            Balance::PerRequest if self.phase == Phase::Explore => {
                ServerId(self.choices.choose(self.servers, Label::Server))
            }
            _ => self.actor(actor).server,
        }
    }

    /// Tells the trace and the oracle what was written since.
    pub(super) fn emit_commits(&mut self) -> usize {
        let commits = self.api.take_commits();
        let writes = commits.len();
        for commit in commits {
            self.emit(&Event::Committed(commit));
        }
        writes
    }

    /// The answer at this index reaches its caller.
    pub(super) fn deliver(&mut self, index: usize) {
        let reply = self.replies.remove(index);
        self.emit(&Event::CallAnswered { call: reply.id, end: reply.end });
        let delivered = reply.caller.send(reply.result).is_ok();
        match reply.opens {
            Some(stream) if delivered => self.streams.push(stream),
            Some(stream) => self.api.close_watch(stream.watch),
            None => {}
        }
    }
}

/// An answer as its caller reads it, and for a watch the end to write lines to.
pub(crate) fn wire(answer: Answer) -> (CallResult, Option<(apiserver::WatchId, mpsc::UnboundedSender<bytes::Bytes>)>) {
    let (body, lines) = match answer.body {
        AnswerBody::Full(bytes) => (ApiBody::Full(Some(bytes)), None),
        AnswerBody::Watch(watch) => {
            let (sender, receiver) = mpsc::unbounded_channel();
            (ApiBody::Lines(receiver), Some((watch, sender)))
        }
    };
    let mut response = http::Response::new(body);
    *response.status_mut() =
        http::StatusCode::from_u16(answer.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = answer.headers;
    (Ok(response), lines)
}
