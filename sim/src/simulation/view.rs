//! The view: what checks see of the cluster.
use super::{end_state::EndState, history::History};
use crate::event::Event;
use apiserver::{Change, Commit, Registry, ResourceId};
use kube::Resource;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Objects of the cluster at one moment, as the store has them, without caches and their lag.
pub struct View {
    registry: Arc<Registry>,
    objects: BTreeMap<(ResourceId, Arc<str>, Arc<str>), Arc<Value>>,
    last: Option<Commit>,
    pub(super) history: History,
    pub(super) at: Duration,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("objects", &self.objects.len()).field("at", &self.at).finish_non_exhaustive()
    }
}

impl View {
    /// An empty cluster that serves these kinds.
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry, objects: BTreeMap::new(), last: None, history: History::default(), at: Duration::ZERO }
    }

    /// All objects of a kind, by namespace and name.
    ///
    /// # Errors
    /// A sentence when the kind is not served, or an object does not deserialize: `?` makes it the check's own.
    pub fn objects<K>(&self) -> Result<Vec<K>, String>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        let (group, plural) = (K::group(&()), K::plural(&()));
        self.values(&group, &plural)?
            .map(|value| {
                K::deserialize(value).map_err(|error| format!("an object of {plural} does not deserialize: {error}."))
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

    /// The resource of a kind that a program defined itself; None while it has no object.
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

    /// The last commit; None before the first.
    pub fn last(&self) -> Option<&Commit> {
        self.last.as_ref()
    }

    /// Number of the replica that made a commit; None for another client.
    pub fn replica_of(&self, commit: &Commit) -> Option<usize> {
        self.history.replica(commit)
    }

    /// Simulated time since a replica last wrote anything but leases and events.
    pub fn quiet(&self) -> Duration {
        self.at.saturating_sub(self.history.last_write)
    }

    /// Every object.
    pub(super) fn all(&self) -> impl Iterator<Item = &Value> + Clone {
        self.objects.values().map(|object| &**object)
    }

    /// The state to compare with another run's.
    pub(super) fn end_state(&self) -> EndState {
        EndState::of(self.all())
    }

    /// Simulated time since the run began.
    pub fn elapsed(&self) -> Duration {
        self.at
    }

    /// Follows the run by one event.
    pub(super) fn event(&mut self, at: Duration, event: &Event) {
        self.history.event(event);
        if let Event::Committed(commit) = event {
            self.at = at;
            self.history.commit(at, commit);
            self.apply(commit);
        }
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
