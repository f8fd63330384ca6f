//! The shipped protocol, *fenced lease*: at most one active RemediationRequest per fingerprint, each signal counted
//! once.
//!
//! From the bottom up, each module imports only modules that come before it:
//! - `names`, `timestamps`, `version`, `backoff`, `changes`: small tools.
//! - `conditions`: the protocol's memory inside a request's status.
//! - `lease`, `request`: the two objects, as far as the protocol reads them, and whether a lock or a request takes
//!   signals.
//! - `marks`, `deliveries`: what a request's conditions remember of the signals that it counted.
//! - `episode`, `resolve`: decisions, as pure functions of what was read.
//! - `list`, `call_error`, `evidence`, `call`, `watch`: one API call and what it shows, and list-and-watch; `requests`
//!   and `leases` are the caches that `watch` fills.
//! - `shared`: what all writers of a replica share; `release` and `sweeper` clean leases up; `trial` finds out whether
//!   a signal would be stored.
//! - `batch`, `hold`, `step`, `writer_state`: what the writer of one fingerprint works with.
//! - `closing`, `redelivery`, `count`, `plan`, `begin`: the steps of a round; `writer` is the loop that takes them.
//! - `unacknowledged`: occurrences whose group was answered 5xx, beside the rounds.
//!
//! The argument, the assumptions and what an operator sees when one does not hold: `docs/protocol/`. No lock is held
//! across an await, and no HTTP request owns any progress.
mod backoff;
mod batch;
mod begin;
mod call;
mod call_error;
mod changes;
mod closing;
mod conditions;
mod count;
mod deliveries;
mod episode;
mod evidence;
mod hold;
mod lease;
mod leases;
mod list;
mod marks;
mod names;
mod plan;
mod redelivery;
mod release;
mod request;
mod requests;
mod resolve;
mod shared;
mod step;
mod sweeper;
#[cfg(test)]
mod tests;
mod timestamps;
mod trial;
mod unacknowledged;
mod version;
mod watch;
mod writer;
mod writer_state;

use crate::{
    api::{LABEL_MANAGED_BY, LABEL_MANAGED_BY_VALUE},
    clock::within,
    protocol::{Accepted, Context, Protocol, Refusal},
    signals::{Signal, delivery_key::DeliveryKey},
};
use batch::Waiting;
use coalescer::{Coalescer, Full, Joined, Limits};
use evidence::CallKind;
use futures::future::BoxFuture;
use shared::Shared;
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// How many signals may wait behind the writers.
const LIMITS: Limits = Limits { per_key: 1_000, total: 10_000 };
/// How long giving occurrences back may take.
const GIVE_BACK_TIMEOUT: Duration = Duration::from_secs(5);

/// The protocol that the gateway ships.
pub struct FencedLease {
    shared: Arc<Shared>,
    coalescer: Arc<Coalescer<Waiting>>,
}

impl FencedLease {
    /// Starts the list-watches and the sweeper on `context.tasks`.
    pub fn start(context: Context) -> Arc<Self> {
        let shared = Arc::new(Shared::new(context));
        let tasks = shared.context.tasks.clone();
        let managed_by_gateway = format!("{LABEL_MANAGED_BY}={LABEL_MANAGED_BY_VALUE}");
        let (requests, leases) = (shared.clone(), shared.clone());
        let source = shared.source(shared.calls.requests_path(), None);
        tasks.spawn(async move { watch::follow(&source, &requests.requests).await });
        let source = shared.source(shared.calls.leases_path(), Some(managed_by_gateway));
        tasks.spawn(async move { watch::follow(&source, &leases.leases).await });
        tasks.spawn(sweeper::run(shared.clone()));
        tasks.spawn(sweeper::reclaim(shared.clone()));
        Arc::new(Self { shared, coalescer: Arc::new(Coalescer::new(LIMITS)) })
    }

    async fn store(&self, signal: Arc<Signal>, deadline: Duration) -> Result<Accepted, Refusal> {
        self.begun().map_err(Refusal::Unavailable)?;
        if !names::is_fingerprint(&signal.fingerprint) {
            let why =
                format!("{:?} is not a valid fingerprint (expected 64 lower-case hex digits)", signal.fingerprint);
            return Err(Refusal::Internal(why));
        }
        if let Some(key) = &signal.notification_key
            && let Some(taken) = unacknowledged::take(&self.shared, &signal.fingerprint, key, deadline).await
        {
            return Ok(taken);
        }
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { signal: signal.clone(), deadline, answer, span: tracing::Span::current() };
        match Coalescer::join(&self.coalescer, &signal.fingerprint, waiting) {
            Ok(Joined::Queued) => {}
            Ok(Joined::Lead(leadership)) => {
                self.shared.context.tasks.spawn(writer::run(self.shared.clone(), leadership));
            }
            Err(Full(_)) => {
                self.shared.context.metrics.coalescer_rejected.inc();
                return Err(Refusal::Overloaded("too many signals are waiting".to_owned()));
            }
        }
        match within(&*self.shared.context.clock, deadline, answered).await {
            Some(Ok(answer)) => answer,
            Some(Err(_)) => Err(Refusal::Unavailable("the writer of this fingerprint ended".to_owned())),
            None => Err(Refusal::DeadlineExceeded),
        }
    }
}

impl FencedLease {
    /// `Ok` once signals may be handled: the caches are filled, and no other gateway uses other locks. Whether the API
    /// server lets them be stored is another question, which each signal answers for itself.
    fn begun(&self) -> Result<(), String> {
        let (requests, leases) = (&self.shared.requests, &self.shared.leases);
        for (synced, kind, what) in [
            (requests.synced(), CallKind::ListRequests, "remediationrequests"),
            (leases.synced(), CallKind::ListLeases, "leases"),
        ] {
            match self.shared.evidence().failure(kind) {
                _ if synced => {}
                Some(why) => return Err(format!("cannot list {what}: {why}")),
                None => return Err(format!("the {what} have not been listed yet")),
            }
        }
        let Some((name, namespace)) = requests.fenced_elsewhere() else { return Ok(()) };
        let mine = &self.shared.context.lock_namespace;
        Err(format!(
            "{name} was made under locks in namespace {namespace}, not {mine}; \
             run every gateway with one lock namespace"
        ))
    }
}

impl Protocol for FencedLease {
    fn handle(&self, signal: Arc<Signal>, deadline: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        Box::pin(self.store(signal, deadline))
    }

    fn give_back(&self, stored: Vec<(DeliveryKey, Accepted)>) -> BoxFuture<'_, ()> {
        let (shared, (done, finished)) = (self.shared.clone(), oneshot::channel());
        let deadline = shared.context.clock.monotonic() + GIVE_BACK_TIMEOUT;
        self.shared.context.tasks.spawn(async move {
            unacknowledged::give_back(&shared, stored, deadline).await;
            _ = done.send(());
        });
        Box::pin(async move { drop(finished.await) })
    }

    fn ready(&self) -> Result<(), String> {
        self.begun()?;
        self.shared.evidence().problem().map_or(Ok(()), Err)
    }

    fn verify(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            self.begun()?;
            trial::refresh(&self.shared).await;
            self.ready()?;
            match self.shared.evidence().unproven() {
                Some(kind) => Err(format!("no call has shown yet that this gateway can {kind}")),
                None => Ok(()),
            }
        })
    }
}
