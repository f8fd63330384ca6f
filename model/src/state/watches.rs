//! Watches: the commits of each resource in their order, and how far each stream has reported them.
//!
//! A stream is a cursor in its resource's log. Each event moves the cursor; a commit that the cursor passes without an
//! event is missed if the stream selects it. Cursors only move forward, so a run costs its commits plus its events,
//! however many streams there are.
use super::moment::Moment;
use crate::{
    observation::{Actor, Change},
    watch::{Label, Object, Opening, WatchFact, WatchId},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Namespace and name.
type Key = (Arc<str>, Arc<str>);

/// One commit as streams must report it.
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
    /// Labels by object, for objects that have labels.
    labels: BTreeMap<Key, Arc<[Label]>>,
}

impl Log {
    /// Replaces an object's labels and returns the former ones. Most objects have no labels, and take no memory.
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

/// One watch stream.
pub(crate) struct Stream {
    pub(crate) actor: Actor,
    pub(crate) opened: Moment,
    pub(crate) opening: Arc<Opening>,
    /// Index of its resource's log.
    log: usize,
    /// Index of the next commit to report. Earlier ones were reported, were not selected, or were missed.
    next: usize,
    /// Highest revision of an event or bookmark so far.
    pub(crate) last: u64,
    /// Time of the last event or bookmark, or of the opening before the first.
    pub(crate) last_at: Moment,
    events: u64,
    missed: BTreeSet<u64>,
    /// Objects that existed when it began and that it has yet to report.
    initial: BTreeMap<Key, (u64, Moment)>,
}

/// A commit that a stream should have reported and did not.
#[derive(Debug, Clone)]
pub(crate) struct Missed {
    pub(crate) revision: u64,
    pub(crate) now: Moment,
    pub(crate) name: Arc<str>,
    /// Number of further commits that the same event or bookmark skipped.
    pub(crate) more: usize,
}

/// How an event relates to the commits of its resource.
#[derive(Debug, Clone)]
pub(crate) enum EventClass {
    /// The next commit that the stream must report.
    Next,
    /// A commit that the stream has reported before.
    Repeated,
    /// A commit older than one that the stream has reported before.
    OutOfOrder,
    /// A commit from before the revision that the stream started after.
    BeforeStart,
    /// Not a commit: holds what the commit of that revision really did, if there is one.
    Untrue(Option<(Change, Arc<str>, Moment)>),
}

/// What a fact about a stream means, compared with the commits.
#[derive(Debug, Clone)]
pub(crate) enum StreamStep {
    /// The stream reported an event.
    Event {
        /// Whether it is the stream's first.
        first: bool,
        class: EventClass,
        missed: Option<Missed>,
        /// Revision and time of the last event or bookmark before it.
        before: (u64, Moment),
    },
    /// The stream sent a bookmark.
    Bookmark { missed: Option<Missed>, backwards: bool },
}

/// The logs of all resources and all open streams.
#[derive(Default)]
pub(crate) struct Watches {
    /// Revision of the first commit observed: older events are not judged.
    begins: Option<u64>,
    /// Index of each resource's log.
    resources: BTreeMap<Arc<str>, usize>,
    logs: Vec<Log>,
    streams: BTreeMap<WatchId, Stream>,
}

impl Watches {
    fn log_of(&mut self, resource: &Arc<str>) -> usize {
        if let Some(&log) = self.resources.get(resource) {
            return log;
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
        let log = self.log_of(&object.resource);
        let log = &mut self.logs[log];
        let after = (change != Change::Deleted).then(|| Arc::clone(&object.labels));
        let before = log.relabel(object, after.as_ref());
        let before = (change != Change::Created).then_some(before);
        let (namespace, name) = (Arc::clone(&object.namespace), Arc::clone(&object.name));
        log.entries.push(Entry { revision, now, change, namespace, name, before, after });
    }

    pub(super) fn watched(
        &mut self,
        now: Moment,
        watch: WatchId,
        actor: Actor,
        fact: &WatchFact,
    ) -> Option<StreamStep> {
        let begins = self.begins.unwrap_or(0);
        match fact {
            WatchFact::Opened(opening) => {
                let log = self.log_of(&opening.selection.resource);
                let stream = Stream::open(now, actor, opening, (log, &self.logs[log].entries));
                self.streams.insert(watch, stream);
                None
            }
            WatchFact::Ended => {
                self.streams.remove(&watch);
                None
            }
            WatchFact::Event { change, revision, namespace, name } => {
                let stream = self.streams.get_mut(&watch)?;
                if *revision < begins {
                    return None;
                }
                let event = Event { change: *change, revision: *revision, namespace, name };
                Some(stream.event(now, &event, &self.logs[stream.log].entries))
            }
            WatchFact::Bookmark { revision } => {
                let stream = self.streams.get_mut(&watch)?;
                Some(stream.bookmark(now, *revision, &self.logs[stream.log].entries))
            }
        }
    }
}

/// An event as the stream reported it.
struct Event<'a> {
    change: Change,
    revision: u64,
    namespace: &'a Arc<str>,
    name: &'a Arc<str>,
}

impl Entry {
    /// The change that a stream with this selection must report, if any.
    fn change_for(&self, opening: &Opening) -> Option<Change> {
        let selected = |labels: &Option<Arc<[Label]>>| {
            labels.as_ref().is_some_and(|labels| opening.selection.selects(&self.namespace, labels))
        };
        match (selected(&self.before), selected(&self.after)) {
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
                Some(labels) if opening.selection.selects(&entry.namespace, labels) => {
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
            last_at: now,
            events: 0,
            missed: BTreeSet::new(),
            initial,
        }
    }

    fn event(&mut self, now: Moment, event: &Event<'_>, log: &[Entry]) -> StreamStep {
        let before = (self.last, self.last_at);
        let first = self.events == 0;
        self.events += 1;
        let (class, missed) = self.classify(event, log);
        self.last = self.last.max(event.revision);
        self.last_at = now;
        StreamStep::Event { first, class, missed, before }
    }

    fn classify(&mut self, event: &Event<'_>, log: &[Entry]) -> (EventClass, Option<Missed>) {
        if event.revision <= self.opening.after {
            return (self.initial_event(event), None);
        }
        if event.revision <= self.last {
            let late = self.missed.remove(&event.revision);
            return (if late { EventClass::OutOfOrder } else { self.repeated(event, log) }, None);
        }
        let missed = self.pass(event.revision - 1, log);
        let Some(entry) = log.get(self.next).filter(|entry| entry.revision == event.revision) else {
            return (EventClass::Untrue(None), missed);
        };
        self.next += 1;
        (self.compare(event, entry), missed)
    }

    fn initial_event(&mut self, event: &Event<'_>) -> EventClass {
        if !self.opening.from_state {
            return EventClass::BeforeStart;
        }
        let key = (Arc::clone(event.namespace), Arc::clone(event.name));
        if self.opening.selection.narrowed {
            return EventClass::Next;
        }
        match self.initial.remove(&key) {
            Some((revision, _)) if revision == event.revision && event.change == Change::Created => EventClass::Next,
            Some((_, now)) => EventClass::Untrue(Some((event.change, key.1, now))),
            None => EventClass::Repeated,
        }
    }

    /// An event at or below the last revision: a repetition, unless that revision belongs to another object.
    fn repeated(&self, event: &Event<'_>, log: &[Entry]) -> EventClass {
        let at = log.partition_point(|entry| entry.revision < event.revision);
        match log.get(at).filter(|entry| entry.revision == event.revision) {
            Some(entry) => match self.compare(event, entry) {
                EventClass::Next => EventClass::Repeated,
                other => other,
            },
            None => EventClass::Untrue(None),
        }
    }

    fn compare(&self, event: &Event<'_>, entry: &Entry) -> EventClass {
        let same = entry.namespace == *event.namespace && entry.name == *event.name;
        let expected = entry.change_for(&self.opening);
        let change_fits = self.opening.selection.narrowed && expected.is_some() || expected == Some(event.change);
        if same && change_fits {
            EventClass::Next
        } else {
            EventClass::Untrue(Some((expected.unwrap_or(entry.change), Arc::clone(&entry.name), entry.now)))
        }
    }

    /// Moves the cursor past a revision; returns the first commit that should have been reported.
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
            if !self.opening.selection.narrowed && entry.change_for(&self.opening).is_some() {
                self.missed.insert(entry.revision);
                miss(entry.revision, entry.now, &entry.name);
            }
        }
        missed
    }

    fn bookmark(&mut self, now: Moment, revision: u64, log: &[Entry]) -> StreamStep {
        let backwards = revision < self.last;
        let missed = self.pass(revision, log);
        self.last = self.last.max(revision);
        self.last_at = now;
        StreamStep::Bookmark { missed, backwards }
    }
}
