//! Watches as facts: what the request asked for, and what each line says, read from their bytes.
//!
//! A line is read up to the end of its metadata and no further: streams tell more than everything else that happens in a run,
//! and their objects are big. It knows nothing of how the simulated server writes lines or reads selectors.
use apiserver::{self, Commit, ResourceId, WatchStart};
use bytes::Bytes;
use model::{
    observation::Change,
    watch::{Label, Object, Opening, Operator, Requirement, Selection, WatchFact},
};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

/// Makes facts of watches and of what they watch.
pub(crate) struct Reader {
    /// The name of each resource.
    resources: Arc<[Arc<str>]>,
    /// Names and namespaces that were seen, each kept once.
    names: BTreeSet<Arc<str>>,
    unlabelled: Arc<[Label]>,
    /// The lines that were read last: an API server writes a line once, and all its streams share the bytes.
    read: VecDeque<(Bytes, Option<WatchFact>)>,
}

/// How many lines are kept. As many as replicas and resources make streams differ in where they stand.
const KEPT: usize = 8;

impl Reader {
    /// A reader for a cluster with these resources, in the order of their ids.
    pub(crate) fn new(resources: Arc<[Arc<str>]>) -> Self {
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

    /// The object of a commit.
    pub(crate) fn object(&self, commit: &Commit) -> Object {
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

    /// A watch that this request opened.
    pub(crate) fn opened(&self, resource: ResourceId, target: &str, start: WatchStart) -> WatchFact {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut below = path.split('/').skip_while(|part| *part != "namespaces").skip(1);
        // The collection of namespaces is `namespaces` too, with a name below it or nothing.
        let namespace = below.next().filter(|_| below.next().is_some());
        let text = |wanted: &str| {
            let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            pairs.find(|(name, _)| *name == wanted).map(|(_, value)| decoded(value)).unwrap_or_default()
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

    /// What a line of a watch says; None for an ERROR, and for what is no event.
    pub(crate) fn line(&mut self, line: &Bytes) -> Option<WatchFact> {
        let same = |(kept, _): &&(Bytes, Option<WatchFact>)| (kept.as_ptr(), kept.len()) == (line.as_ptr(), line.len());
        if let Some((_, heard)) = self.read.iter().rev().find(same) {
            return heard.clone();
        }
        let heard = self.parse(line);
        if self.read.len() == KEPT {
            self.read.pop_front();
        }
        self.read.push_back((line.clone(), heard.clone()));
        heard
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

/// What a commit did.
pub(crate) fn change(change: apiserver::Change) -> Change {
    match change {
        apiserver::Change::Created => Change::Created,
        apiserver::Change::Modified => Change::Modified,
        apiserver::Change::Deleted => Change::Deleted,
    }
}

/// What is read of a line: `{"type":"ADDED","object":{…,"metadata":{…}…}}`.
#[derive(Debug, PartialEq, Eq)]
struct Line<'a> {
    /// None: a bookmark.
    change: Option<Change>,
    revision: u64,
    namespace: &'a str,
    name: &'a str,
}

impl<'a> Line<'a> {
    fn read(line: &'a [u8]) -> Option<Self> {
        let mut json = Json { text: line, at: 0 };
        json.enter(b"type")?;
        let change = match json.string()? {
            "ADDED" => Some(Change::Created),
            "MODIFIED" => Some(Change::Modified),
            "DELETED" => Some(Change::Deleted),
            "BOOKMARK" => None,
            _ => return None,
        };
        json.seek(b"object")?;
        json.enter(b"metadata")?;
        let (mut revision, mut namespace, mut name) = (None, "", "");
        json.open()?;
        while let Some(member) = json.member() {
            match member {
                "name" => name = json.string()?,
                "namespace" => namespace = json.string()?,
                "resourceVersion" => revision = json.string()?.parse().ok(),
                _ => json.skip()?,
            }
        }
        Some(Self { change, revision: revision?, namespace, name })
    }
}

/// A cursor in compact JSON. Texts are taken as they stand: names and versions have nothing to unescape.
struct Json<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Json<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Into an object.
    fn open(&mut self) -> Option<()> {
        (self.peek()? == b'{').then(|| self.at += 1)
    }

    /// The next member's name, with the cursor at its value; None at the end of the object.
    fn member(&mut self) -> Option<&'a str> {
        if self.peek()? == b',' {
            self.at += 1;
        }
        let name = self.string()?;
        (self.peek()? == b':').then(|| self.at += 1)?;
        Some(name)
    }

    /// Into an object and on to the value of one of its members.
    fn enter(&mut self, wanted: &[u8]) -> Option<()> {
        self.open()?;
        self.seek(wanted)
    }

    /// On to the value of one of the members that follow in this object.
    fn seek(&mut self, wanted: &[u8]) -> Option<()> {
        while let Some(name) = self.member() {
            if name.as_bytes() == wanted {
                return Some(());
            }
            self.skip()?;
        }
        None
    }

    fn string(&mut self) -> Option<&'a str> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        let mut end = start;
        loop {
            match self.text.get(end)? {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        self.at = end + 1;
        std::str::from_utf8(self.text.get(start..end)?).ok()
    }

    /// Over a value.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => _ = self.string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b'}' | b']' if depth == 0 => return Some(()),
                _ => self.at += 1,
            }
            if depth == 0 && matches!(self.peek()?, b',' | b'}' | b']') {
                return Some(());
            }
        }
    }
}

/// A value of a query string.
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

/// The requirements of a label selector; None when one of them compares numbers.
fn requirements(selector: &str) -> Option<Vec<Requirement>> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_i32);
    for (at, byte) in selector.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(&selector[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&selector[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(requirement).collect()
}

fn requirement(text: &str) -> Option<Requirement> {
    let made = |label: &str, operator, values: &[&str]| Requirement {
        label: Arc::from(label.trim()),
        operator,
        values: values.iter().map(|value| Arc::from(value.trim())).collect(),
    };
    let set = |label: &str, operator, values: &str| {
        let values: Vec<&str> = values.trim().trim_matches(['(', ')']).split(',').collect();
        Some(made(label, operator, &values))
    };
    if text.contains(['<', '>']) {
        return None;
    }
    if let Some((label, values)) = text.split_once(" notin ").or_else(|| text.split_once(" notin(")) {
        return set(label, Operator::NotIn, values);
    }
    if let Some((label, values)) = text.split_once(" in ").or_else(|| text.split_once(" in(")) {
        return set(label, Operator::In, values);
    }
    if let Some((label, value)) = text.split_once("!=") {
        return Some(made(label, Operator::NotIn, &[value]));
    }
    if let Some((label, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Some(made(label, Operator::In, &[value]));
    }
    Some(match text.strip_prefix('!') {
        Some(label) => made(label, Operator::Absent, &[]),
        None => made(text, Operator::Exists, &[]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Line<'_>> {
        Line::read(line.as_bytes())
    }

    #[test]
    fn lines_are_read_to_their_metadata() {
        let line = concat!(
            r#"{"type":"MODIFIED","object":{"a":[{"metadata":{"name":"no"}},"}\"{"],"kind":"Lease","metadata":{"#,
            r#""annotations":{"resourceVersion":"3","x":"\"name\":\"y\""},"labels":{},"name":"n","namespace":"s","#,
            r#""resourceVersion":"12","uid":"u"},"spec":{"n":1}}}"#
        );
        let expected = Line { change: Some(Change::Modified), revision: 12, namespace: "s", name: "n" };
        assert_eq!(read(line), Some(expected));
        let bookmark = r#"{"type":"BOOKMARK","object":{"kind":"Lease","metadata":{"resourceVersion":"9"}}}"#;
        assert_eq!(read(bookmark), Some(Line { change: None, revision: 9, namespace: "", name: "" }));
    }

    #[test]
    fn errors_and_fragments_say_nothing() {
        assert_eq!(read(r#"{"type":"ERROR","object":{"kind":"Status","metadata":{},"code":410}}"#), None);
        for cut in ["", "{", r#"{"type":"ADDED""#, r#"{"type":"ADDED","object":{"metadata":{"name":"a"#] {
            assert_eq!(read(cut), None, "{cut}");
        }
    }

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
