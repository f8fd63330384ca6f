//! Answers redeliveries: a delivery whose key was counted before gets the answer of that count.
//!
//! Once the request that is about to take the batch has a list of keys, that list is complete for its window. If it has
//! none yet, its first list begins with the last list of the previous episodes. A list is handed on only by a closed
//! request, so it can no longer change, whatever becomes of that request. The count's compare-and-set then ensures that
//! the list of the request itself was the latest. A foreign request has no predecessor.
use super::{
    closing::close,
    deliveries::{Deliveries, Occurrence},
    names,
    request::RequestRecord,
    step::Step,
    writer_state::WriterState,
};
use crate::protocol::{Accepted, Disposition};
use jiff::Timestamp;
use std::sync::Arc;

/// How many previous episodes are searched for a list: where senders seldom use keys, most episodes have none.
const LISTLESS_MAX: u64 = 8;

/// Answers the members that `target` or a previous episode counted already.
///
/// Gives the list that the remaining keys are added to, and `None` if no member has a key. `Err` ends the round:
/// nothing is left to count, or a read failed.
pub(super) async fn answer_redeliveries(
    writer: &mut WriterState,
    target: &RequestRecord,
) -> Result<Option<Deliveries>, Step> {
    if !writer.batch.has_keys() {
        return Ok(None);
    }
    let known = match Deliveries::find(target.conditions()) {
        Some(known) => known,
        None => inherited(writer, target).await?,
    };
    answer_counted(writer, target, &known)?;
    Ok(Some(known).filter(|_| writer.batch.has_keys()))
}

/// Answers the members that `ended` or a previous episode counted, and keeps `ended` as the predecessor of the next
/// request, closed if another replica may still count on it, or if its list will be handed on.
pub(super) async fn remember_predecessor(writer: &mut WriterState, ended: &Arc<RequestRecord>) -> Result<(), Step> {
    if writer.batch.has_keys() {
        let known = match Deliveries::find(ended.conditions()) {
            Some(known) => known,
            None => inherited(writer, ended).await?,
        };
        answer_counted(writer, ended, &known)?;
    }
    let hands_on = writer.batch.has_keys();
    let ended = if hands_on || ended.may_suppress() { close(writer, ended.clone()).await? } else { ended.clone() };
    writer.predecessor = Some(ended);
    Ok(())
}

/// The list that `target` inherits: that of the latest previous episode with a list. An episode has none if it counted
/// no delivery with a key.
async fn inherited(writer: &mut WriterState, target: &RequestRecord) -> Result<Deliveries, Step> {
    let episode = names::episode_of_request(&target.metadata.name, &writer.fingerprint).unwrap_or_default();
    let earliest = episode.saturating_sub(LISTLESS_MAX).max(1);
    for before in (earliest..episode).rev() {
        let name = names::of_episode(&target.metadata.name, before);
        // One that was deleted takes its own list along, and not those before it.
        let Some(predecessor) = read_predecessor(writer, &name).await? else { continue };
        if let Some(list) = Deliveries::find(predecessor.conditions()) {
            return Ok(list.inherited_from(before));
        }
    }
    Ok(Deliveries::default())
}

/// The request called `name`, closed if it has ended; read at most once for a batch.
async fn read_predecessor(writer: &mut WriterState, name: &str) -> Result<Option<Arc<RequestRecord>>, Step> {
    let known = writer.predecessor.clone().filter(|known| known.metadata.name == name);
    let read = match known {
        Some(known) => Some(known),
        None => writer.read_request(name).await.map_err(|error| Step::retry(&error))?,
    };
    // One that was set back to active after its successor began takes counts, and cannot be closed.
    let closed = match read {
        Some(ended) if !ended.is_active() => Some(close(writer, ended).await?),
        active_or_absent => active_or_absent,
    };
    writer.predecessor.clone_from(&closed);
    Ok(closed)
}

/// Answers the members whose keys are in `known`, the list of `holder`.
fn answer_counted(writer: &mut WriterState, holder: &RequestRecord, known: &Deliveries) -> Result<(), Step> {
    let shared = writer.shared.clone();
    let answer = |occurrence: Occurrence| {
        let name = occurrence
            .episode
            .map_or_else(|| holder.metadata.name.clone(), |episode| names::of_episode(&holder.metadata.name, episode));
        let cached = occurrence.episode.and_then(|_| shared.requests.get(&name));
        let record = cached.as_deref().unwrap_or(holder);
        // Only requests of this protocol have episodes.
        let ours = occurrence.episode.is_some() || holder.metadata.annotations.acquisition.is_some();
        Accepted {
            disposition: if ours && occurrence.count == 1 { Disposition::Created } else { Disposition::Duplicate },
            name,
            namespace: shared.context.namespace.clone(),
            count: occurrence.count,
            first_seen: record.first_seen().unwrap_or(Timestamp::UNIX_EPOCH),
            last_seen: record.last_seen().unwrap_or(Timestamp::UNIX_EPOCH),
        }
    };
    let answered = writer.batch.accept_counted(|key| known.find_key(key).map(answer));
    shared.context.metrics.redeliveries.inc_by(answered);
    if writer.batch.is_empty() { Err(Step::Done) } else { Ok(()) }
}
