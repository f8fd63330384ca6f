//! API calls at their server: meeting their fate, being executed, being answered.
//!
//! A call is a task of its server, not of its connection: a caller who hangs up takes nothing back.
use super::{
    fate::{Fate, Told},
    world::{Shared, Stream, World},
};
use crate::{
    choice::Label,
    direct::{Phase, wire},
    event::{ActorId, CallEnd, CallId, Event},
    faults::FaultKind,
    run::{
        service::{BrokenConnection, CallResult},
        wording::from_cache,
    },
};
use apiserver::{Answer, AnswerBody, Request, ServerId};
use bytes::Bytes;
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::sync::oneshot;

/// What a client numbers its requests with; kube-apiserver takes it over into its audit log
/// (k8s.io/apiserver/pkg/endpoints/filters/audit_init.go).
pub(super) const AUDIT_ID: http::HeaderName = http::HeaderName::from_static("audit-id");
/// When a watch without timeoutSeconds ends: kube-apiserver's `--min-request-timeout`.
const WATCH_TIMEOUT: u32 = 1_800;

/// An API request that has reached its server.
pub(super) struct Call {
    pub(super) id: CallId,
    pub(super) actor: ActorId,
    pub(super) server: ServerId,
    pub(super) request: Request,
}

/// The token of an actor: who it is, as a ServiceAccount's token says it.
pub(super) fn token(actor: ActorId) -> http::HeaderValue {
    http::HeaderValue::try_from(format!("Bearer {}", actor.0)).expect("digits are a header's value")
}

impl Call {
    /// The call that a request is; None when its client cannot be told from its headers.
    pub(super) fn received(server: ServerId, parts: http::request::Parts, body: Bytes) -> Option<Self> {
        let text = |name| parts.headers.get(name)?.to_str().ok();
        let actor = text(http::header::AUTHORIZATION)?.strip_prefix("Bearer ")?.parse().ok()?;
        let id = text(AUDIT_ID)?.parse().ok()?;
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let request = Request { method: parts.method, target, headers: parts.headers, body };
        Some(Self { id: CallId(id), actor: ActorId(actor), server, request })
    }
}

impl Shared {
    /// Lets a call meet its fate.
    pub(super) async fn meet(self, call: Call, caller: oneshot::Sender<CallResult>) {
        let fate = self.lock().fate(&call);
        match fate {
            Fate::Executed { after, told } => {
                self.hold_back(after).await;
                self.execute(call, told, caller);
            }
            Fate::Abandoned(after) => {
                self.hold_back(after).await;
                self.abandoned(call, caller);
            }
            Fate::Forbidden => {
                self.lock().forbids.store(true, Relaxed);
                self.execute(call, Told::Truth, caller);
                self.lock().forbids.store(false, Relaxed);
            }
            Fate::Stale => {
                let call = Call { request: from_cache(call.request), ..call };
                self.execute(call, Told::Truth, caller);
            }
            Fate::Refused(answer) => {
                self.lock().never(call.id);
                let _ = caller.send(answer.map_or(Err(BrokenConnection), |answer| wire(answer).0));
            }
            Fate::Failing(answer, after) => {
                self.hold_back(after).await;
                self.lock().never(call.id);
                let _ = caller.send(wire(answer).0);
            }
            Fate::Late(answer, after) => {
                let _ = caller.send(wire(answer).0);
                self.hold_back(after).await;
                self.execute(call, Told::Broken, oneshot::channel().0);
            }
        }
    }

    async fn hold_back(&self, duration: Duration) {
        if !duration.is_zero() {
            self.lock().held_back += 1;
            tokio::time::sleep(duration).await;
            self.lock().held_back -= 1;
        }
    }

    fn abandoned(&self, call: Call, caller: oneshot::Sender<CallResult>) {
        let (id, revision) = {
            let mut world = self.lock();
            if world.phase == Phase::Explore && world.choices.choose(2, Label::Abandoned) == 1 {
                return world.never(call.id);
            }
            (call.id, world.api.revision())
        };
        self.execute(call, Told::Truth, caller);
        let mut world = self.lock();
        if world.api.revision() > revision {
            world.deliver_fault(FaultKind::AbandonedWrite, Some(id), None);
        }
    }

    fn execute(&self, call: Call, told: Told, caller: oneshot::Sender<CallResult>) {
        let mut world = self.lock();
        let answer = world.execute(&call);
        match told {
            Told::Truth => {
                if let AnswerBody::Watch(watch) = answer.body {
                    let timeout = world.api.watch_timeout(watch).unwrap_or(WATCH_TIMEOUT);
                    tokio::spawn(self.clone().expire(watch, Duration::from_secs(timeout.into())));
                }
                world.answer(&call, answer, caller);
            }
            other => {
                world.forget(&answer);
                match other {
                    Told::Untruth(answer) => _ = caller.send(wire(answer).0),
                    Told::Nothing => {
                        world.silent.push(caller);
                        world.emit(&Event::CallAnswered { call: call.id, end: CallEnd::Silent });
                    }
                    _ => _ = caller.send(Err(BrokenConnection)),
                }
            }
        }
        world.deliver_lines();
        drop(world);
        self.behind.iter().for_each(tokio::sync::Notify::notify_one);
    }
}

impl World {
    /// The call will not be executed.
    fn never(&mut self, id: CallId) {
        self.waiting.remove(&id);
        self.emit(&Event::CallDropped { call: id });
    }

    fn execute(&mut self, call: &Call) -> Answer {
        self.count_disorder(call.id);
        let now = self.time.now();
        let answer = self.api.handle(call.server, call.actor.0, &call.request, now);
        let replica = self.actor(call.actor).replica;
        if let Some(read) = self.api.take_cached_read()
            && self.known.read(call.actor, replica, read)
        {
            self.deliver_fault(FaultKind::TimeTravel, Some(call.id), replica);
        }
        if answer.status == 429 {
            self.deliver_fault(FaultKind::ColdCache, Some(call.id), replica);
        }
        let path = call.request.target.split('?').next().unwrap_or_default();
        self.trace.step(call.actor, &call.request.method, path, u32::from(answer.status));
        if let AnswerBody::Full(body) = &answer.body {
            self.trace.body(body);
        }
        let writes = self.emit_commits();
        self.emit(&Event::CallCommitted { call: call.id, server: call.server, status: answer.status, writes });
        answer
    }

    fn count_disorder(&mut self, id: CallId) {
        self.waiting.remove(&id);
        if self.phase == Phase::Explore {
            if self.waiting.first().is_some_and(|first| *first < id) {
                self.delivered.count(FaultKind::Reorder);
            }
            if self.api.lagging().next().is_some() {
                self.delivered.count(FaultKind::WatchLag);
            }
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

    fn answer(&mut self, call: &Call, answer: Answer, caller: oneshot::Sender<CallResult>) {
        let (result, lines) = wire(answer);
        let heard = caller.send(result).is_ok();
        let Some((watch, lines)) = lines else { return };
        match self.api.watch_resource(watch).zip(self.api.watch_start(watch)) {
            Some((resource, start)) if heard => {
                let (actor, target) = (call.actor, Arc::from(call.request.target.as_str()));
                self.emit(&Event::WatchOpened { watch, actor, resource, target, start });
                self.streams.push(Stream { watch, actor, resource, lines });
            }
            _ => self.api.close_watch(watch),
        }
    }

    /// Nobody will read this answer.
    fn forget(&mut self, answer: &Answer) {
        if let AnswerBody::Watch(watch) = answer.body {
            self.api.close_watch(watch);
        }
    }
}
