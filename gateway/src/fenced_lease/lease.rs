//! A lock: its Lease, the three versions of it that the gateway writes, and when it may be taken.
//!
//! The record holds the whole Lease, because a lease is written by PUT and a PUT replaces everything; only
//! managedFields is left out, which the API server maintains itself. Times are written back as the text they arrived
//! as: the gateway never computes with another machine's clock. A lock may be taken once its holder's version has been
//! unchanged for the lease's duration on this replica's own monotonic clock, the rule of client-go's leader election.
use super::{names, version::Versioned};
use crate::api::{LABEL_MANAGED_BY, LABEL_MANAGED_BY_VALUE};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// Annotation: the whole fingerprint; the lease's name holds only 16 digits of it.
pub(super) const FINGERPRINT: &str = "kubernaut.ai/fingerprint";
/// Annotation: the number of the episode that this lease fences. A lease without it is not of this protocol.
pub(super) const EPISODE: &str = "kubernaut.ai/episode";
/// Annotation: `true` once the episode's RemediationRequest was seen to exist.
pub(super) const EPISODE_SEEN: &str = "kubernaut.ai/episode-seen";

/// How long a holder may keep the lock without a write, in seconds. Also applies to a lease without a duration.
pub(super) const DURATION_SECONDS: i32 = 30;
/// The duration that client-go writes on release.
const FREED_DURATION_SECONDS: i32 = 1;
/// The least time waited beyond the duration; with the divisor it covers clocks whose rates differ by 3 %.
const MARGIN_MIN: Duration = Duration::from_secs(1);
const MARGIN_DIVISOR: u32 = 30;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct LeaseRecord {
    pub(super) metadata: LeaseMeta,
    pub(super) spec: LeaseSpec,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct LeaseMeta {
    pub(super) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) uid: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) resource_version: String,
    #[serde(skip_serializing)]
    pub(super) deletion_timestamp: Option<String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    finalizers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    owner_references: Vec<Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct LeaseSpec {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) holder_identity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_duration_seconds: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acquire_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    renew_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_transitions: Option<i32>,
}

/// Whether a lock may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockState {
    /// It has no holder.
    Free,
    /// Its holder has not written for longer than the lease lasts.
    Expired,
    /// It has a holder until this moment of the monotonic clock, unless it changes.
    Held { until: Duration },
    /// It is being deleted, so that writes to it will not last.
    Terminating,
}

impl Versioned for LeaseRecord {
    fn version(&self) -> &str {
        &self.metadata.resource_version
    }
}

impl LeaseRecord {
    /// The first lock of a fingerprint.
    pub(super) fn first(fingerprint: &str, episode: u64, holder: &str, now: Timestamp) -> Self {
        let mut lease = Self::default();
        lease.metadata.name = names::lease_name(fingerprint);
        lease.hold(fingerprint, episode, holder, now);
        lease.spec.lease_transitions = Some(0);
        lease
    }

    /// This lease, held by `holder` for `episode`. Includes uid and resourceVersion, so that it replaces only this
    /// version: without the uid a PUT would recreate a deleted lease.
    pub(super) fn taken(&self, fingerprint: &str, episode: u64, holder: &str, now: Timestamp) -> Self {
        let mut lease = self.clone();
        let renewed = self.holder() == Some(holder);
        let acquired = lease.spec.acquire_time.take();
        lease.hold(fingerprint, episode, holder, now);
        if renewed {
            lease.spec.acquire_time = acquired;
        } else {
            lease.spec.lease_transitions = Some(self.spec.lease_transitions.unwrap_or(0).saturating_add(1));
        }
        lease
    }

    /// `lease` as if it had been read, although no lease with this uid exists.
    pub(super) fn absent(mut lease: Self) -> Self {
        lease.metadata.uid = "00000000-0000-0000-0000-000000000000".to_owned();
        lease.metadata.resource_version = "1".to_owned();
        lease
    }

    fn hold(&mut self, fingerprint: &str, episode: u64, holder: &str, now: Timestamp) {
        self.metadata.labels.insert(LABEL_MANAGED_BY.to_owned(), LABEL_MANAGED_BY_VALUE.to_owned());
        let annotations = &mut self.metadata.annotations;
        annotations.insert(FINGERPRINT.to_owned(), fingerprint.to_owned());
        annotations.insert(EPISODE.to_owned(), episode.to_string());
        annotations.remove(EPISODE_SEEN);
        let now = micro_time(now);
        self.spec.holder_identity = Some(holder.to_owned());
        self.spec.lease_duration_seconds = Some(DURATION_SECONDS);
        self.spec.acquire_time = Some(now.clone());
        self.spec.renew_time = Some(now);
    }

    /// This lease given back, as client-go does it: without a holder, for one second.
    pub(super) fn freed(&self, seen: bool, now: Timestamp) -> Self {
        let mut lease = self.clone();
        if seen {
            lease.metadata.annotations.insert(EPISODE_SEEN.to_owned(), "true".to_owned());
        }
        lease.spec.holder_identity = Some(String::new());
        lease.spec.lease_duration_seconds = Some(FREED_DURATION_SECONDS);
        lease.spec.renew_time = Some(micro_time(now));
        lease
    }

    pub(super) fn holder(&self) -> Option<&str> {
        self.spec.holder_identity.as_deref().filter(|holder| !holder.is_empty())
    }

    /// Whether the watch, which selects by label, shows this lease.
    pub(super) fn is_labelled(&self) -> bool {
        self.metadata.labels.get(LABEL_MANAGED_BY).is_some_and(|value| value == LABEL_MANAGED_BY_VALUE)
    }

    /// The episode that this lease fences; `None` if this protocol did not write it.
    pub(super) fn episode(&self) -> Option<u64> {
        self.metadata.annotations.get(EPISODE)?.parse().ok()
    }

    pub(super) fn seen(&self) -> bool {
        self.metadata.annotations.get(EPISODE_SEEN).is_some_and(|seen| seen == "true")
    }

    pub(super) fn fingerprint(&self) -> Option<&str> {
        self.metadata.annotations.get(FINGERPRINT).map(String::as_str)
    }

    /// Whether this version, unchanged since `since`, may be taken at `now` (both on the monotonic clock).
    pub(super) fn lock_state(&self, since: Duration, now: Duration) -> LockState {
        if self.metadata.deletion_timestamp.is_some() {
            return LockState::Terminating;
        }
        if self.holder().is_none() {
            return LockState::Free;
        }
        let seconds = self.spec.lease_duration_seconds.unwrap_or(DURATION_SECONDS);
        let duration = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        let until = since + duration + MARGIN_MIN.max(duration / MARGIN_DIVISOR);
        if now >= until { LockState::Expired } else { LockState::Held { until } }
    }

    /// The body of a POST or PUT.
    pub(super) fn body(&self) -> Vec<u8> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Lease<'a> {
            api_version: &'static str,
            kind: &'static str,
            #[serde(flatten)]
            lease: &'a LeaseRecord,
        }
        let lease = Lease { api_version: "coordination.k8s.io/v1", kind: "Lease", lease: self };
        serde_json::to_vec(&lease).expect("a lease has only string keys")
    }
}

/// MicroTime as k8s.io/apimachinery parses it: six digits of a second, and a time zone.
fn micro_time(time: Timestamp) -> String {
    format!("{time:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FP: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn now() -> Timestamp {
        "2026-01-02T03:04:05.6Z".parse().expect("a time")
    }

    fn parse(value: Value) -> LeaseRecord {
        serde_json::from_value(value).expect("a lease")
    }

    #[test]
    fn first_lease_has_everything() {
        let body: Value = serde_json::from_slice(&LeaseRecord::first(FP, 3, "gw-1_1", now()).body()).expect("json");
        let expected = json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {
                "name": "gw-lock-0123456789abcdef",
                "labels": {"app.kubernetes.io/managed-by": "gateway-service"},
                "annotations": {"kubernaut.ai/fingerprint": FP, "kubernaut.ai/episode": "3"},
            },
            "spec": {
                "holderIdentity": "gw-1_1", "leaseDurationSeconds": 30, "leaseTransitions": 0,
                "acquireTime": "2026-01-02T03:04:05.600000Z", "renewTime": "2026-01-02T03:04:05.600000Z",
            },
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn takeover_keeps_foreign_fields() {
        let stored = parse(json!({
            "metadata": {"name": "l", "uid": "u", "resourceVersion": "7", "finalizers": ["x/y"], "labels": {"a": "b"},
                "annotations": {"c": "d", "kubernaut.ai/episode": "3", "kubernaut.ai/episode-seen": "true"}},
            "spec": {"holderIdentity": "gw-1_1", "leaseTransitions": 4, "acquireTime": "2026-01-01T00:00:00.000000Z"},
        }));
        let taken = stored.taken(FP, 4, "gw-2_1", now());
        assert_eq!((taken.metadata.uid.as_str(), taken.version()), ("u", "7"));
        assert_eq!((taken.episode(), taken.seen(), taken.holder()), (Some(4), false, Some("gw-2_1")));
        assert_eq!(taken.metadata.annotations.get("c").map(String::as_str), Some("d"));
        assert_eq!(taken.metadata.finalizers, ["x/y"]);
        assert_eq!(taken.spec.lease_transitions, Some(5));
        let renewed = taken.taken(FP, 5, "gw-2_1", now());
        assert_eq!((renewed.spec.lease_transitions, &renewed.spec.acquire_time), (Some(5), &taken.spec.acquire_time));
    }

    #[test]
    fn freed_lease_remembers_its_episode() {
        let held = LeaseRecord::first(FP, 3, "gw-1_1", now());
        let freed = held.freed(true, now());
        assert_eq!((freed.episode(), freed.seen(), freed.holder()), (Some(3), true, None));
        assert_eq!(freed.spec.lease_duration_seconds, Some(1));
        assert!(!held.freed(false, now()).seen());
        assert!(freed.freed(false, now()).seen(), "what was seen stays seen");
    }

    #[test]
    fn expiry_follows_local_observation() {
        let seconds = Duration::from_secs;
        let lease = |spec: Value| parse(json!({"metadata": {"name": "l"}, "spec": spec}));
        let held = lease(
            json!({"holderIdentity": "gw", "leaseDurationSeconds": 30, "renewTime": "1999-01-01T00:00:00.000000Z"}),
        );
        assert_eq!(held.lock_state(seconds(100), seconds(100)), LockState::Held { until: seconds(131) });
        assert_eq!(
            held.lock_state(seconds(100), Duration::from_millis(130_999)),
            LockState::Held { until: seconds(131) }
        );
        assert_eq!(held.lock_state(seconds(100), seconds(131)), LockState::Expired);
        let nameless = lease(json!({"holderIdentity": "gw"}));
        assert_eq!(nameless.lock_state(seconds(0), seconds(0)), LockState::Held { until: seconds(31) });
        let long = lease(json!({"holderIdentity": "gw", "leaseDurationSeconds": 3000}));
        assert_eq!(
            long.lock_state(seconds(0), seconds(0)),
            LockState::Held { until: seconds(3100) },
            "the margin grows with it"
        );
        let short = lease(json!({"holderIdentity": "gw", "leaseDurationSeconds": 10}));
        assert_eq!(short.lock_state(seconds(0), seconds(0)), LockState::Held { until: seconds(11) });
        let broken = lease(json!({"holderIdentity": "gw", "leaseDurationSeconds": -5}));
        assert_eq!(broken.lock_state(seconds(0), seconds(1)), LockState::Expired);
        assert_eq!(lease(json!({"holderIdentity": ""})).lock_state(seconds(0), seconds(0)), LockState::Free);
        assert_eq!(lease(json!({})).lock_state(seconds(0), seconds(0)), LockState::Free);
        let mut going = held;
        going.metadata.deletion_timestamp = Some("2026-01-01T00:00:00Z".into());
        assert_eq!(going.lock_state(seconds(0), seconds(1_000)), LockState::Terminating);
    }
}
