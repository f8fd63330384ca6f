//! What all writers of one replica share: calls, caches, names and numbers.
use super::{
    call::Calls,
    call_error::CallError,
    changes::Changes,
    evidence::{Evidence, Trials},
    leases::Leases,
    names,
    request::RequestRecord,
    requests::Requests,
    watch::Source,
};
use crate::{protocol::Context, warnings::Warnings};
use kube::api::ListParams;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// The shared part of one replica's protocol.
pub(super) struct Shared {
    pub(super) context: Context,
    pub(super) calls: Calls,
    pub(super) changes: Arc<Changes>,
    pub(super) requests: Requests,
    pub(super) leases: Leases,
    pub(super) trials: Trials,
    warnings: Arc<Warnings>,
    /// Identifies this start of this pod in marks and acquisitions.
    pub(super) writer: String,
    numbers: AtomicU64,
    /// Whether the server was found not to select requests by fingerprint.
    unselectable: AtomicBool,
}

impl Shared {
    pub(super) fn new(context: Context) -> Self {
        let changes = Arc::new(Changes::default());
        let (clock, calls) = (context.clock.clone(), Calls::new(&context));
        Self {
            requests: Requests::new(changes.clone(), clock.clone(), context.lock_namespace.clone()),
            leases: Leases::new(changes.clone(), clock.clone()),
            trials: Trials::default(),
            warnings: Arc::new(Warnings::new(clock)),
            writer: names::writer(&context.pod, context.entropy.next_u64()),
            numbers: AtomicU64::new(0),
            unselectable: AtomicBool::new(false),
            changes,
            calls,
            context,
        }
    }

    /// The collection at `path`, to be followed by a list-and-watch.
    pub(super) fn source(&self, path: &str, label_selector: Option<String>) -> Source {
        Source {
            calls: self.calls.clone(),
            clock: self.context.clock.clone(),
            entropy: self.context.entropy.clone(),
            warnings: self.warnings.clone(),
            path: path.to_owned(),
            label_selector,
        }
    }

    /// What the calls so far have shown.
    pub(super) fn evidence(&self) -> &Evidence {
        self.calls.evidence()
    }

    /// The next number of a write or an acquisition; unique within the process.
    pub(super) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A name for one acquisition of one lock: the pod's name alone would be the same for two of its requests.
    pub(super) fn name_acquisition(&self) -> String {
        format!("{}_{}", self.writer, self.next_number())
    }

    /// A consistent LIST of the requests of `fingerprint`.
    pub(super) async fn list_of(&self, fingerprint: &str, deadline: Duration) -> Result<Vec<RequestRecord>, CallError> {
        let path = self.calls.requests_path();
        if !self.unselectable.load(Ordering::Relaxed) {
            let selector = ListParams::default().fields(&format!("spec.signalFingerprint={fingerprint}"));
            match self.calls.list(path, &selector, deadline).await {
                Ok(list) => return Ok(list.items),
                Err(error) if error.is_unknown_selector() => self.unselectable.store(true, Ordering::Relaxed),
                Err(error) => return Err(error),
            }
        }
        let mut all = self.calls.list::<RequestRecord>(path, &ListParams::default(), deadline).await?.items;
        all.retain(|request| request.spec.signal_fingerprint == fingerprint);
        Ok(all)
    }
}
