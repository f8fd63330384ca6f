//! Facts of watches: the selection that a request asked for, and the event in each line.
use super::{label_selector::requirements, watch_line::Line};
use apiserver::{Commit, ResourceId, WatchStart};
use bytes::Bytes;
use model::watch::{Label, Object, Opening, Selection, WatchFact};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

/// Reads facts of watches and of the objects that they watch.
pub(super) struct Reader {
    /// Name of each resource, by id.
    resources: Arc<[Arc<str>]>,
    /// Names and namespaces seen so far, each kept once.
    names: BTreeSet<Arc<str>>,
    unlabelled: Arc<[Label]>,
    /// The lines read last: an API server writes a line once, and all its streams share the bytes.
    read: VecDeque<(Bytes, Option<WatchFact>)>,
}

/// Number of lines kept: about as many as streams are at different positions, for all replicas and resources.
const KEPT: usize = 8;

impl Reader {
    /// A reader for a cluster with these resources, in the order of their ids.
    pub(super) fn new(resources: Arc<[Arc<str>]>) -> Self {
        Self { resources, names: BTreeSet::new(), unlabelled: Arc::from([]), read: VecDeque::with_capacity(KEPT) }
    }

    fn resource(&self, resource: ResourceId) -> Arc<str> {
        self.resources.get(usize::from(resource.0)).cloned().unwrap_or_else(|| Arc::from("unknown"))
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(name);
        self.names.insert(Arc::clone(&new));
        new
    }

    /// The committed object.
    pub(super) fn object(&self, commit: &Commit) -> Object {
        let labels = commit.after["metadata"]["labels"].as_object();
        let labels = match labels.filter(|labels| !labels.is_empty()) {
            Some(labels) => labels
                .iter()
                .map(|(label, value)| (Arc::from(&**label), Arc::from(value.as_str().unwrap_or(""))))
                .collect(),
            None => Arc::clone(&self.unlabelled),
        };
        Object {
            resource: self.resource(commit.resource),
            namespace: Arc::clone(&commit.namespace),
            name: Arc::clone(&commit.name),
            labels,
        }
    }

    /// The opening of a watch by this request.
    pub(super) fn opened(&self, resource: ResourceId, target: &str, start: WatchStart) -> WatchFact {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut below = path.split('/').skip_while(|part| *part != "namespaces").skip(1);
        // `namespaces` is also a collection of its own: then at most a name follows, not a resource.
        let namespace = below.next().filter(|_| below.next().is_some());
        let text = |wanted: &str| {
            let mut values = query.split('&').filter_map(|pair| pair.strip_prefix(wanted)?.strip_prefix('='));
            values.next().map(decoded).unwrap_or_default()
        };
        let labels = text("labelSelector");
        let requirements = requirements(&labels);
        let selection = Selection {
            resource: self.resource(resource),
            namespace: namespace.map(Arc::from),
            narrowed: requirements.is_none() || !text("fieldSelector").is_empty(),
            labels: requirements.unwrap_or_default(),
        };
        WatchFact::Opened(Arc::new(Opening { selection, after: start.after, from_state: start.from_state }))
    }

    /// The event in a line of a watch; `None` for an ERROR and for anything that is not an event.
    pub(super) fn line(&mut self, line: &Bytes) -> Option<WatchFact> {
        let same = |(kept, _): &&(Bytes, Option<WatchFact>)| (kept.as_ptr(), kept.len()) == (line.as_ptr(), line.len());
        if let Some((_, fact)) = self.read.iter().rev().find(same) {
            return fact.clone();
        }
        let fact = self.parse(line);
        if self.read.len() == KEPT {
            self.read.pop_front();
        }
        self.read.push_back((line.clone(), fact.clone()));
        fact
    }

    fn parse(&mut self, line: &Bytes) -> Option<WatchFact> {
        let Line { change, revision, namespace, name } = Line::read(line)?;
        Some(match change {
            Some(change) => {
                WatchFact::Event { change, revision, namespace: self.name(namespace), name: self.name(name) }
            }
            None => WatchFact::Bookmark { revision },
        })
    }
}

/// Decodes a value of a query string.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let hex = std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                hex.unwrap_or(b'%')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::watch::Operator;

    #[test]
    fn requests_say_what_is_watched() {
        let reader = Reader::new(Arc::from([Arc::from("leases")]));
        let opened = |target: &str| {
            let start = WatchStart { after: 7, from_state: false };
            let WatchFact::Opened(opening) = reader.opened(ResourceId(0), target, start) else { panic!("not opened") };
            opening.selection.clone()
        };
        let all = opened("/apis/coordination.k8s.io/v1/leases?watch=true&resourceVersion=7");
        assert_eq!((all.namespace, all.narrowed, &*all.resource), (None, false, "leases"));
        let some =
            opened("/apis/c/v1/namespaces/a/leases?watch=1&labelSelector=app%3Dx%2Ctier+notin+%28a%2Cb%29%2C%21old");
        assert_eq!(some.namespace.as_deref(), Some("a"));
        let operators: Vec<_> =
            some.labels.iter().map(|label| (&*label.label, label.operator, label.values.len())).collect();
        let expected = [("app", Operator::In, 1), ("tier", Operator::NotIn, 2), ("old", Operator::Absent, 0)];
        assert_eq!(operators, expected);
        assert!(opened("/api/v1/pods?watch=1&fieldSelector=status.phase%3DRunning").narrowed);
        assert!(opened("/api/v1/pods?watch=1&labelSelector=n%3E3").narrowed);
        assert_eq!(opened("/api/v1/namespaces?watch=1").namespace, None);
    }
}
