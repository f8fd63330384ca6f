//! The lock of kube-lease-manager 0.13: a server-side apply that is not forced, so that a field of another manager is a
//! conflict, and a second patch for the transitions.
//!
//! Its default field manager is the crate's name, in every replica: then no field is of another manager. Patches have
//! no version. An expired Lease is vacated by force, then taken in a later attempt; a release vacates what this process
//! remembers to hold.
use super::{
    super::{
        call::{CallError, Calls},
        locked::{self, Lock, Waiting},
        surroundings::Surroundings,
    },
    lease::{LeaseObject, expiry, spec, vacant},
};
use futures::future::BoxFuture;
use gateway::protocol::{Context, Protocol};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use serde_json::json;
use std::{sync::Arc, time::Duration};

const MANAGER: &str = "kube-lease-manager";

struct Manager {
    seconds: u32,
}

/// Starts the protocol with this lock.
pub fn start(ctx: Context, with: &Surroundings) -> Arc<dyn Protocol> {
    locked::start(ctx, with, Manager { seconds: with.terms.lease_seconds }, Waiting::PLANNED)
}

impl Manager {
    async fn step(&self, calls: Calls<'_>, fingerprint: &str) -> Result<bool, CallError> {
        let (lease, pod) = (LeaseObject::of(calls, fingerprint), &calls.ctx.pod);
        let found = spec(lease.get_or_create().await?);
        let now = calls.ctx.clock.now();
        match found.holder_identity.as_ref() {
            Some(holder) if holder == pod => {
                let renewed = json!({ "renewTime": MicroTime(now), "leaseDurationSeconds": self.seconds });
                lease.strategic(MANAGER, None, renewed).await?;
            }
            None => {
                let mine = json!({
                    "holderIdentity": pod, "acquireTime": MicroTime(now), "renewTime": MicroTime(now),
                    "leaseDurationSeconds": self.seconds,
                });
                lease.apply(MANAGER, false, None, mine).await?;
                let transitions = found.lease_transitions.unwrap_or_default() + 1;
                lease.strategic(MANAGER, None, json!({ "leaseTransitions": transitions })).await?;
            }
            Some(_) if expiry(&found).is_none_or(|expiry| expiry < now) => {
                lease.strategic(MANAGER, None, vacant()).await?;
                calls.sleep(Duration::from_millis(calls.ctx.entropy.next_u64() % 1_001)).await?;
                return Ok(false);
            }
            Some(_) => return Ok(false),
        }
        let read = lease.get().await?.map(spec).unwrap_or_default();
        Ok(read.holder_identity.as_ref() == Some(pod))
    }
}

impl Lock for Manager {
    fn acquire<'a>(&'a self, calls: Calls<'a>, fingerprint: &'a str) -> BoxFuture<'a, Result<bool, CallError>> {
        Box::pin(async move {
            match self.step(calls, fingerprint).await {
                Err(error) if error.is_conflict() => Ok(false),
                step => step,
            }
        })
    }

    fn release<'a>(&'a self, calls: Calls<'a>, fingerprint: &'a str) -> BoxFuture<'a, Result<(), CallError>> {
        Box::pin(async move {
            LeaseObject::of(calls, fingerprint).strategic(MANAGER, None, vacant()).await?;
            Ok(())
        })
    }
}
