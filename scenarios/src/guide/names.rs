//! Finds the names of steps while a run is under way, from its events.
use super::step::{Kind, StepName};
use crate::api_names::{resource, verb};
use sim::engine::{ActorId, Alternative, Event, Step};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A subject, and the number among those with the same subject.
type Numbered = (Arc<str>, u32);

/// What a run's steps are about, as far as the run has come.
#[derive(Debug, Default)]
pub(super) struct Names {
    actors: BTreeMap<ActorId, Arc<str>>,
    clients: u32,
    calls: BTreeMap<u32, Numbered>,
    deliveries: BTreeMap<u32, Numbered>,
    watches: BTreeMap<u32, Arc<str>>,
    counts: BTreeMap<Arc<str>, u32>,
    /// Calls that were executed, or held back, at least once.
    begun: BTreeSet<u32>,
    /// Steps taken of the kinds that repeat.
    taken: BTreeMap<(Kind, Arc<str>), u32>,
}

impl Names {
    /// Takes in an event.
    pub(super) fn see(&mut self, event: &Event) {
        match event {
            Event::Started { replica, incarnation, actor } => {
                let start = if *incarnation > 0 { format!(" start {}", incarnation + 1) } else { String::new() };
                self.actors.insert(*actor, format!("replica {replica}{start}").into());
            }
            Event::CallSent { call, actor, method, target, .. } => {
                let about = format!("{}: {} {}", self.actor(*actor), verb(method, target), resource(target));
                let numbered = self.numbered(about);
                self.calls.insert(call.0, numbered);
            }
            Event::DeliverySent { delivery, replica } => {
                let numbered = self.numbered(format!("replica {replica}"));
                self.deliveries.insert(delivery.0, numbered);
            }
            Event::WatchOpened { watch, actor, target, .. } => {
                let about = format!("{}: watch {}", self.actor(*actor), resource(target));
                self.watches.insert(watch.0 as u32, about.into());
            }
            _ => {}
        }
    }

    fn actor(&mut self, actor: ActorId) -> Arc<str> {
        let clients = &mut self.clients;
        let name = self.actors.entry(actor).or_insert_with(|| {
            *clients += 1;
            format!("client {clients}").into()
        });
        Arc::clone(name)
    }

    fn numbered(&mut self, about: String) -> Numbered {
        let about: Arc<str> = about.into();
        let count = self.counts.entry(Arc::clone(&about)).or_default();
        *count += 1;
        (about, *count)
    }

    /// Takes in that a step begins, and gives its name.
    pub(super) fn begin(&mut self, step: &Alternative) -> StepName {
        let name = self.name(step);
        match step {
            Alternative::Step(Step::Call, call) => _ = self.begun.insert(*call),
            _ => *self.taken.entry((name.kind, Arc::clone(&name.about))).or_default() += 1,
        }
        name
    }

    /// Name of a step that may be taken next.
    pub(super) fn name(&self, step: &Alternative) -> StepName {
        let Alternative::Step(what, number) = step else {
            return StepName { kind: Kind::Control, about: step.to_string().into(), nth: 1 };
        };
        let unknown = || (Arc::from(format!("number {number}")), 1);
        let numbered = |kind, numbered: Option<&Numbered>| {
            let (about, nth) = numbered.cloned().unwrap_or_else(unknown);
            StepName { kind, about, nth }
        };
        match what {
            Step::Call if self.begun.contains(number) => numbered(Kind::Resume, self.calls.get(number)),
            Step::Call => numbered(Kind::Execute, self.calls.get(number)),
            Step::Answer => numbered(Kind::Answer, self.calls.get(number)),
            Step::Delivery => numbered(Kind::Deliver, self.deliveries.get(number)),
            Step::WatchEvent => {
                self.repeated(Kind::Watch, self.watches.get(number).cloned().unwrap_or_else(|| unknown().0))
            }
            Step::CacheAdvance => self.repeated(Kind::Cache, format!("server {number}").into()),
            Step::Controller => self.repeated(Kind::Control, format!("task {number}").into()),
        }
    }

    fn repeated(&self, kind: Kind, about: Arc<str>) -> StepName {
        let key = (kind, about);
        let nth = self.taken.get(&key).copied().unwrap_or_default() + 1;
        StepName { kind, about: key.1, nth }
    }
}
