//! The shipped protocol, *fenced lease*: exactly one active RemediationRequest per fingerprint, and every signal counted once.
//!
//! - `writer` is the loop of one fingerprint, over the coalescer's batches; `count` and `begin` are what a round of it does.
//! - `request` and `requests`, `lease` and `leases`: what is known of the two kinds of object, kept in step by `watch`.
//! - `settle`, `episode`, `lease::stance` and `request::standing` are the decisions, pure functions over what was read; `marks`
//!   is the memory in the object that lets a lost answer be settled, and `deliveries` the one that lets a `redelivery` be told.
//! - `call` is one API call and what its answer proves; `release` and `sweeper` clean up.
//!
//! The argument for it, the assumptions and what an operator sees when one does not hold: `docs/protocol.md`. No lock is ever
//! held across an await, and no request's future owns any progress.
mod backoff;
mod batch;
mod begin;
mod call;
mod changes;
mod conditions;
mod count;
mod deliveries;
mod episode;
mod lease;
mod leases;
mod marks;
mod names;
mod redelivery;
mod release;
mod request;
mod requests;
mod settle;
mod sweeper;
#[cfg(test)]
mod tests;
mod timestamps;
mod watch;
mod writer;

use crate::{
    api::{LABEL_MANAGED_BY, LABEL_MANAGED_BY_VALUE},
    clock::within,
    protocol::{Accepted, Context, Protocol, Refusal},
    signals::Signal,
};
use batch::Waiting;
use call::Calls;
use changes::Changes;
use coalescer::{Coalescer, Full, Joined, Limits};
use futures::future::BoxFuture;
use leases::Leases;
use requests::Requests;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::oneshot;
use watch::Source;

/// Signals that may wait behind the writers.
const LIMITS: Limits = Limits { per_key: 1_000, total: 10_000 };

/// The protocol that the gateway ships.
pub struct FencedLease {
    once: Arc<Once>,
    coalescer: Arc<Coalescer<Waiting>>,
}

/// What every writer shares.
struct Once {
    context: Context,
    calls: Calls,
    changes: Arc<Changes>,
    requests: Requests,
    leases: Leases,
    /// Names this start of this pod in marks and acquisitions.
    writer: String,
    numbers: AtomicU64,
    /// The server does not select requests by fingerprint.
    unselectable: AtomicBool,
}

impl FencedLease {
    /// Starts the list-watches and the sweeper on `context.tasks`.
    pub fn start(context: Context) -> Arc<Self> {
        let changes = Arc::new(Changes::default());
        let (clock, calls) = (context.clock.clone(), Calls::new(&context));
        let once = Arc::new(Once {
            requests: Requests::new(changes.clone(), clock.clone(), context.lock_namespace.clone()),
            leases: Leases::new(changes.clone(), clock),
            writer: names::writer(&context.pod, context.entropy.next_u64()),
            numbers: AtomicU64::new(0),
            unselectable: AtomicBool::new(false),
            changes,
            calls,
            context,
        });
        let tasks = once.context.tasks.clone();
        let of_gateways = format!("{LABEL_MANAGED_BY}={LABEL_MANAGED_BY_VALUE}");
        let (requests, leases) = (once.clone(), once.clone());
        let source = once.source(once.calls.requests_path(), None);
        tasks.spawn(async move { watch::follow(&source, &requests.requests).await });
        let source = once.source(once.calls.leases_path(), Some(of_gateways));
        tasks.spawn(async move { watch::follow(&source, &leases.leases).await });
        tasks.spawn(sweeper::run(once.clone()));
        tasks.spawn(sweeper::reclaim(once.clone()));
        Arc::new(Self { once, coalescer: Arc::new(Coalescer::new(LIMITS)) })
    }

    async fn store(&self, signal: Arc<Signal>, deadline: Duration) -> Result<Accepted, Refusal> {
        self.ready().map_err(Refusal::Unavailable)?;
        if !names::is_fingerprint(&signal.fingerprint) {
            return Err(Refusal::Internal(format!("{:?} is no fingerprint", signal.fingerprint)));
        }
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { signal: signal.clone(), deadline, answer };
        match Coalescer::join(&self.coalescer, &signal.fingerprint, waiting) {
            Ok(Joined::Queued) => {}
            Ok(Joined::Lead(leadership)) => self.once.context.tasks.spawn(writer::run(self.once.clone(), leadership)),
            Err(Full(_)) => {
                self.once.context.metrics.coalescer_rejected.inc();
                return Err(Refusal::Overloaded("too many signals are waiting".to_owned()));
            }
        }
        match within(&*self.once.context.clock, deadline, answered).await {
            Some(Ok(answer)) => answer,
            Some(Err(_)) => Err(Refusal::Unavailable("the writer of this fingerprint ended".to_owned())),
            None => Err(Refusal::DeadlineExceeded),
        }
    }
}

impl Protocol for FencedLease {
    fn handle(&self, signal: Arc<Signal>, deadline: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        Box::pin(self.store(signal, deadline))
    }

    fn ready(&self) -> Result<(), String> {
        if !self.once.requests.synced() {
            return Err("the remediationrequests have not been listed yet".to_owned());
        }
        if !self.once.leases.synced() {
            return Err("the leases have not been listed yet".to_owned());
        }
        let Some((name, namespace)) = self.once.requests.fenced_elsewhere() else { return Ok(()) };
        let mine = &self.once.context.lock_namespace;
        Err(format!(
            "{name} was made under locks in namespace {namespace}, not {mine}; run every gateway with one lock namespace"
        ))
    }
}

impl Once {
    fn source(&self, path: &str, label_selector: Option<String>) -> Source {
        Source {
            calls: self.calls.clone(),
            clock: self.context.clock.clone(),
            entropy: self.context.entropy.clone(),
            path: path.to_owned(),
            label_selector,
        }
    }

    /// Numbers writes and acquisitions; never twice in one process.
    fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A name for one acquisition of one lock: a pod's name would not tell two of its requests apart.
    fn name_acquisition(&self) -> String {
        format!("{}_{}", self.writer, self.next_number())
    }
}
