//! Counts a batch: one compare-and-set of count and marks together, on the version that was found to take signals.
//!
//! The patch names uid and resourceVersion, so it commits on that version or never, and acting on a cached version is
//! safe. Only a 2xx says what became of it. Without an answer it may have been executed; and a layer in between that
//! sent it twice may pass on a refusal of the second copy, after the first has counted. So after anything but a 2xx a
//! quorum read resolves the patch before anything else is decided: until then only the identical patch is sent again.
use super::{
    call_error::CallError,
    conditions,
    deliveries::Deliveries,
    marks::Ledger,
    redelivery::answer_redeliveries,
    request::{CLOSED, RequestRecord},
    resolve::{LostPatch, Resolution, resolve},
    step::Step,
    timestamps::to_seconds,
    writer_state::WriterState,
};
use crate::protocol::{Accepted, Disposition, Refusal};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;

/// One write that counts a batch.
#[derive(Debug)]
struct CountPatch {
    body: Bytes,
    number: u64,
    first_seen: Timestamp,
    last_seen: Timestamp,
}

impl CountPatch {
    /// Counts `size` signals on `target`, and stores `deliveries` if given; `None` if the count would not fit its type,
    /// or if the patch would not be conditional.
    fn new(
        target: &RequestRecord,
        (writer, number): (&str, u64),
        size: u32,
        deliveries: Option<&Deliveries>,
        now: Timestamp,
    ) -> Option<Self> {
        let (count, version) = (target.count(), &target.metadata.resource_version);
        let total = count.checked_add(size).filter(|total| i32::try_from(*total).is_ok())?;
        if version.is_empty() {
            return None;
        }
        let now = to_seconds(now);
        let first_seen = target.first_seen().unwrap_or(now);
        let last_seen = target.last_seen().map_or(now, |last| last.max(now));
        let mut deduplication = json!({"lastSeenAt": last_seen.to_string(), "occurrenceCount": total});
        if target.first_seen().is_none() {
            deduplication["firstSeenAt"] = json!(first_seen.to_string());
        }
        let ledger = Ledger::find(target.conditions()).filter(|ledger| ledger.in_step(count));
        let ledger = ledger.unwrap_or_else(|| Ledger::begin(count)).marked(writer, number, total);
        let conditions = ledger.store(target.conditions(), now);
        let conditions = deliveries.map(|deliveries| deliveries.store(&conditions, now)).unwrap_or(conditions);
        // A closed request that takes counts was set back to active: it must be closed anew when it has ended again.
        let conditions = conditions::without(conditions, CLOSED);
        let body = json!({
            "metadata": {"uid": target.metadata.uid, "resourceVersion": version},
            "status": {"deduplication": deduplication, "conditions": conditions},
        });
        Some(Self { body: body.to_string().into(), number, first_seen, last_seen })
    }

    /// This patch on `target`, to be resolved.
    fn lost<'a>(&self, target: &'a RequestRecord, writer: &'a str) -> LostPatch<'a> {
        let (uid, version) = (&target.metadata.uid, &target.metadata.resource_version);
        LostPatch { uid, version, count: target.count(), writer, number: self.number }
    }
}

/// Counts the batch on `target`, which was found to take it.
pub(super) async fn count(writer: &mut WriterState, target: Arc<RequestRecord>) -> Step {
    if target.spec.signal_fingerprint != writer.fingerprint {
        return writer.collision(&target.metadata.name, &target.spec.signal_fingerprint);
    }
    let known = match answer_redeliveries(writer, &target).await {
        Ok(known) => known,
        Err(step) => return step,
    };
    // Acquiring and creating take time, in which a sender may have been answered 504: it will send its signal again.
    writer.batch.prune(writer.now());
    if writer.batch.is_empty() {
        return Step::Done;
    }
    let deliveries = known.map(|known| with_batch(known, writer, &target));
    let (shared, size) = (writer.shared.clone(), writer.batch.occurrences());
    let write = (shared.writer.as_str(), shared.next_number());
    let name = &target.metadata.name;
    let Some(patch) = CountPatch::new(&target, write, size, deliveries.as_ref(), shared.context.clock.now()) else {
        return Step::Refuse(Refusal::Refused(format!("{name} can count no more; end it, and a new one begins")));
    };
    match shared.calls.patch_status(name, patch.body.clone(), writer.batch.last_deadline()).await {
        Ok(stored) => {
            shared.requests.learn(Arc::new(stored));
            accept(writer, &target, &patch)
        }
        Err(error) if error.was_not_sent() => Step::retry(&error),
        Err(error) => resolve_patch(writer, &target, &patch, error).await,
    }
}

/// The list of deliveries once the batch is counted on `target`.
fn with_batch(known: Deliveries, writer: &WriterState, target: &RequestRecord) -> Deliveries {
    let before = target.count();
    let keys = writer.batch.keys().into_iter();
    known.with(keys.map(|(key, index)| (key, before.saturating_add(index).saturating_add(1))))
}

/// Finds out what became of `patch`, which was not answered with a 2xx but with `error`.
///
/// It is sent again as long as it may still commit, unless a repetition would be refused too.
async fn resolve_patch(writer: &mut WriterState, target: &RequestRecord, patch: &CountPatch, error: CallError) -> Step {
    let shared = writer.shared.clone();
    let (name, mut answer) = (&target.metadata.name, error);
    while writer.batch.is_open(writer.now()) {
        let (why, retry_after) = match writer.read_request(name).await {
            Ok(seen) => match resolve(&patch.lost(target, &shared.writer), seen.as_deref()) {
                Resolution::Counted => return accept(writer, target, patch),
                Resolution::Unknowable => return refuse_unknown(writer, name),
                Resolution::NotCounted | Resolution::MayStillCommit if answer.is_final() => {
                    return Step::refused(&answer);
                }
                Resolution::NotCounted => return Step::Again,
                Resolution::MayStillCommit => (format!("a count is not resolved: {answer}"), answer.retry_after()),
            },
            Err(error) => (error.to_string(), error.retry_after()),
        };
        if writer.pause(&why, retry_after).await.is_err() {
            return refuse_unknown(writer, name);
        }
        // Also after a failed read: the identical patch does no harm, whatever became of the first.
        let again = shared.calls.patch_status(name, patch.body.clone(), writer.batch.last_deadline()).await;
        match again {
            Ok(stored) => {
                shared.requests.learn(Arc::new(stored));
                return accept(writer, target, patch);
            }
            Err(error) if error.was_not_sent() => {}
            Err(error) => answer = error,
        }
    }
    Step::Again
}

/// Refuses the batch, which may have been counted or not: its signals are counted at most once.
fn refuse_unknown(writer: &WriterState, name: &str) -> Step {
    let signals = u64::try_from(writer.batch.len()).unwrap_or_default();
    writer.shared.context.metrics.unresolved_counts.inc_by(signals);
    Step::unavailable(format!("it cannot be known whether {name} counted this signal"))
}

/// Answers the batch after `patch` has committed on `target`.
fn accept(writer: &mut WriterState, target: &RequestRecord, patch: &CountPatch) -> Step {
    let size = u32::try_from(writer.batch.len()).unwrap_or(u32::MAX);
    writer.shared.context.metrics.batch_size.observe(f64::from(size));
    let before = target.count();
    // Exactly one signal of a request is answered that it created it: the first one counted, whichever replica sent the
    // POST.
    let first = before == 0 && target.metadata.annotations.acquisition.is_some();
    let namespace = &writer.shared.context.namespace;
    writer.batch.accept(|index| Accepted {
        disposition: if first && index == 0 { Disposition::Created } else { Disposition::Duplicate },
        name: target.metadata.name.clone(),
        namespace: namespace.clone(),
        count: before + index + 1,
        first_seen: patch.first_seen,
        last_seen: patch.last_seen,
    });
    Step::Done
}

#[cfg(test)]
mod tests {
    use super::{super::request::parse, *};
    use serde_json::Value;

    fn now() -> Timestamp {
        "2026-01-02T03:04:05.9Z".parse().expect("a time")
    }

    fn patch(status: &Value, size: u32) -> (CountPatch, Value) {
        let target = parse(json!({"metadata": {"name": "rr", "uid": "u", "resourceVersion": "7"}, "status": status}));
        let patch = CountPatch::new(&target, ("gw-a", 3), size, None, now()).expect("a patch");
        let body = serde_json::from_slice(&patch.body).expect("json");
        (patch, body)
    }

    #[test]
    fn first_count_sets_everything() {
        let (patch, body) = patch(&json!({}), 2);
        let expected = json!({
            "metadata": {"uid": "u", "resourceVersion": "7"},
            "status": {
                "deduplication": {
                    "firstSeenAt": "2026-01-02T03:04:05Z", "lastSeenAt": "2026-01-02T03:04:05Z", "occurrenceCount": 2,
                },
                "conditions": [{
                    "type": "SignalsCounted", "status": "True", "reason": "Counted", "message": "base=0;gw-a=3:2",
                    "lastTransitionTime": "2026-01-02T03:04:05Z",
                }],
            },
        });
        assert_eq!(body, expected);
        assert_eq!(patch.first_seen, patch.last_seen);
    }

    #[test]
    fn later_count_never_goes_back() {
        let ready = json!({"type": "Ready", "unknown": true});
        let marks = json!({"type": "SignalsCounted", "message": "base=0;gw-b=1:5"});
        let (_, body) = patch(
            &json!({
                "deduplication": {
                    "firstSeenAt": "2026-01-01T00:00:00Z", "lastSeenAt": "2030-01-01T00:00:00Z", "occurrenceCount": 5,
                },
                "conditions": [ready, marks],
            }),
            3,
        );
        let deduplication = &body["status"]["deduplication"];
        assert_eq!(deduplication, &json!({"lastSeenAt": "2030-01-01T00:00:00Z", "occurrenceCount": 8}));
        assert_eq!(body["status"]["conditions"][0], ready);
        assert_eq!(body["status"]["conditions"][1]["message"], "base=0;gw-a=3:8;gw-b=1:5");
    }

    #[test]
    fn count_on_a_revived_request_reopens_it() {
        let (_, body) = patch(&json!({"conditions": [{"type": "EpisodeClosed"}, {"type": "Ready"}]}), 1);
        let types: Vec<&Value> =
            body["status"]["conditions"].as_array().into_iter().flatten().map(|c| &c["type"]).collect();
        assert_eq!(types, ["Ready", "SignalsCounted"]);
    }

    #[test]
    fn ledger_out_of_step_begins_anew() {
        let marks = json!({"type": "SignalsCounted", "message": "base=0;gw-b=1:5"});
        let (_, body) = patch(&json!({"deduplication": {"occurrenceCount": 6}, "conditions": [marks]}), 1);
        assert_eq!(body["status"]["conditions"][0]["message"], "base=6;gw-a=3:7");
    }

    #[test]
    fn patch_is_always_conditional_and_bounded() {
        let unversioned = parse(json!({"metadata": {"name": "rr", "uid": "u"}}));
        assert!(CountPatch::new(&unversioned, ("gw-a", 1), 1, None, now()).is_none());
        let full = parse(json!({
            "metadata": {"resourceVersion": "7"}, "status": {"deduplication": {"occurrenceCount": i32::MAX}},
        }));
        assert!(CountPatch::new(&full, ("gw-a", 1), 1, None, now()).is_none());
    }
}
