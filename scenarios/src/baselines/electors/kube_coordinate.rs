//! The lock of kube-coordinate 2.0: expiry is observed on this process' own clock, as in client-go, and a Lease that
//! does not exist yet is applied by force without a version.
//!
//! Two first candidates overwrite each other, and both lead until they read again. A leader stays the leader until
//! another takes over: the crate does not give a Lease back. It keeps a watch on the Lease; here each acquisition
//! reads the Lease instead, which only helps it.
use super::{
    super::{
        call::{CallError, Calls},
        locked::{self, Lock, Waiting},
        surroundings::Surroundings,
    },
    lease::{LeaseObject, spec, taken, version},
};
use futures::future::BoxFuture;
use gateway::protocol::{Context, Protocol};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

const MANAGER: &str = "gateway";

/// A version of a Lease, and the time of this process' clock at which it was seen first.
struct Observed {
    version: String,
    since: Duration,
}

struct Elector {
    seconds: u32,
    observed: Mutex<BTreeMap<String, Observed>>,
}

/// Starts the protocol with this lock.
pub fn start(ctx: Context, with: &Surroundings) -> Arc<dyn Protocol> {
    let lock = Elector { seconds: with.terms.lease_seconds, observed: Mutex::default() };
    locked::start(ctx, with, lock, Waiting::PLANNED)
}

impl Elector {
    async fn try_acquire_or_renew(&self, calls: Calls<'_>, fingerprint: &str) -> Result<bool, CallError> {
        let (lease, pod) = (LeaseObject::of(calls, fingerprint), &calls.ctx.pod);
        let read = lease.get().await?;
        let at = read.as_ref().and_then(version).map(str::to_owned);
        let found = read.map(spec).unwrap_or_default();
        let holder = found.holder_identity.as_deref().unwrap_or_default();
        if holder == pod {
            return Ok(true);
        }
        let free = holder.is_empty();
        if !free && !self.has_expired(fingerprint, at.as_deref(), calls.ctx.clock.monotonic()) {
            return Ok(false);
        }
        // A Lease without a holder counts as unknown, and so does its version.
        let at = at.filter(|_| !free);
        let transitions = found.lease_transitions.map_or(0, |transitions| transitions + 1);
        let spec = taken(pod, calls.ctx.clock.now(), self.seconds, transitions);
        match lease.apply(MANAGER, true, at.as_deref(), spec).await {
            Err(error) if error.is_conflict() => Ok(false),
            taken => taken.map(|lease| lease.spec.and_then(|spec| spec.holder_identity).as_ref() == Some(pod)),
        }
    }

    /// Whether this version has not changed for the duration.
    fn has_expired(&self, fingerprint: &str, version: Option<&str>, now: Duration) -> bool {
        let version = version.unwrap_or_default();
        let mut observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        let new = Observed { version: version.to_owned(), since: now };
        let known = observed.entry(fingerprint.to_owned()).or_insert(new);
        if known.version != version {
            *known = Observed { version: version.to_owned(), since: now };
        }
        known.since + Duration::from_secs(self.seconds.into()) <= now
    }
}

impl Lock for Elector {
    fn acquire<'a>(&'a self, calls: Calls<'a>, fingerprint: &'a str) -> BoxFuture<'a, Result<bool, CallError>> {
        Box::pin(self.try_acquire_or_renew(calls, fingerprint))
    }

    fn release<'a>(&'a self, _: Calls<'a>, _: &'a str) -> BoxFuture<'a, Result<(), CallError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
