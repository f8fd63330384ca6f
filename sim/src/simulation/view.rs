//! What checks see: the objects that are committed, and what was committed last.
use super::{builder::Check, findings, program::message};
use crate::{
    direct::Stop,
    event::{Event, Observer},
};
use apiserver::{Change, Commit, Registry, ResourceId};
use kube::Resource;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The cluster's objects at one moment, as the store has them: no cache, no lag.
pub struct View {
    registry: Arc<Registry>,
    objects: BTreeMap<(ResourceId, Arc<str>, Arc<str>), Arc<Value>>,
    last: Option<Commit>,
    at: Duration,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("objects", &self.objects.len()).field("at", &self.at).finish_non_exhaustive()
    }
}

impl View {
    /// All objects of a kind, by namespace and name.
    ///
    /// # Errors
    /// A sentence when the kind is not served, or an object does not read as one: `?` makes it the check's own.
    pub fn objects<K>(&self) -> Result<Vec<K>, String>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        let (group, plural) = (K::group(&()), K::plural(&()));
        self.values(&group, &plural)?
            .map(|value| {
                K::deserialize(value).map_err(|error| format!("an object of {plural} does not read: {error}."))
            })
            .collect()
    }

    /// The same as JSON, by group (empty for core) and plural.
    ///
    /// # Errors
    /// A sentence when the kind is not served.
    pub fn values(&self, group: &str, plural: &str) -> Result<impl Iterator<Item = &Value> + use<'_>, String> {
        let resource = match self.registry.resource(group, plural) {
            Some(resource) => Some(resource),
            None => self.defined(group, plural)?,
        };
        let found = resource.into_iter().flat_map(move |resource| {
            let from = (resource, Arc::from(""), Arc::from(""));
            self.objects.range(from..).take_while(move |((of, ..), _)| *of == resource)
        });
        Ok(found.map(|(_, value)| &**value))
    }

    /// The resource of a kind that a program defined itself; None while there is no object of it.
    fn defined(&self, group: &str, plural: &str) -> Result<Option<ResourceId>, String> {
        let name = Arc::from(format!("{plural}.{group}"));
        let definition = self.objects.get(&(self.registry.definitions_id(), Arc::from(""), name));
        let unserved = || format!("{plural} of group {group:?} are not served: add their CRD.");
        let kind = &definition.ok_or_else(unserved)?["spec"]["names"]["kind"];
        let is_one = |object: &Value| {
            let version = object["apiVersion"].as_str().and_then(|version| version.split_once('/'));
            object["kind"] == *kind && version.is_some_and(|(of, _)| of == group)
        };
        Ok(self.objects.iter().find(|(_, object)| is_one(object)).map(|((resource, ..), _)| *resource))
    }

    /// The commit after which this check is made; None before the first.
    pub fn last(&self) -> Option<&Commit> {
        self.last.as_ref()
    }

    /// True time since the run began.
    pub fn elapsed(&self) -> Duration {
        self.at
    }

    fn apply(&mut self, commit: &Commit) {
        let key = (commit.resource, Arc::clone(&commit.namespace), Arc::clone(&commit.name));
        match commit.change {
            Change::Deleted => _ = self.objects.remove(&key),
            Change::Created | Change::Modified => _ = self.objects.insert(key, Arc::clone(&commit.after)),
        }
        self.last = Some(commit.clone());
    }
}

/// A check that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) check: String,
    pub(super) sentence: String,
    pub(super) at: Duration,
}

/// Keeps the view up to date and makes the checks; the first that is broken counts.
pub(super) struct Judge {
    view: View,
    always: Vec<Check>,
    broken: Option<Broken>,
}

impl Judge {
    pub(super) fn new(registry: Arc<Registry>, always: Vec<Check>) -> Self {
        let view = View { registry, objects: BTreeMap::new(), last: None, at: Duration::ZERO };
        Self { view, always, broken: None }
    }

    fn check(view: &View, check: &Check) -> Option<Broken> {
        let judged = catch_unwind(AssertUnwindSafe(|| (check.judge)(view)));
        let sentence = match judged {
            Ok(Ok(())) => return None,
            Ok(Err(sentence)) => sentence,
            Err(payload) => message(&*payload).to_owned(),
        };
        Some(Broken { check: check.name.to_string(), sentence, at: view.at })
    }

    /// Judges the end of the run, unless it was broken before.
    pub(super) fn at_the_end(&mut self, finally: &[Check], stop: Stop, at: Duration) -> Option<Broken> {
        self.view.at = at;
        let unended = |sentence: &str| Broken { check: findings::ENDS.to_owned(), sentence: sentence.to_owned(), at };
        self.broken.take().or_else(|| match stop {
            Stop::Done => finally.iter().find_map(|check| Self::check(&self.view, check)),
            Stop::TimeLimit => Some(unended("the workload was not done in the time that it has")),
            Stop::StepLimit => Some(unended("too many steps were taken: something is retried for ever")),
        })
    }
}

impl Observer for Arc<Mutex<Judge>> {
    fn event(&mut self, at: u64, event: &Event) {
        let Event::Committed(commit) = event else { return };
        let mut judge = self.lock().unwrap_or_else(PoisonError::into_inner);
        let Judge { view, always, broken } = &mut *judge;
        view.at = Duration::from_micros(at);
        view.apply(commit);
        if broken.is_none() {
            *broken = always.iter().find_map(|check| Judge::check(view, check));
        }
    }
}
