//! The etcd-like store under all API servers: one revision for everything, and every version of every object.
//!
//! Writes are serial and take effect at once. History is never dropped: a run's memory is bounded by its writes, and a
//! lagging cache, an exact list or a late page is simply a read at an older revision. Compaction is therefore only a
//! mark, which the handlers respect as kube-apiserver does.
use crate::base::{
    id::ResourceId,
    object::{self, Object},
};
use bytes::Bytes;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, OnceLock},
};

/// One change of one object.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) revision: u64,
    pub(crate) before: Option<Arc<Object>>,
    /// The object after the change; None for a deletion.
    pub(crate) after: Option<Arc<Object>>,
    /// The watch line of this event, shared by all watches that see it whole.
    pub(crate) line: OnceLock<Bytes>,
}

impl Event {
    /// The object of the event: its new version, or for a deletion the last one.
    pub(crate) fn object(&self) -> &Arc<Object> {
        self.after.as_ref().or(self.before.as_ref()).expect("an event has a version before or after it")
    }
}

/// The history of one resource.
#[derive(Debug, Clone, Default)]
struct Table {
    log: Vec<Event>,
    /// Key → indices of its events in the log, ascending. Keys are `namespace/name` or `name`, so that their order is
    /// etcd's.
    keys: BTreeMap<Arc<str>, Vec<u32>>,
}

/// The multi-version store.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    revision: u64,
    compacted: u64,
    tables: Vec<Table>,
}

impl Store {
    pub(crate) fn new(resources: usize) -> Self {
        Self { revision: 1, compacted: 0, tables: (0..resources).map(|_| Table::default()).collect() }
    }

    /// The revision of the last write.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// The revision up to which the store is compacted.
    pub(crate) fn compacted(&self) -> u64 {
        self.compacted
    }

    pub(crate) fn compact(&mut self, revision: u64) {
        self.compacted = self.compacted.max(revision.min(self.revision));
    }

    /// All changes of a resource, oldest first.
    pub(crate) fn log(&self, resource: ResourceId) -> &[Event] {
        &self.tables[usize::from(resource.0)].log
    }

    /// The index of the first event after a revision.
    pub(crate) fn first_after(&self, resource: ResourceId, revision: u64) -> usize {
        self.log(resource).partition_point(|e| e.revision <= revision)
    }

    pub(crate) fn get(&self, resource: ResourceId, key: &str) -> Option<&Arc<Object>> {
        let table = &self.tables[usize::from(resource.0)];
        let last = *table.keys.get(key)?.last()?;
        table.log[last as usize].after.as_ref()
    }

    /// The object as it was at a revision.
    pub(crate) fn get_at(&self, resource: ResourceId, key: &str, revision: u64) -> Option<&Arc<Object>> {
        let table = &self.tables[usize::from(resource.0)];
        version_at(&table.log, table.keys.get(key)?, revision)
    }

    /// The objects at a revision whose key starts with `prefix`, from the key `start` on, in the order of their keys.
    pub(crate) fn range_at<'a, 'p>(
        &'a self,
        resource: ResourceId,
        prefix: &'p str,
        start: Option<&'p str>,
        revision: u64,
    ) -> impl Iterator<Item = &'a Arc<Object>> + use<'a, 'p> {
        let table = &self.tables[usize::from(resource.0)];
        let from = start.map_or(prefix, |s| s.max(prefix));
        table
            .keys
            .range::<str, _>((Bound::Included(from), Bound::Unbounded))
            .take_while(move |(key, _)| key.starts_with(prefix))
            .filter_map(move |(_, versions)| version_at(&table.log, versions, revision))
    }

    /// Stores a new version and returns the event; `value` gets the new revision as its resourceVersion.
    pub(crate) fn put(&mut self, resource: ResourceId, key: &str, mut value: Value) -> &Event {
        self.revision += 1;
        let revision = self.revision;
        object::metadata_mut(&mut value).insert("resourceVersion".into(), Value::String(revision.to_string()));
        let before = self.get(resource, key).cloned();
        let (namespace, name) = match &before {
            Some(o) => (o.namespace.clone(), o.name.clone()),
            None => (Arc::from(object::meta_str(&value, "namespace")), Arc::from(object::meta_str(&value, "name"))),
        };
        let mut object = Object::new(namespace, name, Arc::new(value), revision);
        object.spec = before.as_ref().and_then(|before| before.spec_of(&object.value));
        let after = Some(Arc::new(object));
        self.append(resource, key, Event { revision, before, after, line: OnceLock::new() })
    }

    /// Removes an object and returns the event; None if it did not exist.
    pub(crate) fn delete(&mut self, resource: ResourceId, key: &str) -> Option<&Event> {
        let before = self.get(resource, key)?.clone();
        self.revision += 1;
        let revision = self.revision;
        let event = Event { revision, before: Some(before), after: None, line: OnceLock::new() };
        Some(self.append(resource, key, event))
    }

    /// Makes room for this many resources.
    pub(crate) fn grow(&mut self, resources: usize) {
        self.tables.resize_with(resources.max(self.tables.len()), Table::default);
    }

    /// Replaces the content of an object at the same revision, because its schema has changed.
    pub(crate) fn reread(&mut self, resource: ResourceId, key: &str, value: Value) {
        let table = &mut self.tables[usize::from(resource.0)];
        let Some(event) = table.keys.get(key).and_then(|events| table.log.get_mut(*events.last()? as usize)) else {
            return;
        };
        if let Some(known) = &event.after {
            let (namespace, name) = (Arc::clone(&known.namespace), Arc::clone(&known.name));
            event.after = Some(Arc::new(Object::new(namespace, name, Arc::new(value), known.revision)));
            event.line = OnceLock::new();
        }
    }

    fn append(&mut self, resource: ResourceId, key: &str, event: Event) -> &Event {
        let table = &mut self.tables[usize::from(resource.0)];
        let index = u32::try_from(table.log.len()).expect("a run has fewer than four billion writes");
        table.log.push(event);
        match table.keys.get_mut(key) {
            Some(versions) => versions.push(index),
            None => {
                table.keys.insert(Arc::from(key), vec![index]);
            }
        }
        &table.log[index as usize]
    }
}

fn version_at<'a>(log: &'a [Event], versions: &[u32], revision: u64) -> Option<&'a Arc<Object>> {
    let newer = versions.iter().rev().take_while(|i| log[**i as usize].revision > revision).count();
    let index = versions.len().checked_sub(newer + 1)?;
    log[versions[index] as usize].after.as_ref()
}
