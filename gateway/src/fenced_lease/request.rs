//! A RemediationRequest as the protocol reads it: only the fields that counting and classifying need.
//!
//! The cache and the hot paths use this view instead of the whole resource, so that parsing skips a request's payload.
//! Only a patch of two fields is written back, so no field outside the view is ever lost. Values that any program may
//! have written (times, counts, conditions) are read leniently: an invalid value counts as absent.
use super::{conditions, version::Versioned};
use crate::api;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Annotation of a RemediationRequest: the namespace of the leases that fence its creation.
pub(super) const LOCK_NAMESPACE: &str = "kubernaut.ai/lock-namespace";
/// Annotation of a RemediationRequest: the acquisition of the lease under which it was created.
pub(super) const ACQUISITION: &str = "kubernaut.ai/acquisition";

/// Type of the condition of a request that has ended and takes no counts, because the next one begins.
pub(super) const CLOSED: &str = "EpisodeClosed";

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct RequestRecord {
    pub(super) metadata: RequestMeta,
    pub(super) spec: RequestSpec,
    pub(super) status: RequestStatus,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RequestMeta {
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) resource_version: String,
    pub(super) creation_timestamp: Option<String>,
    pub(super) deletion_timestamp: Option<String>,
    pub(super) annotations: RequestAnnotations,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct RequestAnnotations {
    #[serde(rename = "kubernaut.ai/lock-namespace")]
    pub(super) lock_namespace: Option<String>,
    #[serde(rename = "kubernaut.ai/acquisition")]
    pub(super) acquisition: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RequestSpec {
    pub(super) signal_fingerprint: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RequestStatus {
    pub(super) overall_phase: Option<String>,
    pub(super) deduplication: Option<Deduplication>,
    pub(super) routing_status: Option<RoutingStatus>,
    pub(super) completion_status: Option<CompletionStatus>,
    /// Raw JSON, because a patch writes all conditions back, including fields that the gateway does not know.
    pub(super) conditions: Option<Vec<Value>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Deduplication {
    first_seen_at: Option<String>,
    last_seen_at: Option<String>,
    occurrence_count: i64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RoutingStatus {
    next_allowed_execution: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct CompletionStatus {
    outcome: Option<String>,
}

impl Versioned for RequestRecord {
    fn version(&self) -> &str {
        &self.metadata.resource_version
    }
}

impl RequestRecord {
    /// Whether its phase is not terminal. A request without a phase has only just been created.
    pub(super) fn is_active(&self) -> bool {
        !api::is_terminal(self.status.overall_phase.as_deref().unwrap_or_default())
    }

    pub(super) fn is_terminating(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// Whether it has ended, but in a way that keeps signals from beginning another remediation. A closed request never
    /// does: the next one may exist already.
    pub(super) fn is_suppressing(&self, now: Timestamp) -> bool {
        let suppresses = self.awaits_review() || self.next_allowed() > Some(now);
        suppresses && !self.is_active() && !self.is_terminating() && !self.is_closed()
    }

    /// Whether a replica whose clock differs, or that knows an older version, may find it suppressing.
    pub(super) fn may_suppress(&self) -> bool {
        let routing = self.status.routing_status.as_ref();
        self.awaits_review() || routing.is_some_and(|status| status.next_allowed_execution.is_some())
    }

    /// Whether a replica closed it after its end, so that it takes no counts.
    pub(super) fn is_closed(&self) -> bool {
        conditions::has(self.conditions(), CLOSED)
    }

    fn awaits_review(&self) -> bool {
        let outcome = self.status.completion_status.as_ref().and_then(|status| status.outcome.as_deref());
        outcome == Some(api::OUTCOME_MANUAL_REVIEW_REQUIRED)
    }

    fn next_allowed(&self) -> Option<Timestamp> {
        self.status.routing_status.as_ref()?.next_allowed_execution.as_ref()?.parse().ok()
    }

    /// occurrenceCount; 0 if none is stored.
    pub(super) fn count(&self) -> u32 {
        let stored = self.status.deduplication.as_ref().map_or(0, |deduplication| deduplication.occurrence_count);
        u32::try_from(stored.clamp(0, i64::from(i32::MAX))).unwrap_or_default()
    }

    pub(super) fn first_seen(&self) -> Option<Timestamp> {
        self.status.deduplication.as_ref()?.first_seen_at.as_ref()?.parse().ok()
    }

    pub(super) fn last_seen(&self) -> Option<Timestamp> {
        self.status.deduplication.as_ref()?.last_seen_at.as_ref()?.parse().ok()
    }

    pub(super) fn conditions(&self) -> &[Value] {
        self.status.conditions.as_deref().unwrap_or_default()
    }

    fn age_order(&self) -> (&str, &str) {
        (self.metadata.creation_timestamp.as_deref().unwrap_or_default(), &self.metadata.name)
    }
}

/// What the requests of one fingerprint mean for its next signal.
#[derive(Debug, Clone)]
pub(super) enum RequestState {
    /// The signal is counted on this request: the oldest active one, or else one that suppresses new ones.
    CountOn(Arc<RequestRecord>),
    /// An active request is being deleted: it takes no signals, and no other may be created until it is gone.
    Terminating(Arc<RequestRecord>),
    /// The next episode may begin.
    Clear,
}

/// Classifies the requests of one fingerprint.
///
/// Only foreign programs create several active requests. The oldest of them takes the signals, and of equally old ones
/// the first by name, as the RemediationOrchestrator chooses. Of several suppressing requests the youngest takes them.
pub(super) fn classify<'a>(records: impl Iterator<Item = &'a Arc<RequestRecord>>, now: Timestamp) -> RequestState {
    let (mut active, mut terminating, mut suppressing) =
        (None::<&Arc<RequestRecord>>, None, None::<&Arc<RequestRecord>>);
    for record in records {
        if record.is_active() && record.is_terminating() {
            terminating = Some(record);
        } else if record.is_active() {
            if active.is_none_or(|best| record.age_order() < best.age_order()) {
                active = Some(record);
            }
        } else if record.is_suppressing(now) && suppressing.is_none_or(|best| record.age_order() > best.age_order()) {
            suppressing = Some(record);
        }
    }
    match (active, terminating, suppressing) {
        (Some(record), ..) | (None, None, Some(record)) => RequestState::CountOn(record.clone()),
        (None, Some(record), _) => RequestState::Terminating(record.clone()),
        (None, None, None) => RequestState::Clear,
    }
}

/// The youngest of those that have ended and that a replica whose clock differs may find suppressing.
pub(super) fn last_to_suppress<'a>(
    records: impl Iterator<Item = &'a Arc<RequestRecord>>,
) -> Option<&'a Arc<RequestRecord>> {
    let ended = records.filter(|record| !record.is_active() && record.may_suppress());
    ended.max_by(|one, other| one.age_order().cmp(&other.age_order()))
}

#[cfg(test)]
pub(super) fn parse(value: Value) -> RequestRecord {
    serde_json::from_value(value).expect("a request")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: &str = "2026-01-02T03:04:05Z";

    fn record(name: &str, created: &str, status: Value) -> Arc<RequestRecord> {
        Arc::new(parse(json!({"metadata": {"name": name, "creationTimestamp": created}, "status": status})))
    }

    fn classified(records: &[Arc<RequestRecord>]) -> (&'static str, String) {
        match classify(records.iter(), NOW.parse().expect("a time")) {
            RequestState::CountOn(record) => ("count", record.metadata.name.clone()),
            RequestState::Terminating(record) => ("terminating", record.metadata.name.clone()),
            RequestState::Clear => ("clear", String::new()),
        }
    }

    #[test]
    fn oldest_active_request_counts() {
        let young = record("a", "2026-01-01T00:00:02Z", json!({"overallPhase": "Pending"}));
        let old = record("c", "2026-01-01T00:00:01Z", json!({"overallPhase": "Executing"}));
        let twin = record("b", "2026-01-01T00:00:01Z", json!({"overallPhase": "SomethingNew"}));
        let ended = record("0", "2026-01-01T00:00:00Z", json!({"overallPhase": "Completed"}));
        assert_eq!(classified(&[young.clone(), old.clone(), ended.clone()]), ("count", "c".into()));
        assert_eq!(
            classified(&[young, old, twin, ended.clone()]),
            ("count", "b".into()),
            "the name decides between twins"
        );
        assert_eq!(classified(&[ended]), ("clear", String::new()));
        assert_eq!(classified(&[]), ("clear", String::new()));
    }

    #[test]
    fn review_and_cooldown_suppress() {
        let review = json!({"overallPhase": "Failed", "completionStatus": {"outcome": "ManualReviewRequired"}});
        let cooling =
            json!({"overallPhase": "Completed", "routingStatus": {"nextAllowedExecution": "2026-01-02T03:04:06Z"}});
        let cooled = json!({"overallPhase": "Completed", "routingStatus": {"nextAllowedExecution": NOW}});
        assert_eq!(classified(&[record("a", NOW, review.clone())]), ("count", "a".into()));
        assert_eq!(classified(&[record("a", NOW, cooling.clone())]), ("count", "a".into()));
        assert_eq!(classified(&[record("a", NOW, cooled)]), ("clear", String::new()));
        let both = [record("b", NOW, review.clone()), record("a", NOW, cooling.clone())];
        assert_eq!(classified(&both), ("count", "b".into()), "the youngest, or the last by name");
        let active = record("z", NOW, json!({}));
        assert_eq!(classified(&[record("a", NOW, review), record("b", NOW, cooling), active]), ("count", "z".into()));
    }

    #[test]
    fn closed_request_suppresses_nothing() {
        let closed = json!([{"type": "EpisodeClosed", "status": "True"}]);
        let review = json!({"outcome": "ManualReviewRequired"});
        let ended = json!({"overallPhase": "Failed", "completionStatus": review, "conditions": closed});
        assert_eq!(classified(&[record("a", NOW, ended)]), ("clear", String::new()));
        let revived = json!({"overallPhase": "Executing", "conditions": closed});
        assert_eq!(classified(&[record("a", NOW, revived)]), ("count", "a".into()), "an active one takes counts");
        let cooled = json!({"routingStatus": {"nextAllowedExecution": "2020-01-01T00:00:00Z"}});
        assert!(parse(json!({"status": cooled})).may_suppress(), "by a clock that is far behind");
        assert!(!parse(json!({"status": {"overallPhase": "Completed"}})).may_suppress());
    }

    #[test]
    fn terminating_active_request_blocks() {
        let deleted = |phase| {
            Arc::new(parse(json!({
                "metadata": {"name": "a", "deletionTimestamp": NOW},
                "status": {"overallPhase": phase, "completionStatus": {"outcome": "ManualReviewRequired"}},
            })))
        };
        let suppressing = record(
            "b",
            NOW,
            json!({"overallPhase": "Failed", "completionStatus": {"outcome": "ManualReviewRequired"}}),
        );
        assert_eq!(classified(&[deleted("Executing"), suppressing]), ("terminating", "a".into()));
        assert_eq!(
            classified(&[deleted("Failed")]),
            ("clear", String::new()),
            "an ended request blocks nothing while it is being deleted"
        );
        let active = record("c", NOW, json!({}));
        assert_eq!(classified(&[deleted("Executing"), active]), ("count", "c".into()));
    }

    #[test]
    fn invalid_values_count_as_absent() {
        let odd = parse(json!({"status": {
            "deduplication": {"occurrenceCount": -7, "firstSeenAt": "yesterday", "lastSeenAt": ""},
            "routingStatus": {"nextAllowedExecution": "never"}, "conditions": null,
        }}));
        assert_eq!((odd.count(), odd.first_seen(), odd.last_seen()), (0, None, None));
        assert_eq!(odd.next_allowed(), None);
        assert!(odd.conditions().is_empty());
        assert_eq!(
            parse(json!({"status": {"deduplication": {"occurrenceCount": 1_i64 << 40}}})).count(),
            2_147_483_647
        );
    }
}
