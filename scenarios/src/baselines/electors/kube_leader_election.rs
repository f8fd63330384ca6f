//! The lock of kube-leader-election 0.44: a GET, and a merge patch without a version.
//!
//! Two candidates that read the same expired Lease both patch it, and both acquire. A create that lost its race is an
//! error. Stepping down leaves a Lease of one second without a holder, after a GET that may be outdated by then.
use super::{
    super::{
        call::{CallError, Calls},
        locked::{self, Lock, Waiting},
        surroundings::Surroundings,
    },
    lease::{LeaseObject, expiry, spec, taken},
};
use futures::future::BoxFuture;
use gateway::protocol::{Context, Protocol};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use serde_json::json;
use std::sync::Arc;

struct LeaderElection {
    seconds: u32,
}

/// Starts the protocol with this lock.
pub fn start(ctx: Context, with: &Surroundings) -> Arc<dyn Protocol> {
    locked::start(ctx, with, LeaderElection { seconds: with.terms.lease_seconds }, Waiting::PLANNED)
}

impl LeaderElection {
    async fn try_acquire_or_renew(&self, calls: Calls<'_>, fingerprint: &str) -> Result<bool, CallError> {
        let (lease, pod, now) = (LeaseObject::of(calls, fingerprint), &calls.ctx.pod, calls.ctx.clock.now());
        let Some(found) = lease.get().await? else {
            lease.create(taken(pod, now, self.seconds, 0)).await?;
            return Ok(true);
        };
        let found = spec(found);
        let holder = found.holder_identity.as_ref();
        let holder = holder.ok_or_else(|| CallError::Malformed("spec.holderIdentity is missing".to_owned()))?;
        if holder == pod {
            let renewed = json!({ "renewTime": MicroTime(now), "leaseDurationSeconds": self.seconds });
            lease.merge(pod, renewed).await?;
            return Ok(true);
        }
        if expiry(&found).is_none_or(|expiry| now <= expiry) {
            return Ok(false);
        }
        let transitions = found.lease_transitions.unwrap_or_default() + 1;
        lease.merge(pod, taken(pod, now, self.seconds, transitions)).await?;
        Ok(true)
    }

    async fn step_down(&self, calls: Calls<'_>, fingerprint: &str) -> Result<(), CallError> {
        let (lease, pod) = (LeaseObject::of(calls, fingerprint), &calls.ctx.pod);
        let found = lease.get().await?.map(spec).unwrap_or_default();
        if found.holder_identity.as_ref() == Some(pod) {
            let now = MicroTime(calls.ctx.clock.now());
            let free = json!({ "acquireTime": now, "renewTime": now, "leaseDurationSeconds": 1, "holderIdentity": "" });
            lease.merge(pod, free).await?;
        }
        Ok(())
    }
}

impl Lock for LeaderElection {
    fn acquire<'a>(&'a self, calls: Calls<'a>, fingerprint: &'a str) -> BoxFuture<'a, Result<bool, CallError>> {
        Box::pin(self.try_acquire_or_renew(calls, fingerprint))
    }

    fn release<'a>(&'a self, calls: Calls<'a>, fingerprint: &'a str) -> BoxFuture<'a, Result<(), CallError>> {
        Box::pin(self.step_down(calls, fingerprint))
    }
}
