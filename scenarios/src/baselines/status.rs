//! The existing gateway's status updater: read, increment in memory, write the whole status back.
//!
//! It retries only a Conflict, with four attempts in all (client-go's `retry.DefaultBackoff`), and its waits ignore the
//! deadline. The object in memory keeps the last count even if the write failed: replies quote it.
use super::{
    backoff,
    call::{CallError, Calls},
    record::Record,
};
use gateway::api::{Deduplication, RemediationRequest};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{
    Resource as _,
    core::{
        Request,
        params::{GetParams, PostParams},
    },
};
use serde::de::IgnoredAny;
use std::time::Duration;

/// The waits between the four attempts.
const WAITS: [Duration; 3] = [Duration::from_millis(10), Duration::from_millis(50), Duration::from_millis(250)];

/// Counts one occurrence on `rr`. `rr` may have changed even when this fails.
pub(super) async fn count_occurrence(calls: Calls<'_>, rr: &mut Record) -> Result<(), CallError> {
    let mut waits = WAITS.iter();
    loop {
        match read_add_write(calls, rr).await {
            Err(error) if error.is_conflict() => {
                let Some(wait) = waits.next() else { return Err(error) };
                calls.ctx.clock.sleep(backoff::above(&*calls.ctx.entropy, *wait)).await;
            }
            outcome => return outcome,
        }
    }
}

async fn read_add_write(calls: Calls<'_>, rr: &mut Record) -> Result<(), CallError> {
    let requests = Request::new(RemediationRequest::url_path(&(), Some(&calls.ctx.namespace)));
    let name = rr.metadata.name.clone().unwrap_or_default();
    *rr = calls.call(requests.get(&name, &GetParams::default())).await?;
    let now = Time(calls.ctx.clock.now());
    match &mut rr.status.get_or_insert_default().deduplication {
        Some(deduplication) => {
            let count = deduplication.occurrence_count.unwrap_or_default();
            deduplication.occurrence_count = Some(count.wrapping_add(1));
            deduplication.last_seen_at = Some(now);
        }
        none => {
            *none = Some(Deduplication {
                first_seen_at: Some(now.clone()),
                last_seen_at: Some(now),
                occurrence_count: Some(1),
            });
        }
    }
    let body = serde_json::to_vec(rr).map_err(|error| CallError::Malformed(error.to_string()))?;
    let put = requests.replace_subresource("status", &name, &PostParams::default(), body);
    calls.call::<IgnoredAny>(put).await.map(|_| ())
}
