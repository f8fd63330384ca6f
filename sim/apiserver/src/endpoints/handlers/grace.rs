//! The grace period of a pod that is deleted: one that runs on a node stays until a client, usually the kubelet,
//! deletes it without a period (k8s.io/apiserver/pkg/registry/rest/delete.go, BeforeDelete;
//! k8s.io/kubernetes/pkg/registry/core/pod/strategy.go, CheckGracefulDelete).
use crate::{
    base::{
        object::{self, Object},
        timestamp,
    },
    request::call::Call,
};
use jiff::SignedDuration;
use serde_json::Value;

/// What the grace period means for a deletion.
pub(super) enum Grace {
    /// The kind has none.
    None,
    /// The period of an earlier deletion is not over, and this one does not shorten it.
    Pending,
    /// The object, marked, stays until its period is over.
    Waits(Value),
    /// The object, marked, has no period.
    Over(Value),
}

/// The grace period of a deletion; `wanted` is that of its options.
pub(super) fn of(call: &Call<'_>, wanted: Option<i64>, current: &Object) -> Grace {
    if call.kind.custom || call.kind.kind != "Pod" {
        return Grace::None;
    }
    let pod = &*current.value;
    if !current.is_terminating() {
        return marked(call, pod, first_period(wanted, pod));
    }
    let number = |member: &str| object::metadata(pod)?.get(member)?.as_i64();
    let Some(before) = number("deletionGracePeriodSeconds") else { return Grace::None };
    match wanted.filter(|period| *period < before) {
        Some(period) => shortened(pod, before, period),
        None => Grace::Pending,
    }
}

/// The period of a first deletion: only a pod that runs on a node has any.
fn first_period(wanted: Option<i64>, pod: &Value) -> i64 {
    let text = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let own = || pod.pointer("/spec/terminationGracePeriodSeconds").and_then(Value::as_i64).unwrap_or_default();
    let ended = matches!(text("/status/phase"), "Failed" | "Succeeded");
    if text("/spec/nodeName").is_empty() || ended {
        return 0;
    }
    let period = wanted.unwrap_or_else(own);
    if period < 0 { 1 } else { period }
}

fn marked(call: &Call<'_>, pod: &Value, period: i64) -> Grace {
    if period == 0 {
        return Grace::None;
    }
    let end = call.now.checked_add(SignedDuration::from_secs(period)).unwrap_or(jiff::Timestamp::MAX);
    let mut pod = pod.clone();
    object::begin_deletion(&mut pod, end);
    object::metadata_mut(&mut pod).insert("deletionGracePeriodSeconds".into(), period.into());
    Grace::Waits(pod)
}

fn shortened(pod: &Value, before: i64, period: i64) -> Grace {
    let mut pod = pod.clone();
    let end = timestamp::parse(object::meta_str(&pod, "deletionTimestamp"));
    let end = end.and_then(|end| end.checked_sub(SignedDuration::from_secs(before - period)).ok());
    let meta = object::metadata_mut(&mut pod);
    meta.extend(end.map(|end| ("deletionTimestamp".to_owned(), timestamp::seconds(end).into())));
    meta.insert("deletionGracePeriodSeconds".into(), period.into());
    if period > 0 { Grace::Waits(pod) } else { Grace::Over(pod) }
}
