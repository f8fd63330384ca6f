//! The existing gateway's `ShouldDeduplicate`: one consistent LIST by fingerprint, then the first match in name order.
//!
//! An object with a deletionTimestamp counts like any other, the configured cooldown period is ignored, and a terminal
//! object that needs a manual review wins over an active one that sorts after it. All three are behaviour of the
//! existing gateway.
use super::{
    call::{CallError, Calls},
    record::Record,
};
use gateway::api::{OUTCOME_MANUAL_REVIEW_REQUIRED, RemediationRequest, is_terminal};
use jiff::Timestamp;
use kube::{
    Resource as _,
    core::{Request, params::ListParams},
};
use serde::Deserialize;

/// Members of a list that are read.
#[derive(Deserialize)]
struct List {
    items: Vec<Record>,
}

/// Source of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// The store.
    Consistent,
    /// The watch cache of the API server that answers (resourceVersion=0).
    Cached,
}

/// The RemediationRequest that a signal of `fingerprint` duplicates; `None` if there is none.
pub(super) async fn should_deduplicate(
    calls: Calls<'_>,
    fingerprint: &str,
    read: Read,
) -> Result<Option<Record>, CallError> {
    let all = match read {
        Read::Consistent => ListParams::default(),
        Read::Cached => ListParams::default().match_any(),
    };
    let by_field = all.clone().fields(&format!("spec.signalFingerprint={fingerprint}"));
    let items = match list(calls, &by_field).await {
        Err(error) if selector_unsupported(&error) => {
            let mut all = list(calls, &all).await?;
            all.retain(|rr| rr.is_about(fingerprint));
            all
        }
        items => items?,
    };
    Ok(first_match(items, calls.ctx.clock.now()))
}

/// Every RemediationRequest, in the order of the names.
pub(super) async fn list_all(calls: Calls<'_>) -> Result<Vec<Record>, CallError> {
    list(calls, &ListParams::default()).await
}

async fn list(calls: Calls<'_>, params: &ListParams) -> Result<Vec<Record>, CallError> {
    let request = Request::new(RemediationRequest::url_path(&(), Some(&calls.ctx.namespace))).list(params);
    Ok(calls.call::<List>(request).await?.items)
}

fn selector_unsupported(error: &CallError) -> bool {
    let text = error.to_string();
    text.contains("field label not supported") || text.contains("field selector")
}

fn first_match(items: Vec<Record>, now: Timestamp) -> Option<Record> {
    let mut held_back: Option<(Timestamp, Record)> = None;
    for rr in items {
        let status = rr.status.as_ref();
        let phase = status.and_then(|status| status.overall_phase.as_deref()).unwrap_or_default();
        let outcome = status.and_then(|status| status.completion_status.as_ref()?.outcome.as_deref());
        if !is_terminal(phase) || outcome == Some(OUTCOME_MANUAL_REVIEW_REQUIRED) {
            return Some(rr);
        }
        let next = status.and_then(|status| status.routing_status.as_ref()?.next_allowed_execution.as_ref());
        if let Some(next) = next.map(|next| next.0).filter(|next| *next > now)
            && held_back.as_ref().is_none_or(|(latest, _)| next > *latest)
        {
            held_back = Some((next, rr));
        }
    }
    held_back.map(|(_, rr)| rr)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn picked(items: &[(&str, Value)]) -> Option<String> {
        let items = items.iter().map(|(name, status)| {
            let mut rr = Record::created(super::super::tests::request(name));
            rr.status = Some(serde_json::from_value(status.clone()).expect("a status"));
            rr
        });
        let now = "2026-11-20T12:00:00Z".parse().expect("a timestamp");
        first_match(items.collect(), now).and_then(|rr| rr.metadata.name)
    }

    fn ended_until(time: &str) -> Value {
        json!({ "overallPhase": "Failed", "routingStatus": { "nextAllowedExecution": time } })
    }

    #[test]
    fn first_active_request_is_the_match() {
        let ended = json!({ "overallPhase": "Completed" });
        let items = [("a", ended.clone()), ("b", json!({ "overallPhase": "Remodelling" })), ("c", json!({}))];
        assert_eq!(picked(&items).as_deref(), Some("b"));
        assert_eq!(picked(&[("a", ended)]), None);
    }

    #[test]
    fn manual_review_hides_later_active_request() {
        let review = json!({ "overallPhase": "Failed", "completionStatus": { "outcome": "ManualReviewRequired" } });
        assert_eq!(picked(&[("a", review), ("b", json!({}))]).as_deref(), Some("a"));
    }

    #[test]
    fn latest_hold_counts_after_active_ones() {
        let holds = [
            ("a", ended_until("2026-11-20T13:00:00Z")),
            ("b", ended_until("2026-11-20T14:00:00Z")),
            ("c", ended_until("2026-11-20T11:59:59Z")),
        ];
        assert_eq!(picked(&holds).as_deref(), Some("b"));
        let mut with_active = holds.to_vec();
        with_active.push(("d", json!({ "overallPhase": "Blocked" })));
        assert_eq!(picked(&with_active).as_deref(), Some("d"));
    }
}
