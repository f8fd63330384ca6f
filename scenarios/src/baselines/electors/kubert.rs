//! The lock of kubert 0.25: a GET, and a forced server-side apply at the version that was read: compare and set.
//!
//! The Lease must exist before; here the gateway creates it without a holder. A claim is current as long as this pod's
//! wall clock is before the holder's renewTime and the duration. A second HTTP request of the holder enters without a
//! write. Vacating is a patch at the version of the claim.
use super::{
    super::{
        call::{CallError, Calls},
        locked::{self, Lock, Waiting},
        surroundings::Surroundings,
    },
    lease::{LeaseObject, expiry, spec, taken, vacant, version},
};
use futures::future::BoxFuture;
use gateway::protocol::{Context, Protocol};
use jiff::SignedDuration;
use k8s_openapi::{api::coordination::v1::Lease, apimachinery::pkg::apis::meta::v1::MicroTime};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

const MANAGER: &str = "kubert";
/// Time before the expiry of its own claim within which a holder renews it.
const GRACE: SignedDuration = SignedDuration::from_secs(1);

struct Claims {
    seconds: u32,
    /// Version of each fingerprint's Lease that this process claimed last.
    versions: Mutex<BTreeMap<String, String>>,
}

/// Starts the protocol with this lock.
pub fn start(ctx: Context, with: &Surroundings) -> Arc<dyn Protocol> {
    let lock = Claims { seconds: with.terms.lease_seconds, versions: Mutex::default() };
    locked::start(ctx, with, lock, Waiting::PLANNED)
}

impl Claims {
    async fn ensure_claimed(&self, calls: Calls<'_>, fingerprint: &str) -> Result<bool, CallError> {
        let (lease, pod) = (LeaseObject::of(calls, fingerprint), &calls.ctx.pod);
        loop {
            let read = lease.get_or_create().await?;
            let (at, now) = (version(&read).map(str::to_owned), calls.ctx.clock.now());
            let found = spec(read);
            let current = expiry(&found).filter(|expiry| *expiry > now && found.holder_identity.is_some());
            let claimed = match (current, &found.holder_identity) {
                (Some(expiry), Some(holder)) if holder == pod => {
                    if now < expiry.saturating_sub(GRACE).unwrap_or(expiry) {
                        self.note(fingerprint, at);
                        return Ok(true);
                    }
                    let renewed = json!({ "renewTime": MicroTime(now), "leaseDurationSeconds": self.seconds });
                    lease.strategic(MANAGER, at.as_deref(), renewed).await
                }
                (Some(_), _) => return Ok(false),
                (None, _) => {
                    let transitions = found.lease_transitions.unwrap_or_default() + 1;
                    lease.apply(MANAGER, true, at.as_deref(), taken(pod, now, self.seconds, transitions)).await
                }
            };
            match claimed {
                // Another process wrote it: read it again.
                Err(error) if error.is_conflict() => {}
                claimed => {
                    self.note(fingerprint, version(&claimed?).map(str::to_owned));
                    return Ok(true);
                }
            }
        }
    }

    async fn vacate(&self, calls: Calls<'_>, fingerprint: &str) -> Result<(), CallError> {
        let claimed = self.versions.lock().unwrap_or_else(PoisonError::into_inner).remove(fingerprint);
        let Some(at) = claimed else { return Ok(()) };
        let _vacated: Lease = LeaseObject::of(calls, fingerprint).strategic(MANAGER, Some(&at), vacant()).await?;
        Ok(())
    }

    fn note(&self, fingerprint: &str, version: Option<String>) {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        versions.extend(version.map(|version| (fingerprint.to_owned(), version)));
    }
}

impl Lock for Claims {
    fn acquire<'a>(&'a self, calls: Calls<'a>, fingerprint: &'a str) -> BoxFuture<'a, Result<bool, CallError>> {
        Box::pin(self.ensure_claimed(calls, fingerprint))
    }

    fn release<'a>(&'a self, calls: Calls<'a>, fingerprint: &'a str) -> BoxFuture<'a, Result<(), CallError>> {
        Box::pin(self.vacate(calls, fingerprint))
    }
}
