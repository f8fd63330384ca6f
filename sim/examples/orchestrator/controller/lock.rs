//! The lease of a target. It keeps replicas from working against each other; nothing rests on holding it.
//!
//! As in ADR-052 there is one Lease per target, `ro-lock-<key>`. It differs from that document in who is the holder (a
//! remediation in a pod, not the pod), in expiry (the lease was seen unchanged, on one monotonic clock) and in writes
//! (each names the version that it was decided on).
use super::{
    api::{RemediationRequest, target_key},
    pod::{Error, Pod, optional},
    safeguards::{Safeguard, Safeguards},
};
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, GetParams, ObjectMeta, Patch, PatchParams, PostParams, Preconditions},
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Duration of a lease, as upstream's.
const DURATION: Duration = Duration::from_secs(30);
/// Time for which a lease must have been seen unchanged before it is taken over: a clock may be 3 % fast.
const UNCHANGED: Duration = Duration::from_secs(31);

/// A lease as a replica last saw it: uid and version, and the moment of the first look at that version.
type Sighting = ((String, String), Duration);

/// The leases that this process has looked at.
#[derive(Default)]
pub(crate) struct Locks {
    seen: Mutex<BTreeMap<String, Sighting>>,
}

/// One attempt to hold the lease of a target.
pub(crate) struct Lock<'a> {
    pod: &'a Pod,
    locks: &'a Locks,
    safeguards: Safeguards,
    leases: Api<Lease>,
    name: String,
    holder: String,
}

impl Locks {
    /// The lock of this remediation's target.
    pub(crate) fn of<'a>(&'a self, pod: &'a Pod, safeguards: Safeguards, of: &RemediationRequest) -> Lock<'a> {
        let holder = match safeguards.has(Safeguard::HolderIsTheRemediation) {
            true => format!("{}/{}", pod.name, of.name_any()),
            false => pod.name.clone(),
        };
        let name = format!("ro-lock-{}", target_key(&of.spec.target));
        Lock { pod, locks: self, safeguards, leases: Api::default_namespaced(pod.client.clone()), name, holder }
    }
}

impl Lock<'_> {
    /// Acquires the lease; None while another holder has it.
    ///
    /// # Errors
    /// When a call failed. It may have acquired the lease all the same: the next attempt finds this holder on it.
    pub(crate) async fn acquire(&self) -> Result<Option<Lease>, Error> {
        let Some(lease) = self.read().await? else {
            let lease = Lease {
                metadata: ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() },
                spec: Some(self.spec(0)),
            };
            return unless_lost(self.pod.call(self.leases.create(&PostParams::default(), &lease)).await);
        };
        let holder = lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref());
        if holder == Some(&self.holder) {
            return self.renew(lease).await;
        }
        if !self.expired(&lease) {
            return Ok(None);
        }
        let transitions = lease.spec.as_ref().and_then(|spec| spec.lease_transitions).unwrap_or(0);
        unless_lost(self.write(lease, self.spec(transitions + 1)).await)
    }

    async fn read(&self) -> Result<Option<Lease>, Error> {
        let at = match self.safeguards.has(Safeguard::QuorumReads) {
            true => GetParams::default(),
            false => GetParams::at("0"),
        };
        optional(self.pod.call(self.leases.get_with(&self.name, &at)).await)
    }

    async fn renew(&self, lease: Lease) -> Result<Option<Lease>, Error> {
        let transitions = lease.spec.as_ref().and_then(|spec| spec.lease_transitions).unwrap_or(0);
        match unless_lost(self.write(lease.clone(), self.spec(transitions)).await) {
            Ok(Some(lease)) => Ok(Some(lease)),
            lost if self.safeguards.has(Safeguard::FailedRenewalLoses) => lost,
            _ => Ok(Some(lease)),
        }
    }

    fn spec(&self, transitions: i32) -> LeaseSpec {
        let now = Some(MicroTime(self.pod.world.now()));
        LeaseSpec {
            holder_identity: Some(self.holder.clone()),
            lease_duration_seconds: Some(DURATION.as_secs() as i32),
            acquire_time: now.clone(),
            renew_time: now,
            lease_transitions: Some(transitions),
            ..LeaseSpec::default()
        }
    }

    async fn write(&self, mut lease: Lease, spec: LeaseSpec) -> Result<Lease, Error> {
        if self.safeguards.has(Safeguard::TakeNamesVersion) {
            lease.spec = Some(spec);
            return self.pod.call(self.leases.replace(&self.name, &PostParams::default(), &lease)).await;
        }
        let patch = Patch::Merge(json!({"spec": spec}));
        self.pod.call(self.leases.patch(&self.name, &PatchParams::default(), &patch)).await
    }

    /// Whether a lease that another holder has may be taken over.
    fn expired(&self, lease: &Lease) -> bool {
        if !self.safeguards.has(Safeguard::LeasesExpire) {
            return false;
        }
        if !self.safeguards.has(Safeguard::ObservedExpiry) {
            let renewed = lease.spec.as_ref().and_then(|spec| spec.renew_time.as_ref());
            return renewed.is_none_or(|renewed| renewed.0 + DURATION < self.pod.world.now());
        }
        let version = (lease.uid().unwrap_or_default(), lease.resource_version().unwrap_or_default());
        let now = self.pod.world.monotonic();
        let mut seen = self.locks.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, since) = seen.entry(self.name.clone()).or_insert_with(|| (version.clone(), now));
        if *last != version {
            (*last, *since) = (version, now);
        }
        now >= *since + UNCHANGED
    }

    /// Gives the lease back. A call that fails is not repeated: the lease expires.
    pub(crate) async fn release(&self, lease: &Lease) {
        if !self.safeguards.has(Safeguard::LeasesAreReleased) {
            return;
        }
        let mut delete = DeleteParams::default();
        if self.safeguards.has(Safeguard::ReleaseNamesVersion) {
            let (uid, resource_version) = (lease.uid(), lease.resource_version());
            delete.preconditions = Some(Preconditions { uid, resource_version });
        } else if self.safeguards.has(Safeguard::ReleaseChecksHolder) {
            let found = self.read().await.ok().flatten();
            let holder = found.and_then(|lease| lease.spec?.holder_identity);
            if holder.as_ref() != Some(&self.holder) {
                return;
            }
        }
        let _ = self.pod.call(self.leases.delete(&self.name, &delete)).await;
    }
}

/// The lease, or None if another write was first.
fn unless_lost(written: Result<Lease, Error>) -> Result<Option<Lease>, Error> {
    match written {
        Ok(lease) => Ok(Some(lease)),
        Err(error) if error.is_conflict() || error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
