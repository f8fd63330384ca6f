//! Watches of the gateway's objects: every commit since a version, or a gap in the history.
//!
//! Each watch begins at the version of a list that was made before the run, with bookmarks, and continues after a
//! broken stream from the last version that it read. Kubernetes promises that nothing is left out between two versions.
//! If the server no longer knows the version (410), commits may be lost: that is a gap, and the run is inconclusive. A
//! kubectl watch would list again instead, and never say what it missed.
use super::{
    api::{Api, ApiError},
    view::View,
};
use crate::{
    live::history::{Fact, Journal, Object},
    observe::{lease_in, request_in},
};
use bytes::{Buf, BytesMut};
use http::{Method, Request};
use http_body_util::BodyExt;
use kube::client::Body;
use model::observation::Change;
use serde_json::Value;
use std::{collections::BTreeSet, ops::Bound, sync::Arc, time::Duration};

/// Pause before a stream that ended is opened again.
const PAUSE: Duration = Duration::from_millis(50);
/// Seconds after which the server ends a stream.
const STREAM_SECONDS: u32 = 240;
/// Time without an event or a bookmark after which a stream is opened again.
const SILENCE: Duration = Duration::from_secs(300);

/// A kind of object that is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// RemediationRequests.
    Requests,
    /// Leases.
    Leases,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Requests, Self::Leases];

    /// Path of all objects of this kind in a namespace.
    pub fn path(self, namespace: &str) -> String {
        match self {
            Self::Requests => format!("/apis/kubernaut.ai/v1alpha1/namespaces/{namespace}/remediationrequests"),
            Self::Leases => format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"),
        }
    }
}

/// What is watched, and where the facts go. Clones share everything.
#[derive(Clone)]
pub struct Watcher {
    /// Connection to the API server.
    pub api: Api,
    /// Namespace of RemediationRequests and Leases.
    pub namespace: Arc<str>,
    /// Fingerprints of this run: a cluster may have others, which are not its business.
    pub fingerprints: Arc<BTreeSet<Arc<str>>>,
    /// Journal for the commits.
    pub journal: Journal,
    /// Latest states.
    pub view: View,
}

/// What a line of a stream means for the stream.
enum Line {
    /// An event or a bookmark at this version.
    At(u64),
    /// The version is too old.
    Expired,
    /// Another error of the server, or something that is not an event.
    Broken,
}

impl Watcher {
    /// The version to begin at, and the names of this run's objects that exist already.
    ///
    /// # Errors
    /// If the list fails.
    pub async fn list(&self, kind: Kind) -> Result<(u64, Vec<(String, u64)>), ApiError> {
        let list = self.api.get(&kind.path(&self.namespace)).await?;
        let items = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let own = items.iter().filter_map(|item| {
            let object = self.object(kind, item)?;
            let prefix = if kind == Kind::Requests { "request" } else { "lease" };
            Some((format!("{prefix}/{}", object.name()), revision(item)))
        });
        Ok((revision(&list), own.collect()))
    }

    /// Follows the commits after a version, for ever.
    pub async fn follow(self, kind: Kind, from: u64) {
        let mut last = from;
        loop {
            if let Line::Expired = self.stream(kind, &mut last).await {
                let why =
                    format!("the API server no longer knows version {last} of the {kind:?}, where its watch broke");
                self.journal.record(Fact::Gap { at: self.journal.now(), why });
                // The workload goes on, and the verdict will be that nothing could be decided.
                if let Ok((now, _)) = self.list(kind).await {
                    last = now;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reads one stream to its end.
    async fn stream(&self, kind: Kind, last: &mut u64) -> Line {
        let path = kind.path(&self.namespace);
        let target =
            format!("{path}?watch=1&allowWatchBookmarks=true&resourceVersion={last}&timeoutSeconds={STREAM_SECONDS}");
        let request = Request::builder().method(Method::GET).uri(target).body(Body::empty());
        let Ok(request) = request else { return Line::Broken };
        let Ok(answer) = self.api.forward(request).await else { return Line::Broken };
        match answer.status().as_u16() {
            200 => {}
            410 => return Line::Expired,
            _ => return Line::Broken,
        }
        let (mut body, mut text) = (answer.into_body(), BytesMut::new());
        while let Ok(Some(Ok(frame))) = tokio::time::timeout(SILENCE, body.frame()).await {
            let Ok(data) = frame.into_data() else { continue };
            text.extend_from_slice(&data);
            while let Some(end) = text.iter().position(|&byte| byte == b'\n') {
                match self.line(kind, &text[..end]) {
                    Line::At(version) => *last = version,
                    other => return other,
                }
                text.advance(end + 1);
            }
        }
        Line::Broken
    }

    fn line(&self, kind: Kind, line: &[u8]) -> Line {
        let Ok(event) = serde_json::from_slice::<Value>(line) else { return Line::Broken };
        let (change, object) = match event["type"].as_str() {
            Some("ADDED") => (Change::Created, &event["object"]),
            Some("MODIFIED") => (Change::Modified, &event["object"]),
            Some("DELETED") => (Change::Deleted, &event["object"]),
            Some("BOOKMARK") => return Line::At(revision(&event["object"])),
            Some("ERROR") if event["object"]["code"] == 410 => return Line::Expired,
            _ => return Line::Broken,
        };
        let version = revision(object);
        if let Some(object) = self.object(kind, object) {
            self.view.apply(version, change, &object);
            let at = self.journal.now();
            self.journal.record(Fact::Committed { at, revision: version, change, object });
        }
        Line::At(version)
    }

    /// The object, if it belongs to this run.
    fn object(&self, kind: Kind, object: &Value) -> Option<Object> {
        let metadata = &object["metadata"];
        let name: Arc<str> = metadata["name"].as_str()?.into();
        match kind {
            Kind::Requests => {
                let fingerprint = object["spec"]["signalFingerprint"].as_str()?;
                self.fingerprints.get(fingerprint)?;
                let request = request_in(object, (Arc::clone(&self.namespace), name), self.journal.epoch_micros());
                Some(Object::Request(request.into()))
            }
            Kind::Leases => {
                let digits = name.strip_prefix("gw-lock-")?;
                let mut from = self.fingerprints.range::<str, _>((Bound::Included(digits), Bound::Unbounded));
                from.next().filter(|fingerprint| fingerprint.starts_with(digits))?;
                Some(Object::Lease(lease_in(object, name).into()))
            }
        }
    }
}

/// metadata.resourceVersion; 0 if there is none.
pub(crate) fn revision(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().and_then(|version| version.parse().ok()).unwrap_or(0)
}
