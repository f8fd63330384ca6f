//! The lock of the implementation plan and of the existing gateway: a Lease named after the fingerprint's first 16
//! digits.
//!
//! The holder is the pod, not the acquisition, so that a second HTTP request of the same pod enters without a write.
//! Expiry compares a time written by another pod's clock with this pod's clock. The holder does not renew the lease,
//! and its writes are not fenced.
use super::call::{CallError, Calls};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Resource as _,
    api::ObjectMeta,
    core::{
        Request,
        params::{DeleteParams, GetParams, PostParams},
    },
};
use serde::de::IgnoredAny;

/// One fingerprint's lock, for one HTTP request.
pub(super) struct LeaseLock<'a> {
    calls: Calls<'a>,
    requests: Request,
    name: String,
    seconds: i32,
}

impl<'a> LeaseLock<'a> {
    /// The lock of `fingerprint`, which expires after so many seconds.
    pub(super) fn of(calls: Calls<'a>, fingerprint: &str, seconds: u32) -> Self {
        let requests = Request::new(Lease::url_path(&(), Some(&calls.ctx.lock_namespace)));
        Self { calls, requests, name: format!("gw-lock-{}", &fingerprint[..16]), seconds: seconds as i32 }
    }

    /// Tries to take the lock once; returns `false` if another pod holds it or was faster.
    pub(super) async fn acquire(&self) -> Result<bool, CallError> {
        let Some(mut lease) = self.get().await? else { return self.create().await };
        let now = self.calls.ctx.clock.now();
        let spec = lease.spec.get_or_insert_default();
        if spec.holder_identity.as_ref() == Some(&self.calls.ctx.pod) {
            return Ok(true);
        }
        if !has_expired(spec, now) {
            return Ok(false);
        }
        spec.holder_identity = Some(self.calls.ctx.pod.clone());
        spec.renew_time = Some(MicroTime(now));
        let put = self.requests.replace(&self.name, &PostParams::default(), body(&lease)?);
        taken(self.calls.call::<IgnoredAny>(put).await, CallError::is_conflict)
    }

    /// Deletes the Lease of this name, even if another pod holds it. An absent Lease is not an error.
    pub(super) async fn delete(&self) -> Result<(), CallError> {
        match self.calls.call::<IgnoredAny>(self.requests.delete(&self.name, &DeleteParams::default())).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    /// Reads the Lease and deletes it by name if this pod holds it; the holder may change in between.
    pub(super) async fn delete_if_held(&self) -> Result<(), CallError> {
        let spec = self.get().await?.and_then(|lease| lease.spec);
        if spec.and_then(|spec| spec.holder_identity).as_ref() == Some(&self.calls.ctx.pod) {
            self.delete().await?;
        }
        Ok(())
    }

    async fn get(&self) -> Result<Option<Lease>, CallError> {
        match self.calls.call(self.requests.get(&self.name, &GetParams::default())).await {
            Err(error) if error.is_not_found() => Ok(None),
            lease => lease.map(Some),
        }
    }

    async fn create(&self) -> Result<bool, CallError> {
        let ctx = self.calls.ctx;
        let now = MicroTime(ctx.clock.now());
        let lease = Lease {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                namespace: Some(ctx.lock_namespace.clone()),
                ..ObjectMeta::default()
            },
            spec: Some(LeaseSpec {
                holder_identity: Some(ctx.pod.clone()),
                lease_duration_seconds: Some(self.seconds),
                acquire_time: Some(now.clone()),
                renew_time: Some(now),
                ..LeaseSpec::default()
            }),
        };
        let post = self.requests.create(&PostParams::default(), body(&lease)?);
        taken(self.calls.call::<IgnoredAny>(post).await, CallError::is_already_exists)
    }
}

fn body(lease: &Lease) -> Result<Vec<u8>, CallError> {
    serde_json::to_vec(lease).map_err(|error| CallError::Malformed(error.to_string()))
}

/// Whether the lock was taken: a lost race is contention, any other refusal is an error.
fn taken(outcome: Result<IgnoredAny, CallError>, lost: fn(&CallError) -> bool) -> Result<bool, CallError> {
    match outcome {
        Ok(_) => Ok(true),
        Err(error) if lost(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a lease has expired; one without a time or a duration never does.
fn has_expired(spec: &LeaseSpec, now: Timestamp) -> bool {
    let (Some(renewed), Some(seconds)) = (&spec.renew_time, spec.lease_duration_seconds) else { return false };
    now > renewed.0.saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(seconds: Option<i32>) -> LeaseSpec {
        let renewed = "2026-11-20T12:00:00Z".parse().expect("a timestamp");
        LeaseSpec { renew_time: Some(MicroTime(renewed)), lease_duration_seconds: seconds, ..LeaseSpec::default() }
    }

    #[test]
    fn lease_expires_by_local_wall_clock() {
        let expired = |time: &str| has_expired(&spec(Some(30)), time.parse().expect("a timestamp"));
        assert!(!expired("2026-11-20T12:00:30Z"));
        assert!(expired("2026-11-20T12:00:30.000001Z"));
    }

    #[test]
    fn lease_without_duration_never_expires() {
        assert!(!has_expired(&spec(None), Timestamp::MAX));
    }
}
