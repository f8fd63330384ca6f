//! Execution: what happens when an API call reaches the store, and when a watch stream or a cache moves.
use super::{
    actor::THIRD_PARTY,
    api_faults::conflicting_write,
    control_plane::Balance,
    fault_rule::CallView,
    state::RunState,
    stream::{Expiry, Flaw, Stream},
};
use crate::{
    choice::{Alternative, Label},
    digest::mix,
    event::{ActorId, CallId, Event},
    faults::FaultKind,
};
use apiserver::{Answer, AnswerBody, Request, ResourceId, ServerId, WatchId, WatchItem};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What became of the next line of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// It was sent.
    Sent,
    /// There is none yet.
    Pending,
    /// The stream has ended.
    Ended,
}

impl RunState {
    /// A call as faults and rules see it.
    pub(crate) fn view<'a>(&self, id: CallId, actor: ActorId, server: ServerId, request: &'a Request) -> CallView<'a> {
        CallView { id, server, replica: self.actor(actor).replica, request }
    }

    /// The API server that a request of this actor reaches.
    pub(crate) fn server_of(&mut self, actor: ActorId) -> ServerId {
        match self.control_plane.balance {
            Balance::PerRequest if self.exploring() => {
                let server = |picked| Alternative::Server(picked as u32);
                ServerId(self.choices.choose(Label::Server, self.servers, server))
            }
            _ => self.actor(actor).server,
        }
    }

    /// Executes a call.
    pub(crate) fn execute(&mut self, call: CallId, actor: ActorId, server: ServerId, request: &Request) -> Answer {
        let now = self.time.now();
        let answer = self.api.handle(server, actor.0, request, now);
        let replica = self.actor(actor).replica;
        if let Some(read) = self.api.take_cached_read()
            && self.seen.read(actor, replica, read)
        {
            self.deliver_fault(FaultKind::TimeTravel, Some(call), replica);
        }
        if answer.status == 429 {
            self.deliver_fault(FaultKind::ColdCache, Some(call), replica);
        }
        let path = request.target.split('?').next().unwrap_or_default();
        self.trace().step(actor, &request.method, path, u32::from(answer.status));
        if let AnswerBody::Full(body) = &answer.body {
            self.trace().body(body);
            if self.progress.keeps() {
                let by = replica.map_or("the script", |replica| &*self.replicas[replica].name);
                self.progress.executed(format!("{by} {} {path}: {}", request.method, answer.status), body);
            }
        }
        let writes = self.emit_commits();
        self.emit(&Event::CallCommitted { call, server, status: answer.status, writes });
        answer
    }

    /// Executes a request of a third party in one go; true if it succeeded.
    pub(crate) fn execute_at_once(&mut self, actor: ActorId, server: ServerId, request: &Request) -> bool {
        let now = self.time.now();
        let answer = self.api.handle(server, actor.0, request, now);
        self.emit_commits();
        answer.status < 300
    }

    /// Lets a third party write the object that a call is about to write; true if it did.
    pub(crate) fn conflict_with(&mut self, call: &CallView<'_>) -> bool {
        let Some(request) = conflicting_write(call.request, self.api.revision()) else { return false };
        self.execute_at_once(THIRD_PARTY, call.server, &request)
    }

    /// Records what was written since, and gives the number of writes.
    pub(crate) fn emit_commits(&mut self) -> usize {
        let commits = self.api.take_commits();
        let writes = commits.len();
        for commit in commits {
            self.emit(&Event::Committed(commit));
        }
        writes
    }

    /// Records that the server opened a watch; None if it is closed already.
    pub(crate) fn open_watch(
        &mut self,
        actor: ActorId,
        request: &Request,
        (watch, lines): (WatchId, mpsc::UnboundedSender<Bytes>),
        (expiry, flaw): (Option<Expiry>, Option<Flaw>),
    ) -> Option<Stream> {
        let (resource, start) = (self.api.watch_resource(watch)?, self.api.watch_start(watch)?);
        let target = Arc::from(request.target.as_str());
        self.emit(&Event::WatchOpened { watch, actor, resource, target, start });
        Some(Stream { watch, actor, resource, lines, expiry, flaw })
    }

    /// Sends the next line of the stream at this index. A stream that has ended is removed.
    pub(crate) fn send_line(&mut self, index: usize) -> Line {
        let Stream { watch, actor, resource, flaw, .. } = self.streams[index];
        if !self.streams[index].speaks() {
            return Line::Pending;
        }
        match self.api.next_event(watch) {
            WatchItem::Event(line) => {
                if self.seen.kept()
                    && let Some(position) = self.api.watch_position(watch)
                {
                    self.seen.watched(actor, self.actor(actor).replica, resource, position);
                }
                self.note_line(actor, resource, &line);
                let mut sent = self.streams[index].lines.send(line.clone()).is_ok();
                if flaw == Some(Flaw::Repeating) {
                    self.note_line(actor, resource, &line);
                    sent &= self.streams[index].lines.send(line.clone()).is_ok();
                }
                self.emit(&Event::WatchDelivered { watch, actor, resource, line });
                if sent {
                    return Line::Sent;
                }
                self.api.close_watch(watch);
            }
            WatchItem::End => {
                self.note_line(actor, resource, b"");
                self.emit(&Event::WatchEnded { watch, actor, resource });
            }
            WatchItem::Pending => return Line::Pending,
        }
        self.streams.remove(index);
        Line::Ended
    }

    /// Adds what a watch delivers to the history of its client. A watch that ends delivers nothing.
    pub(crate) fn note_line(&mut self, actor: ActorId, resource: ResourceId, line: &[u8]) {
        let at = self.time.micros();
        if let Some(digest) = &mut self.digest {
            let what = mix((resource, digest.text(line)));
            digest.receive(actor, at, what);
        }
    }

    /// Lets a server's cache of a resource follow the store by one event; false if it has caught up.
    pub(crate) fn advance_cache(&mut self, server: ServerId, resource: ResourceId) -> bool {
        if !self.api.advance_cache(server, resource) {
            return false;
        }
        self.emit(&Event::CacheAdvanced { server, resource });
        if self.control_plane.limits.buffer < usize::MAX {
            for _ in 0..self.api.drop_slow_watches(server, resource) {
                self.deliver_fault(FaultKind::SlowWatch, None, None);
            }
        }
        true
    }
}
