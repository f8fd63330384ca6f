//! Watches: the commits of each resource in their order, and of each stream how far along them it has told.
//!
//! A stream is a cursor in its resource's log. Each event moves it; what it moves over and ought to have told is missed. Both
//! only go forward, so that a run costs its commits plus its events, however many streams there are.
use super::Moment;
use crate::{
    observation::{Actor, Change},
    watch::{self, Label, Object, Opening, WatchId},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Namespace and name.
type Key = (Arc<str>, Arc<str>);

/// One commit as streams have to tell it.
struct Entry {
    revision: u64,
    now: Moment,
    change: Change,
    namespace: Arc<str>,
    name: Arc<str>,
    before: Option<Arc<[Label]>>,
    after: Option<Arc<[Label]>>,
}

/// All commits of a resource, in their order, and the labels that each object has now.
#[derive(Default)]
struct Log {
    entries: Vec<Entry>,
    /// Of those that have any.
    labels: BTreeMap<Key, Arc<[Label]>>,
}

impl Log {
    /// The labels that an object had; from now on it has others. Most objects have none, and take no room.
    fn relabel(&mut self, object: &Object, labels: Option<&Arc<[Label]>>) -> Arc<[Label]> {
        let labels = labels.filter(|labels| !labels.is_empty());
        if labels.is_none() && self.labels.is_empty() {
            return Arc::default();
        }
        let key = (Arc::clone(&object.namespace), Arc::clone(&object.name));
        let before = match labels {
            Some(labels) => self.labels.insert(key, Arc::clone(labels)),
            None => self.labels.remove(&key),
        };
        before.unwrap_or_default()
    }
}

/// A stream.
pub(crate) struct Stream {
    pub(crate) actor: Actor,
    pub(crate) opened: Moment,
    pub(crate) opening: Arc<Opening>,
    /// The place of its resource's log.
    log: usize,
    /// Commits of its resource before this one have been told, or need not be, or were missed.
    next: usize,
    /// The revision of the last event or bookmark.
    pub(crate) last: u64,
    /// The last event or bookmark; the opening, before the first.
    pub(crate) last_told: Moment,
    events: u64,
    missed: BTreeSet<u64>,
    /// Objects that were there when it began and that it has yet to tell.
    initial: BTreeMap<Key, (u64, Moment)>,
}

/// A commit that a stream ought to have told and did not.
#[derive(Debug, Clone)]
pub(crate) struct Missed {
    pub(crate) revision: u64,
    pub(crate) now: Moment,
    pub(crate) name: Arc<str>,
    /// How many more were passed over with it.
    pub(crate) more: usize,
}

/// What an event turned out to be.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// The next one, and what its commit did.
    Next,
    /// It was told before.
    Again,
    /// It is older than what was told before.
    Backwards,
    /// It is older than what the stream goes on from.
    Early,
    /// No commit did that: what the commit of that revision did to which object, if there is one.
    Untrue(Option<(Change, Arc<str>, Moment)>),
}

/// What a fact about a stream means.
#[derive(Debug, Clone)]
pub(crate) enum Heard {
    /// An event.
    Event {
        /// Whether it is the stream's first.
        first: bool,
        place: Place,
        missed: Option<Missed>,
        /// What was told before it.
        before: (u64, Moment),
    },
    /// A bookmark.
    Bookmark { missed: Option<Missed>, backwards: bool },
}

/// See the module.
pub(crate) struct Watches {
    /// The first commit that was told of: what is older is not judged.
    begins: Option<u64>,
    /// The place of each resource's log.
    resources: BTreeMap<Arc<str>, usize>,
    logs: Vec<Log>,
    streams: BTreeMap<WatchId, Stream>,
}

impl Watches {
    pub(super) const fn new() -> Self {
        Self { begins: None, resources: BTreeMap::new(), logs: Vec::new(), streams: BTreeMap::new() }
    }

    fn log_of(&mut self, resource: &Arc<str>) -> usize {
        if let Some(&place) = self.resources.get(resource) {
            return place;
        }
        self.resources.insert(Arc::clone(resource), self.logs.len());
        self.logs.push(Log::default());
        self.logs.len() - 1
    }

    pub(super) fn stream(&self, watch: WatchId) -> Option<&Stream> {
        self.streams.get(&watch)
    }

    pub(super) fn committed(&mut self, now: Moment, revision: u64, change: Change, object: &Object) {
        self.begins.get_or_insert(revision);
        let place = self.log_of(&object.resource);
        let log = &mut self.logs[place];
        let after = (change != Change::Deleted).then(|| Arc::clone(&object.labels));
        let before = log.relabel(object, after.as_ref());
        let before = (change != Change::Created).then_some(before);
        let (namespace, name) = (Arc::clone(&object.namespace), Arc::clone(&object.name));
        log.entries.push(Entry { revision, now, change, namespace, name, before, after });
    }

    pub(super) fn heard(&mut self, now: Moment, watch: WatchId, actor: Actor, heard: &watch::Heard) -> Option<Heard> {
        let begins = self.begins.unwrap_or(0);
        match heard {
            watch::Heard::Opened(opening) => {
                let place = self.log_of(&opening.selection.resource);
                let stream = Stream::open(now, actor, opening, (place, &self.logs[place].entries));
                self.streams.insert(watch, stream);
                None
            }
            watch::Heard::Ended => {
                self.streams.remove(&watch);
                None
            }
            watch::Heard::Told { change, revision, namespace, name } => {
                let stream = self.streams.get_mut(&watch)?;
                if *revision < begins {
                    return None;
                }
                let event = Event { change: *change, revision: *revision, namespace, name };
                Some(stream.tell(now, &event, &self.logs[stream.log].entries))
            }
            watch::Heard::Bookmark { revision } => {
                let stream = self.streams.get_mut(&watch)?;
                Some(stream.bookmark(now, *revision, &self.logs[stream.log].entries))
            }
        }
    }
}

/// An event as the stream told it.
struct Event<'a> {
    change: Change,
    revision: u64,
    namespace: &'a Arc<str>,
    name: &'a Arc<str>,
}

impl Entry {
    /// What a stream of that selection has to tell of it.
    fn seen(&self, opening: &Opening) -> Option<Change> {
        let sees = |labels: &Option<Arc<[Label]>>| {
            labels.as_ref().is_some_and(|labels| opening.selection.takes(&self.namespace, labels))
        };
        match (sees(&self.before), sees(&self.after)) {
            (false, true) => Some(Change::Created),
            (true, true) => Some(Change::Modified),
            (true, false) => Some(Change::Deleted),
            (false, false) => None,
        }
    }
}

impl Stream {
    fn open(now: Moment, actor: Actor, opening: &Arc<Opening>, (log, entries): (usize, &[Entry])) -> Self {
        let next = entries.partition_point(|entry| entry.revision <= opening.after);
        let mut initial = BTreeMap::new();
        for entry in entries[..next].iter().filter(|_| opening.from_state && !opening.selection.narrowed) {
            let key = (Arc::clone(&entry.namespace), Arc::clone(&entry.name));
            match &entry.after {
                Some(labels) if opening.selection.takes(&entry.namespace, labels) => {
                    initial.insert(key, (entry.revision, entry.now));
                }
                _ => _ = initial.remove(&key),
            }
        }
        Self {
            actor,
            opened: now,
            opening: Arc::clone(opening),
            log,
            next,
            last: opening.after,
            last_told: now,
            events: 0,
            missed: BTreeSet::new(),
            initial,
        }
    }

    fn tell(&mut self, now: Moment, event: &Event<'_>, log: &[Entry]) -> Heard {
        let before = (self.last, self.last_told);
        let first = self.events == 0;
        self.events += 1;
        let (place, missed) = self.judge(event, log);
        self.last = self.last.max(event.revision);
        self.last_told = now;
        Heard::Event { first, place, missed, before }
    }

    fn judge(&mut self, event: &Event<'_>, log: &[Entry]) -> (Place, Option<Missed>) {
        if event.revision <= self.opening.after {
            return (self.initial_event(event), None);
        }
        if event.revision <= self.last {
            let late = self.missed.remove(&event.revision);
            return (if late { Place::Backwards } else { self.repeated(event, log) }, None);
        }
        let missed = self.pass(event.revision - 1, log);
        let Some(entry) = log.get(self.next).filter(|entry| entry.revision == event.revision) else {
            return (Place::Untrue(None), missed);
        };
        self.next += 1;
        (self.compare(event, entry), missed)
    }

    fn initial_event(&mut self, event: &Event<'_>) -> Place {
        if !self.opening.from_state {
            return Place::Early;
        }
        let key = (Arc::clone(event.namespace), Arc::clone(event.name));
        if self.opening.selection.narrowed {
            return Place::Next;
        }
        match self.initial.remove(&key) {
            Some((revision, _)) if revision == event.revision && event.change == Change::Created => Place::Next,
            Some((_, now)) => Place::Untrue(Some((event.change, key.1, now))),
            None => Place::Again,
        }
    }

    /// An event at or below what was told: it was told before, unless that revision is another object's.
    fn repeated(&self, event: &Event<'_>, log: &[Entry]) -> Place {
        let at = log.partition_point(|entry| entry.revision < event.revision);
        match log.get(at).filter(|entry| entry.revision == event.revision) {
            Some(entry) => match self.compare(event, entry) {
                Place::Next => Place::Again,
                other => other,
            },
            None => Place::Untrue(None),
        }
    }

    fn compare(&self, event: &Event<'_>, entry: &Entry) -> Place {
        let same = entry.namespace == *event.namespace && entry.name == *event.name;
        let seen = entry.seen(&self.opening);
        let true_of_it = self.opening.selection.narrowed && seen.is_some() || seen == Some(event.change);
        if same && true_of_it {
            Place::Next
        } else {
            Place::Untrue(Some((seen.unwrap_or(entry.change), Arc::clone(&entry.name), entry.now)))
        }
    }

    /// Passes over everything up to a revision; the first of it that ought to have been told.
    fn pass(&mut self, revision: u64, log: &[Entry]) -> Option<Missed> {
        let mut missed: Option<Missed> = None;
        let mut miss = |revision: u64, now: Moment, name: &Arc<str>| match &mut missed {
            Some(missed) => missed.more += 1,
            None => missed = Some(Missed { revision, now, name: Arc::clone(name), more: 0 }),
        };
        for ((_, name), (revision, now)) in std::mem::take(&mut self.initial) {
            miss(revision, now, &name);
        }
        while let Some(entry) = log.get(self.next).filter(|entry| entry.revision <= revision) {
            self.next += 1;
            if !self.opening.selection.narrowed && entry.seen(&self.opening).is_some() {
                self.missed.insert(entry.revision);
                miss(entry.revision, entry.now, &entry.name);
            }
        }
        missed
    }

    fn bookmark(&mut self, now: Moment, revision: u64, log: &[Entry]) -> Heard {
        let backwards = revision < self.last;
        let missed = self.pass(revision, log);
        self.last = self.last.max(revision);
        self.last_told = now;
        Heard::Bookmark { missed, backwards }
    }
}
