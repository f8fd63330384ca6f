//! The objects of a run, version by version, and the copies that others have of them: the caches of API servers, and
//! what the watches of replicas have shown.
//!
//! Everything comes from the run's events. A watch that selects by labels is not behind for an object that no watch of
//! the run ever showed. The event of a restarted API server does not say which one it is, so a run with one has no
//! caches of servers here.
use apiserver::{Change, Commit, ResourceId};
use reports::timeline::{Behind, Copied, Version, View};
use serde_json::Value;
use sim::{Fault, FaultKind, engine::Event};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A write of an object.
struct Write {
    resource: ResourceId,
    name: Arc<str>,
    /// Name of the object's lane.
    lane: String,
    revision: u64,
    entry: usize,
    object: Option<Arc<Value>>,
}

/// What a replica knows of one resource.
#[derive(Default)]
struct Watched {
    /// Revision up to which it knows everything; None while nobody watches.
    position: Option<u64>,
    behind: Vec<Behind>,
}

/// An object as one line of a watch reports it.
struct Shown {
    name: String,
    revision: u64,
    deleted: bool,
}

/// The versions of a run, and the copies of them.
#[derive(Default)]
pub(super) struct Copies {
    writes: Vec<Write>,
    /// Objects that some watch of the run shows.
    watched: BTreeSet<(ResourceId, String)>,
    /// By replica and resource.
    watches: BTreeMap<(usize, ResourceId), Watched>,
    /// What each replica knows: by replica and the name of the object's lane, the index of a write.
    known: BTreeMap<(usize, String), Option<usize>>,
    views: Vec<(usize, usize, String, Option<usize>)>,
    /// Events that each cache of a server took over, and the entries before which it did.
    advances: BTreeMap<(usize, ResourceId), Vec<usize>>,
    restarted: bool,
}

impl Copies {
    /// Looks through all events of a run for what its watches show.
    pub(super) fn of<'a>(events: impl Iterator<Item = &'a Event>) -> Self {
        let mut copies = Self::default();
        for event in events {
            match event {
                Event::WatchDelivered { resource, line, .. } => {
                    copies.watched.extend(shown(line).map(|shown| (*resource, shown.name)));
                }
                Event::Fault { fault, .. } => copies.restarted |= *fault == Fault::Kind(FaultKind::ServerRestart),
                _ => {}
            }
        }
        copies
    }

    /// Takes in a write, which the entry of this index shows.
    pub(super) fn written(&mut self, commit: &Commit, lane: String, entry: usize) {
        let object = (commit.change != Change::Deleted).then(|| Arc::clone(&commit.after));
        let (resource, name, revision) = (commit.resource, Arc::clone(&commit.name), commit.revision);
        self.writes.push(Write { resource, name, lane, revision, entry, object });
        let watching: Vec<usize> =
            self.watches.keys().filter(|(_, watched)| *watched == resource).map(|(replica, _)| *replica).collect();
        watching.into_iter().for_each(|replica| self.measure(replica, resource, entry));
    }

    /// A server's cache takes over one event before this entry.
    pub(super) fn advanced(&mut self, server: usize, resource: ResourceId, entry: usize) {
        self.advances.entry((server, resource)).or_default().push(entry);
    }

    /// A replica opens a watch: it has listed the objects at this revision.
    pub(super) fn opened(&mut self, replica: usize, resource: ResourceId, after: u64, entry: usize) {
        let mut latest: BTreeMap<String, usize> = BTreeMap::new();
        for (index, write) in self.writes.iter().enumerate() {
            if write.resource == resource && write.revision <= after && self.is_watched(write) {
                latest.insert(write.lane.clone(), index);
            }
        }
        for (lane, write) in latest {
            let exists = self.writes[write].object.is_some();
            self.sees(replica, entry, lane, exists.then_some(write));
        }
        self.reach(replica, resource, after, entry);
    }

    /// A watch of a replica delivers a line.
    pub(super) fn delivered(&mut self, replica: usize, resource: ResourceId, line: &[u8], entry: usize) {
        let Some(shown) = shown(line) else { return };
        let same = |write: &Write| write.resource == resource && *write.name == *shown.name;
        let write = self.writes.iter().rposition(|write| same(write) && write.revision <= shown.revision);
        if let Some(write) = write {
            let lane = self.writes[write].lane.clone();
            self.sees(replica, entry, lane, (!shown.deleted).then_some(write));
        }
        self.reach(replica, resource, shown.revision, entry);
    }

    /// A replica crashes: it knows nothing any more.
    pub(super) fn forget(&mut self, replica: usize, entry: usize) {
        let known: Vec<String> =
            self.known.keys().filter(|(other, _)| *other == replica).map(|(_, lane)| lane.clone()).collect();
        known.into_iter().for_each(|lane| self.sees(replica, entry, lane, None));
        for watched in self.watches.iter_mut().filter(|((other, _), _)| *other == replica).map(|(_, watched)| watched) {
            watched.position = None;
            note(&mut watched.behind, entry, 0);
        }
    }

    /// The versions, the copies that were behind at some time, and the views, for these lanes of objects.
    pub(super) fn finish(self, lanes: &BTreeMap<String, usize>) -> (Vec<Version>, Vec<Copied>, Vec<View>) {
        let (mut versions, mut of_write) = (Vec::new(), Vec::new());
        for write in &self.writes {
            of_write.push(versions.len());
            if let Some(&lane) = lanes.get(&write.lane) {
                let object = write.object.as_ref().map(|object| Value::clone(object));
                versions.push(Version { lane, entry: write.entry, object });
            }
        }
        let view = |(replica, from, lane, write): &(usize, usize, String, Option<usize>)| {
            let object = *lanes.get(lane)?;
            Some(View { lane: replica + 1, from: *from, object, version: write.map(|write| of_write[write]) })
        };
        let views = self.views.iter().filter_map(view).collect();
        let kind = |resource: ResourceId| self.writes.iter().find(|write| write.resource == resource).map(Write::kind);
        let caches = self.caches().filter_map(|((server, resource), behind)| {
            Some(Copied { name: format!("cache of API server {server}: {}", kind(resource)?), behind })
        });
        let watches = self.watches.iter().filter_map(|((replica, resource), watched)| {
            let behind = watched.behind.clone();
            Some(Copied { name: format!("watch of replica {replica}: {}", kind(*resource)?), behind })
        });
        let copies = caches.chain(watches).filter(|copy| copy.behind.iter().any(|behind| behind.writes > 0));
        (versions, copies.collect(), views)
    }

    /// How far the caches of servers were behind.
    fn caches(&self) -> impl Iterator<Item = ((usize, ResourceId), Vec<Behind>)> + '_ {
        let caches = self.advances.iter().filter(|_| !self.restarted);
        caches.map(|(&(server, resource), advances)| {
            let written =
                self.writes.iter().filter(|write| write.resource == resource).map(|write| (write.entry, true));
            let mut changes: Vec<(usize, bool)> = written.chain(advances.iter().map(|&entry| (entry, false))).collect();
            // What a cache takes over before an entry precedes what the entry writes.
            changes.sort_unstable();
            let (mut behind, mut writes) = (Vec::new(), 0_u64);
            for (entry, written) in changes {
                writes = if written { writes + 1 } else { writes.saturating_sub(1) };
                note(&mut behind, entry, writes);
            }
            ((server, resource), behind)
        })
    }

    fn is_watched(&self, write: &Write) -> bool {
        self.watched.contains(&(write.resource, write.name.to_string()))
    }

    fn sees(&mut self, replica: usize, entry: usize, lane: String, write: Option<usize>) {
        let known = self.known.insert((replica, lane.clone()), write);
        if known.unwrap_or_default() != write {
            self.views.push((replica, entry, lane, write));
        }
    }

    fn reach(&mut self, replica: usize, resource: ResourceId, revision: u64, entry: usize) {
        let watched = self.watches.entry((replica, resource)).or_default();
        watched.position = Some(watched.position.map_or(revision, |known| known.max(revision)));
        self.measure(replica, resource, entry);
    }

    /// Counts what a replica lacks of a resource.
    fn measure(&mut self, replica: usize, resource: ResourceId, entry: usize) {
        let Some(position) = self.watches.get(&(replica, resource)).and_then(|watched| watched.position) else {
            return;
        };
        let later = self.writes.iter().rev().take_while(|write| write.revision > position);
        let lacks = later.filter(|write| write.resource == resource && self.is_watched(write)).count() as u64;
        if let Some(watched) = self.watches.get_mut(&(replica, resource)) {
            note(&mut watched.behind, entry, lacks);
        }
    }
}

impl Write {
    fn kind(&self) -> &str {
        self.lane.split(' ').next().unwrap_or_default()
    }
}

/// Adds a distance, unless it is as before; of those at one entry the last counts.
fn note(behind: &mut Vec<Behind>, from: usize, writes: u64) {
    behind.pop_if(|last| last.from == from);
    if behind.last().map_or(0, |last| last.writes) != writes {
        behind.push(Behind { from, writes });
    }
}

/// The object in a line of a watch; None for a bookmark and for an error.
fn shown(line: &[u8]) -> Option<Shown> {
    let event: Value = serde_json::from_slice(line).ok()?;
    let deleted = match event["type"].as_str()? {
        "ADDED" | "MODIFIED" => false,
        "DELETED" => true,
        _ => return None,
    };
    let metadata = &event["object"]["metadata"];
    let revision = metadata["resourceVersion"].as_str()?.parse().ok()?;
    Some(Shown { name: metadata["name"].as_str()?.to_owned(), revision, deleted })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LEASES: ResourceId = ResourceId(1);

    fn commit(revision: u64, change: Change) -> Commit {
        let after = Arc::new(json!({"kind": "Lease", "metadata": {"name": "l"}}));
        let (namespace, name) = (Arc::from("n"), Arc::from("l"));
        Commit { revision, actor: 1, resource: LEASES, namespace, name, change, before: None, after }
    }

    fn line(kind: &str, revision: u64) -> String {
        let metadata = json!({"name": "l", "resourceVersion": revision.to_string()});
        json!({"type": kind, "object": {"metadata": metadata}}).to_string()
    }

    /// Writes at entries 1 and 3; a cache follows before entries 2 and 5, a watch at entries 4 and 6.
    fn copies() -> Copies {
        let mut copies = Copies { watched: BTreeSet::from([(LEASES, "l".to_owned())]), ..Copies::default() };
        copies.opened(0, LEASES, 7, 0);
        copies.written(&commit(8, Change::Created), "Lease l".to_owned(), 1);
        copies.advanced(0, LEASES, 2);
        copies.written(&commit(9, Change::Deleted), "Lease l".to_owned(), 3);
        copies.delivered(0, LEASES, line("ADDED", 8).as_bytes(), 4);
        copies.advanced(0, LEASES, 5);
        copies.delivered(0, LEASES, line("DELETED", 9).as_bytes(), 6);
        copies
    }

    fn finished(copies: Copies) -> (Vec<Version>, Vec<Copied>, Vec<View>) {
        copies.finish(&BTreeMap::from([("Lease l".to_owned(), 3)]))
    }

    #[test]
    fn copies_lag_until_they_follow() {
        let (versions, copies, views) = finished(copies());
        assert_eq!(
            versions.iter().map(|one| (one.entry, one.object.is_some())).collect::<Vec<_>>(),
            [(1, true), (3, false)]
        );
        let lags = |copy: &Copied| (0..7).map(|entry| copy.behind_at(entry)).collect::<Vec<_>>();
        assert_eq!(copies[0].name, "cache of API server 0: Lease");
        assert_eq!(lags(&copies[0]), [0, 1, 0, 1, 1, 0, 0]);
        assert_eq!(copies[1].name, "watch of replica 0: Lease");
        assert_eq!(lags(&copies[1]), [0, 1, 1, 2, 1, 1, 0]);
        let view = |from, version| View { lane: 1, from, object: 3, version };
        assert_eq!(views, [view(4, Some(0)), view(6, None)]);
    }

    #[test]
    fn a_crash_forgets_everything() {
        let mut copies = copies();
        copies.written(&commit(10, Change::Created), "Lease l".to_owned(), 7);
        copies.forget(0, 8);
        let (_, copies, _) = finished(copies);
        assert_eq!((copies[1].behind_at(7), copies[1].behind_at(8)), (1, 0));
    }

    #[test]
    fn what_no_watch_shows_is_not_lacking() {
        let mut unwatched = Copies::default();
        unwatched.opened(0, LEASES, 7, 0);
        unwatched.written(&commit(8, Change::Created), "Lease l".to_owned(), 1);
        assert!(finished(unwatched).1.is_empty());
    }
}
