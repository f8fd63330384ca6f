//! The calls that the electors make on a fingerprint's Lease.
use super::super::call::{CallError, Calls};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Resource as _,
    core::{
        Request,
        params::{GetParams, Patch, PatchParams, PostParams},
    },
};
use serde_json::{Value, json};

/// One fingerprint's Lease.
pub(super) struct LeaseObject<'a> {
    calls: Calls<'a>,
    requests: Request,
    name: String,
}

impl<'a> LeaseObject<'a> {
    /// The Lease of `fingerprint`.
    pub(super) fn of(calls: Calls<'a>, fingerprint: &str) -> Self {
        let requests = Request::new(Lease::url_path(&(), Some(&calls.ctx.lock_namespace)));
        Self { calls, requests, name: format!("gw-lock-{}", &fingerprint[..16]) }
    }

    /// Reads it; None if it does not exist.
    pub(super) async fn get(&self) -> Result<Option<Lease>, CallError> {
        match self.calls.call(self.requests.get(&self.name, &GetParams::default())).await {
            Err(error) if error.is_not_found() => Ok(None),
            lease => lease.map(Some),
        }
    }

    /// Creates it with this spec.
    pub(super) async fn create(&self, spec: Value) -> Result<Lease, CallError> {
        let body = serde_json::to_vec(&self.body(None, spec)).map_err(malformed)?;
        self.calls.call(self.requests.create(&PostParams::default(), body)).await
    }

    /// Reads it, and creates it without a holder before if it does not exist.
    pub(super) async fn get_or_create(&self) -> Result<Lease, CallError> {
        if let Some(lease) = self.get().await? {
            return Ok(lease);
        }
        match self.create(json!({})).await {
            Err(error) if error.is_already_exists() => {
                let lease = self.get().await?;
                lease.ok_or_else(|| CallError::Malformed("the lease is gone".to_owned()))
            }
            lease => lease,
        }
    }

    /// Merge patch, without a precondition.
    pub(super) async fn merge(&self, manager: &str, spec: Value) -> Result<Lease, CallError> {
        self.patch(manager, false, &Patch::Merge(self.body(None, spec))).await
    }

    /// Strategic merge patch, at this version if there is one.
    pub(super) async fn strategic(
        &self,
        manager: &str,
        version: Option<&str>,
        spec: Value,
    ) -> Result<Lease, CallError> {
        self.patch(manager, false, &Patch::Strategic(self.body(version, spec))).await
    }

    /// Server-side apply, at this version if there is one.
    pub(super) async fn apply(
        &self,
        manager: &str,
        force: bool,
        version: Option<&str>,
        spec: Value,
    ) -> Result<Lease, CallError> {
        self.patch(manager, force, &Patch::Apply(self.body(version, spec))).await
    }

    async fn patch(&self, manager: &str, force: bool, patch: &Patch<Value>) -> Result<Lease, CallError> {
        let params = PatchParams { field_manager: Some(manager.to_owned()), force, ..PatchParams::default() };
        self.calls.call(self.requests.patch(&self.name, &params, patch)).await
    }

    fn body(&self, version: Option<&str>, spec: Value) -> Value {
        let mut body = json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": { "name": self.name }, "spec": spec,
        });
        if let Some(version) = version {
            body["metadata"]["resourceVersion"] = version.into();
        }
        body
    }
}

fn malformed(error: serde_json::Error) -> CallError {
    CallError::Malformed(error.to_string())
}

/// Version of a Lease.
pub(super) fn version(lease: &Lease) -> Option<&str> {
    lease.metadata.resource_version.as_deref()
}

/// Spec of a Lease.
pub(super) fn spec(lease: Lease) -> LeaseSpec {
    lease.spec.unwrap_or_default()
}

/// Time at which it expires by the holder's own clock; None without a time or a duration.
pub(super) fn expiry(spec: &LeaseSpec) -> Option<Timestamp> {
    let (MicroTime(renewed), seconds) = (spec.renew_time.as_ref()?, spec.lease_duration_seconds?);
    Some(renewed.saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX))
}

/// Spec of a Lease that `holder` takes now.
pub(super) fn taken(holder: &str, now: Timestamp, seconds: u32, transitions: i32) -> Value {
    json!({
        "holderIdentity": holder, "acquireTime": MicroTime(now), "renewTime": MicroTime(now),
        "leaseDurationSeconds": seconds, "leaseTransitions": transitions,
    })
}

/// Spec of a patch that takes the holder and its times away.
pub(super) fn vacant() -> Value {
    json!({ "holderIdentity": null, "acquireTime": null, "renewTime": null, "leaseDurationSeconds": null })
}
