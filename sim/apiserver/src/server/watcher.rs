//! An open watch: its pending events and their encoding (k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go).
//!
//! A watch is a cursor in the log of its resource, limited by the position of its server's cache. The line of a whole
//! object is built once for each event and shared by all watches that see the event unfiltered.
use super::{
    forms::Forms,
    frame::{frame, line},
};
use crate::{
    base::{
        id::{ResourceId, ServerId},
        object::{self, Object, encode},
        selectors::Selector,
        status::Status,
        watch::{WatchItem, WatchStart},
    },
    codec::{
        negotiation::{Form, Shape},
        table::{self, Include, Style},
    },
    registry::{events, kind::Kind},
    storage::store::{Event, Store},
};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// An open watch.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) server: ServerId,
    pub(crate) resource: ResourceId,
    /// The requested `timeoutSeconds`.
    pub(crate) timeout: Option<u32>,
    filter: Filter,
    /// Lines to send before any event of the log.
    first: VecDeque<Bytes>,
    /// Index of the first event in the log not looked at yet. Queries also advance it over events that do not match.
    next: AtomicUsize,
    /// That index plus one, once the watch is known to see the event there.
    found: AtomicUsize,
    /// Events up to this revision are not delivered, even future ones.
    after: u64,
    /// Whether the watch begins with the objects that existed at that revision.
    pub(crate) from_state: bool,
    bookmark: Bookmark,
    ending: Ending,
}

/// The events that a watch sees, and their form.
#[derive(Debug)]
pub(crate) struct Filter {
    /// The namespace; None for all.
    pub(crate) namespace: Option<String>,
    pub(crate) selector: Selector,
    /// The kind in whose form events are sent: that of a view differs from that of the resource.
    pub(crate) kind: ResourceId,
    /// Whether the kind is a view.
    pub(crate) view: bool,
    pub(crate) form: Form,
    /// The part of each object that accompanies its row in a table.
    pub(crate) include: Include,
    /// Whether a table's column definitions, which are sent once, are still to be sent.
    pub(crate) headed: bool,
}

#[derive(Debug)]
struct Bookmark {
    allowed: bool,
    /// The version that the client knows without a bookmark.
    known: u64,
    /// Whether a bookmark is to be sent after the events that the cache has now.
    due: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Ending {
    Open,
    /// The watch ends after its first lines.
    AfterFirst,
    /// The watch ends after it has delivered the log up to this index.
    At(usize),
    Ended,
}

impl Watcher {
    /// A watch of the events after a revision.
    pub(crate) fn new(store: &Store, server: ServerId, resource: ResourceId, filter: Filter, after: u64) -> Self {
        Self {
            server,
            resource,
            timeout: None,
            filter,
            first: VecDeque::new(),
            next: AtomicUsize::new(store.first_after(resource, after)),
            found: AtomicUsize::new(0),
            after,
            from_state: false,
            bookmark: Bookmark { allowed: false, known: 0, due: false },
            ending: Ending::Open,
        }
    }

    /// Allows bookmarks, with the version that the client knows already.
    pub(crate) fn allow_bookmarks(&mut self, known: u64) {
        self.bookmark = Bookmark { allowed: true, known, due: false };
    }

    /// Adds an initial ADDED line for an existing object.
    pub(crate) fn push_initial(&mut self, kind: &Kind, object: &Arc<Object>, now: Timestamp) {
        if !self.filter.sees(object) {
            return;
        }
        if self.filter.is_of_lists() {
            self.ending = Ending::AfterFirst;
            return;
        }
        let line = self.filter.line(kind, "ADDED", object, object.revision, now);
        self.first.push_back(line);
    }

    /// Adds the bookmark that ends the initial events.
    pub(crate) fn push_initial_events_end(&mut self, kind: &Kind, revision: u64, now: Timestamp) {
        if self.filter.is_of_lists() {
            self.ending = Ending::AfterFirst;
            return;
        }
        let annotations = json!({"k8s.io/initial-events-end": "true"});
        let line = self.filter.bookmark(kind, revision, Some(annotations), now);
        self.first.push_back(line);
    }

    /// Makes the watch consist of one ERROR line.
    pub(crate) fn fail(&mut self, status: &Status) {
        self.first.push_back(frame(self.filter.form.encoding, "ERROR", &encode(status)));
        self.ending = Ending::AfterFirst;
    }

    /// Number of events that the cache has and the watch has not delivered.
    pub(crate) fn unread(&self, store: &Store, forms: &Forms, kind: &Kind, applied: usize) -> usize {
        let next = self.next.load(Ordering::Relaxed).min(applied);
        let selected = |event: &&Event| event.revision > self.after && self.filter.change(forms, kind, event).is_some();
        self.first.len() + store.log(self.resource)[next..applied].iter().filter(selected).count()
    }

    /// The revision up to which the watch has delivered everything.
    pub(crate) fn position(&self, store: &Store) -> u64 {
        let next = self.next.load(Ordering::Relaxed);
        let last = next.checked_sub(1).and_then(|last| store.log(self.resource).get(last));
        last.map_or(self.after, |event| event.revision.max(self.after))
    }

    /// Ends the stream now.
    pub(crate) fn end(&mut self) {
        self.ending = Ending::Ended;
    }

    /// Ends the stream after the log up to an index has been delivered.
    pub(crate) fn end_at(&mut self, end: usize) {
        if self.ending == Ending::Open {
            self.ending = Ending::At(end);
        }
    }

    /// The position at which the watch began.
    pub(crate) fn start(&self) -> WatchStart {
        WatchStart { after: self.after, from_state: self.from_state }
    }

    /// The kind in whose form events are sent.
    pub(crate) fn kind(&self) -> ResourceId {
        self.filter.kind
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ending == Ending::Ended
    }

    /// Requests a bookmark after the events that the cache has now; false if the client did not allow bookmarks or is
    /// up to date.
    pub(crate) fn request_bookmark(&mut self, cache_revision: u64) -> bool {
        self.bookmark.due |= self.bookmark.allowed && cache_revision > self.bookmark.known;
        self.bookmark.due
    }

    /// Whether [`Self::next_item`] would be anything but pending. Builds no line.
    pub(crate) fn has_item(&self, store: &Store, forms: &Forms, kind: &Kind, applied: usize) -> bool {
        self.ending != Ending::Open
            || !self.first.is_empty()
            || self.bookmark.due
            || self.has_found(applied)
            || self.peek(store, forms, kind, applied).is_some()
    }

    /// The object whose form in the watch's version must be known for its next event.
    pub(crate) fn unconverted(&self, store: &Store, forms: &Forms, kind: &Kind, applied: usize) -> Option<Arc<Object>> {
        let (event, _) = self.peek(store, forms, kind, applied).filter(|(_, seen)| *seen == Seen::Unknown)?;
        [&event.before, &event.after].into_iter().flatten().find(|object| forms.of(kind, object).is_none()).cloned()
    }

    /// Whether an event was found at the next index. A run asks at every step, and a watch may lag for many.
    fn has_found(&self, applied: usize) -> bool {
        let next = self.next.load(Ordering::Relaxed);
        next < applied && self.found.load(Ordering::Relaxed) == next + 1
    }

    /// The next item, as far as the cache has advanced.
    pub(crate) fn next_item(
        &mut self,
        store: &Store,
        forms: &Forms,
        kind: &Kind,
        applied: usize,
        cache_revision: u64,
        now: Timestamp,
    ) -> WatchItem {
        if self.ending == Ending::Ended {
            return WatchItem::End;
        }
        if let Some(line) = self.first.pop_front() {
            return WatchItem::Event(line);
        }
        let has_unread =
            || self.filter.is_of_lists() && (self.bookmark.due || self.peek(store, forms, kind, applied).is_some());
        if self.ending == Ending::AfterFirst || has_unread() {
            self.ending = Ending::Ended;
            return WatchItem::End;
        }
        let until = if let Ending::At(end) = self.ending { applied.min(end) } else { applied };
        if let Some((event, change)) = self.peek(store, forms, kind, until) {
            self.next.fetch_add(1, Ordering::Relaxed);
            return match self.filter.event_line(forms, kind, event, change, now) {
                Some(line) => WatchItem::Event(line),
                None => {
                    self.ending = Ending::Ended;
                    WatchItem::End
                }
            };
        }
        if matches!(self.ending, Ending::At(end) if end <= applied) {
            self.ending = Ending::Ended;
            return WatchItem::End;
        }
        if self.bookmark.due {
            self.bookmark = Bookmark { allowed: true, known: cache_revision, due: false };
            return WatchItem::Event(self.filter.bookmark(kind, cache_revision, None, now));
        }
        WatchItem::Pending
    }

    /// The next event that this watch sees; events that it does not see are skipped for good.
    fn peek<'s>(&self, store: &'s Store, forms: &Forms, kind: &Kind, applied: usize) -> Option<(&'s Event, Seen)> {
        let log = store.log(self.resource);
        let mut next = self.next.load(Ordering::Relaxed);
        let mut found = None;
        while next < applied && found.is_none() {
            let event = &log[next];
            match self.filter.change(forms, kind, event).filter(|_| event.revision > self.after) {
                Some(change) => found = Some((event, change)),
                None => next += 1,
            }
        }
        self.next.store(next, Ordering::Relaxed);
        if found.is_some() {
            self.found.store(next + 1, Ordering::Relaxed);
        }
        found
    }
}

/// The appearance of an event through a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Added,
    Modified,
    Deleted,
    /// An object of the event has not been converted to the watch's version.
    Unknown,
}

impl Filter {
    /// Whether the client asked for the metadata of lists. An event is about one object, which does not have that form:
    /// the server ends the stream at the first event.
    fn is_of_lists(&self) -> bool {
        matches!(self.form.shape, Shape::Metadata { list: true, .. })
    }

    fn sees(&self, object: &Object) -> bool {
        self.namespace.as_deref().is_none_or(|n| n == &*object.namespace)
            && (self.selector.is_empty() || self.selector.matches(&object.value))
    }

    /// The appearance of an event: a change across the selector's boundary is an addition or a deletion.
    fn change(&self, forms: &Forms, kind: &Kind, event: &Event) -> Option<Seen> {
        let sees = |object: &Option<Arc<Object>>| match object {
            None => Some(false),
            Some(object) => forms.of(kind, object).map(|object| self.sees(object)),
        };
        let (Some(before), Some(after)) = (sees(&event.before), sees(&event.after)) else { return Some(Seen::Unknown) };
        match (before, after) {
            (false, true) => Some(Seen::Added),
            (true, true) => Some(Seen::Modified),
            (true, false) => Some(Seen::Deleted),
            (false, false) => None,
        }
    }

    /// The line of an event; None if an object has not been converted.
    fn event_line(&mut self, forms: &Forms, kind: &Kind, event: &Event, seen: Seen, now: Timestamp) -> Option<Bytes> {
        let natural = match (&event.before, &event.after) {
            (None, _) => Seen::Added,
            (_, None) => Seen::Deleted,
            _ => Seen::Modified,
        };
        let shared = natural == seen && self.is_plain();
        let (change, object) = match seen {
            Seen::Added => ("ADDED", event.object()),
            Seen::Modified => ("MODIFIED", event.object()),
            // The last state that matched, with the version of the change.
            Seen::Deleted => ("DELETED", event.before.as_ref().expect("a deletion has an object before it")),
            Seen::Unknown => return None,
        };
        let object = forms.of(kind, object)?;
        let mut make = || self.line(kind, change, object, event.revision, now);
        Some(if shared { event.line.get_or_init(make).clone() } else { make() })
    }

    /// Whether events are sent in their stored form.
    fn is_plain(&self) -> bool {
        self.form == Form::JSON && !self.view
    }

    fn line(&mut self, kind: &Kind, change: &str, object: &Object, revision: u64, now: Timestamp) -> Bytes {
        if revision == object.revision && self.is_plain() {
            return line(change, object.json());
        }
        let mut value = (*object.value).clone();
        object::metadata_mut(&mut value).insert("resourceVersion".into(), revision.to_string().into());
        self.shaped_line(kind, change, value, now)
    }

    fn shaped_line(&mut self, kind: &Kind, change: &str, value: Value, now: Timestamp) -> Bytes {
        let value = match self.form.shape {
            Shape::Object => kind.shown(&value).into_owned(),
            Shape::Metadata { version, .. } => table::partial(version, &value),
            Shape::Table(version) => {
                let headed = std::mem::take(&mut self.headed);
                table::single(kind, Style { version, include: self.include }, &value, now, headed)
            }
        };
        frame(self.form.encoding, change, &encode(&value))
    }

    /// A bookmark with its version only; for a built-in kind, Go writes the zero members too.
    fn bookmark(&mut self, kind: &Kind, revision: u64, annotations: Option<Value>, now: Timestamp) -> Bytes {
        let mut metadata = json!({"resourceVersion": revision.to_string()});
        if let Some(annotations) = annotations {
            metadata["annotations"] = annotations;
        }
        let mut bookmark = json!({"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata});
        if let (false, Some(bookmark)) = (kind.custom, bookmark.as_object_mut()) {
            bookmark.extend(kind.zero().into_iter().filter(|(name, _)| name != "metadata"));
            if kind.kind == "Event" {
                events::add_zero_members(bookmark);
            }
        }
        self.shaped_line(kind, "BOOKMARK", bookmark, now)
    }
}
