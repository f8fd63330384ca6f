//! Closes a request that has ended, before another one takes its place: from then on it takes no counts.
//!
//! Whether a request suppresses new ones may depend on the time, and the orchestrator may change it. So replicas can
//! disagree: while one begins the next episode, another still counts on the request before. The closing decides. It is
//! a status patch that names uid and version, so it commits only if nobody counted since that version was read; and no
//! replica counts on a version that is closed. The count and the list of a closed request are final.
use super::{
    conditions,
    request::{CLOSED, RequestRecord},
    step::Step,
    writer_state::WriterState,
};
use serde_json::json;
use std::sync::Arc;

/// Reason and message of the condition.
const REASON: &str = "NextEpisode";
const MESSAGE: &str = "Signals are counted on the next RemediationRequest.";

/// Closes `ended`, unless it is closed; gives the closed version. `Err` ends the round: the next one reads it again,
/// and finds it counted on, closed by another replica, suppressing, active or gone.
pub(super) async fn close(writer: &mut WriterState, ended: Arc<RequestRecord>) -> Result<Arc<RequestRecord>, Step> {
    if ended.is_closed() {
        return Ok(ended);
    }
    let (shared, name, version) = (writer.shared.clone(), &ended.metadata.name, &ended.metadata.resource_version);
    if version.is_empty() {
        return Err(Step::unavailable(format!("{name} has no version, so it cannot be closed")));
    }
    let now = shared.context.clock.now();
    let body = json!({
        "metadata": {"uid": ended.metadata.uid, "resourceVersion": version},
        "status": {"conditions": conditions::store(ended.conditions(), (CLOSED, REASON), MESSAGE, now)},
    });
    match shared.calls.patch_status(name, body.to_string().into(), writer.batch.last_deadline()).await {
        Ok(closed) => {
            let closed = Arc::new(closed);
            shared.requests.learn(closed.clone());
            Ok(closed)
        }
        Err(error) if error.is_conflict() || error.is_not_found() => Err(Step::Again),
        // A wrong uid is 422 too: another object has the name now.
        Err(error) if error.is_final() && !error.is_invalid() => Err(Step::refused(&error)),
        Err(error) => Err(Step::retry(&error)),
    }
}
