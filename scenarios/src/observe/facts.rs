//! Facts of commits: RemediationRequests and leases as the oracle sees them, read from the stored JSON.
use crate::fnv;
use apiserver::Commit;
use model::observation::{Change, Lease, Request};
use serde_json::Value;
use std::sync::Arc;

/// The effect of a commit.
pub(super) fn change(change: apiserver::Change) -> Change {
    match change {
        apiserver::Change::Created => Change::Created,
        apiserver::Change::Modified => Change::Modified,
        apiserver::Change::Deleted => Change::Deleted,
    }
}

fn text(value: &Value) -> Arc<str> {
    Arc::from(value.as_str().unwrap_or_default())
}

fn timestamp(value: &Value) -> Option<jiff::Timestamp> {
    value.as_str()?.parse().ok()
}

/// A RemediationRequest after a commit.
pub(super) fn request(commit: &Commit, epoch_micros: i64) -> Request {
    request_in(&commit.after, (Arc::clone(&commit.namespace), Arc::clone(&commit.name)), epoch_micros)
}

/// A RemediationRequest of this namespace and name, from its JSON.
pub(crate) fn request_in(object: &Value, (namespace, name): (Arc<str>, Arc<str>), epoch_micros: i64) -> Request {
    let (metadata, status) = (&object["metadata"], &object["status"]);
    let deduplication = &status["deduplication"];
    Request {
        namespace,
        name,
        uid: text(&metadata["uid"]),
        fingerprint: text(&object["spec"]["signalFingerprint"]),
        phase: text(&status["overallPhase"]),
        terminating: metadata.get("deletionTimestamp").is_some(),
        manual_review_required: status["completionStatus"]["outcome"] == "ManualReviewRequired",
        next_allowed_execution: timestamp(&status["routingStatus"]["nextAllowedExecution"])
            .map(|at| at.as_microsecond() - epoch_micros),
        closed: condition(status, "EpisodeClosed").is_some(),
        deliveries: condition(status, "DeliveriesCounted")
            .and_then(|condition| condition["message"].as_str())
            .filter(|listed| !listed.is_empty())
            .map_or(0, |listed| fnv::hash(listed.bytes()).max(1)),
        occurrence_count: deduplication["occurrenceCount"].as_u64().and_then(|count| u32::try_from(count).ok()),
        first_seen: timestamp(&deduplication["firstSeenAt"]).map(jiff::Timestamp::as_second),
        last_seen: timestamp(&deduplication["lastSeenAt"]).map(jiff::Timestamp::as_second),
    }
}

fn condition<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    status["conditions"].as_array()?.iter().find(|condition| condition["type"] == kind)
}

/// A lease after a commit.
pub(super) fn lease(commit: &Commit) -> Lease {
    lease_in(&commit.after, Arc::clone(&commit.name))
}

/// A lease of this name, from its JSON.
pub(crate) fn lease_in(object: &Value, name: Arc<str>) -> Lease {
    let (metadata, spec) = (&object["metadata"], &object["spec"]);
    Lease {
        name,
        uid: text(&metadata["uid"]),
        guards: guarded(metadata),
        holder: spec["holderIdentity"].as_str().filter(|holder| !holder.is_empty()).map(Arc::from),
        duration_seconds: spec["leaseDurationSeconds"].as_u64().and_then(|seconds| u32::try_from(seconds).ok()),
    }
}

/// Name of the request of the episode that a lease records: the fingerprint's first 12 digits, the uid's first 8, the
/// episode.
fn guarded(metadata: &Value) -> Option<Arc<str>> {
    let annotation = |name: &str| metadata["annotations"][format!("kubernaut.ai/{name}")].as_str();
    let (fingerprint, episode) = (annotation("fingerprint")?.get(..12)?, annotation("episode")?);
    let uid: String = metadata["uid"].as_str()?.chars().filter(char::is_ascii_hexdigit).take(8).collect();
    Some(format!("rr-{fingerprint}-{uid}-{episode}").into())
}
