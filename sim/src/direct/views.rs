//! Views of the enabled actions, their order where time moves last, and the digest of what is under way.
//!
//! Where each step takes time, actions of one kind are in the order in which they became ready. Where time moves only
//! when nothing else can happen, that order would tell apart runs that are in the same state, so it is another one: the
//! actor that has made the fewest calls is first.
use super::{
    pending::{Action, CallAccess},
    shared::DirectRun,
};
use crate::{
    choice::{Access, Moment, Needs, Parts, Step, StepView},
    digest::mix,
    event::ActorId,
    run::trigger::resource,
};
use apiserver::{Request, ServerId, WatchId};
use http::Method;
use serde_json::Value;

impl CallAccess {
    /// What a call does to which object.
    pub(super) fn of(request: &Request) -> Self {
        let (plural, below) = resource(&request.target);
        let path = request.target.split('?').next().unwrap_or_default();
        let path = below.and_then(|below| path.strip_suffix(below)).unwrap_or(path).trim_end_matches('/');
        let collection = path.ends_with(plural);
        let (access, object) = match (&request.method, collection) {
            (&Method::POST, true) => match name_in(&request.body) {
                Some(name) => (Access::Write, mix((path, name))),
                None => (Access::Write, 0),
            },
            (&Method::GET, true) => (Access::Collection, 0),
            (_, true) => (Access::Write, 0),
            (&Method::GET, false) => (Access::Read, object(path)),
            (&Method::PUT | &Method::PATCH | &Method::DELETE, false) => (Access::Write, object(path)),
            _ => (Access::Collection, 0),
        };
        Self { access, resource: mix(plural), object }
    }
}

fn object(path: &str) -> u64 {
    path.rsplit_once('/').map_or_else(|| mix(path), mix)
}

fn name_in(body: &[u8]) -> Option<String> {
    let object: Value = serde_json::from_slice(body).ok()?;
    Some(object["metadata"]["name"].as_str().filter(|name| !name.is_empty())?.to_owned())
}

impl DirectRun {
    /// Makes the views of these actions, and puts both in order.
    pub(super) fn view(&mut self, enabled: &mut [Action]) {
        let mut views = std::mem::take(&mut self.views);
        views.clear();
        if self.needs >= Needs::Steps || self.still {
            let servers: Vec<(WatchId, ServerId)> =
                self.run.api.watches().map(|(watch, server, ..)| (watch, server)).collect();
            views.extend(enabled.iter().map(|&action| self.view_of(action, &servers)));
        }
        if self.still {
            let mut both: Vec<(StepView, Action)> = views.iter().copied().zip(enabled.iter().copied()).collect();
            both.sort_by_key(|(view, action)| self.place(view, *action));
            for (index, (view, action)) in both.into_iter().enumerate() {
                (views[index], enabled[index]) = (view, action);
            }
        }
        self.views = views;
    }

    /// What comes first where time moves last.
    fn place(&self, view: &StepView, action: Action) -> (u8, u32, u32, u64) {
        let actor = view.actor.unwrap_or(0);
        match action {
            Action::Answer(_) => (0, view.ordinal, actor, 0),
            Action::Line(index) => (1, 0, actor, self.run.streams[index].watch.0),
            // The oldest event first: a write changes nothing about the caches that were behind before.
            Action::Cache(server, resource) => {
                let next = self.run.api.next_of_cache(server, resource);
                (2, next as u32, server.0 as u32, u64::from(resource.0))
            }
            Action::Execute(_) => (3, view.ordinal, actor, 0),
            Action::Arrive(_) => (4, view.ordinal, 0, 0),
            Action::Control(index) => (5, 0, 0, index as u64),
        }
    }

    fn view_of(&mut self, action: Action, servers: &[(WatchId, ServerId)]) -> StepView {
        let none = CallAccess { access: Access::None, resource: 0, object: 0 };
        match action {
            Action::Answer(index) => {
                let answer = &self.queues.answers[index];
                self.of_actor(Step::Answer, answer.actor, answer.ordinal, none)
            }
            Action::Line(index) => {
                let stream = &self.run.streams[index];
                let resource = u64::from(stream.resource.0);
                StepView { resource, ..self.of_actor(Step::WatchEvent, stream.actor, 0, none) }
            }
            Action::Cache(server, resource) => {
                let fed = |watch: WatchId| servers.contains(&(watch, server));
                let streams = self.run.streams.iter().filter(|stream| stream.resource == resource && fed(stream.watch));
                let feeds = streams.filter_map(|stream| self.run.actor(stream.actor).replica);
                let feeds = feeds.fold(0, |bits, replica| bits | 1 << (replica % 64));
                StepView { feeds, resource: u64::from(resource.0), ..blank(Step::CacheAdvance) }
            }
            Action::Execute(index) => {
                let call = &self.queues.calls[index];
                self.of_actor(Step::Call, call.actor, call.ordinal, call.access)
            }
            Action::Arrive(index) => {
                let delivery = &self.queues.deliveries[index];
                let replica = delivery.replica;
                let actor = self.run.replicas[replica].actor.map(|actor| self.key(actor));
                let ordinal = self.queues.deliveries[index].id.0;
                StepView { actor, replica: Some(replica as u32), ordinal, ..blank(Step::Delivery) }
            }
            Action::Control(_) => blank(Step::Controller),
        }
    }

    fn of_actor(&mut self, step: Step, actor: ActorId, ordinal: u32, of: CallAccess) -> StepView {
        let replica = self.run.actor(actor).replica.map(|replica| replica as u32);
        let CallAccess { access, resource, object } = of;
        StepView { actor: Some(self.key(actor)), replica, ordinal, access, resource, object, ..blank(step) }
    }

    /// Key of an actor: its number, unless a digest names it.
    fn key(&mut self, actor: ActorId) -> u32 {
        self.run.digest.as_mut().map_or(actor.0, |digest| digest.key(actor))
    }

    /// Shows the source the moment before a step; true if the run stops here.
    pub(super) fn stops_here(&mut self) -> bool {
        if self.needs == Needs::Picks {
            return false;
        }
        let (parts, before) = match self.needs {
            Needs::States | Needs::Outputs => {
                (self.parts(), self.run.digest.as_mut().map(|digest| digest.take_effects()))
            }
            Needs::Picks | Needs::Steps => (None, None),
        };
        let at = self.run.time.micros();
        let moment = Moment {
            choices: self.run.choices.record().len(),
            state: parts.map_or(0, mix),
            parts: parts.unwrap_or_default(),
            running: self.run.replicas.iter().filter(|replica| replica.running(at)).count(),
            at,
            steps: &self.views,
            before: before.unwrap_or_default(),
        };
        self.run.choices.moment(&moment) == crate::choice::Flow::Stop
    }

    /// Digest of the state; 0 without one.
    pub(super) fn state(&mut self) -> u64 {
        self.parts().map_or(0, mix)
    }

    fn parts(&mut self) -> Option<Parts> {
        let under_way = self.under_way();
        let at = self.run.time.micros();
        self.run.digest.as_mut().map(|digest| digest.parts(at, under_way))
    }

    /// Digest of what is under way, as a set.
    fn under_way(&mut self) -> u64 {
        let mut sum = mix((self.run.phase as u8, self.run.script_done, self.run.so_far, &self.ordered));
        let mut add = |part: u64| sum = sum.wrapping_add(part);
        let Some(digest) = self.run.digest.as_mut() else { return 0 };
        for call in &self.queues.calls {
            let instead = call.instead.as_ref().map(|answer| answer.status);
            add(mix((
                "call",
                digest.key(call.actor),
                (call.ordinal, call.content),
                (call.decided, call.caller.is_some()),
                call.not_before,
                instead,
            )));
        }
        for answer in &self.queues.answers {
            add(mix(("answer", digest.key(answer.actor), answer.ordinal, answer.content)));
        }
        for delivery in &self.queues.deliveries {
            add(mix(("delivery", delivery.id, delivery.replica)));
        }
        for (server, resource) in self.run.api.lagging() {
            add(mix(("cache", server, resource, self.run.api.cache_lag(server, resource))));
        }
        for stream in &self.run.streams {
            let expiry = stream.expiry.map(|expiry| (expiry.until, expiry.bookmark_at));
            let more = self.run.api.has_event(stream.watch);
            add(mix(("stream", digest.key(stream.actor), stream.resource, more, expiry)));
            if let Some(flaw) = stream.flaw {
                add(mix(("flaw", digest.key(stream.actor), stream.resource, flaw)));
            }
        }
        for (index, replica) in self.run.replicas.iter().enumerate() {
            let server = replica.actor.map(|actor| self.run.actors.get(actor).server);
            let runs = (replica.process.is_some(), replica.ready, replica.incarnation);
            add(mix(("replica", index, runs, server, replica.paused_until())));
        }
        sum.wrapping_add(self.run.triggers.digest())
    }
}

const fn blank(step: Step) -> StepView {
    StepView { step, actor: None, replica: None, ordinal: 0, access: Access::None, resource: 0, object: 0, feeds: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    fn of(method: Method, target: &str, body: &'static str) -> CallAccess {
        CallAccess::of(&Request { method, target: target.to_owned(), headers: HeaderMap::new(), body: body.into() })
    }

    #[test]
    fn calls_of_one_object_touch_it() {
        let leases = "/apis/coordination.k8s.io/v1/namespaces/a/leases";
        let create = of(Method::POST, leases, r#"{"metadata":{"name":"x"}}"#);
        let read = of(Method::GET, &format!("{leases}/x"), "");
        let status = of(Method::PATCH, &format!("{leases}/x/status?fieldValidation=Strict"), "");
        assert_eq!((create.object, create.resource), (read.object, read.resource));
        assert_eq!(status.object, read.object);
        assert_ne!(of(Method::GET, &format!("{leases}/y"), "").object, read.object);
        assert_eq!((create.access, read.access, status.access), (Access::Write, Access::Read, Access::Write));
        let accesses = [Method::GET, Method::DELETE, Method::POST].map(|method| of(method, leases, "{}").access);
        assert_eq!(accesses, [Access::Collection, Access::Write, Access::Write]);
    }
}
