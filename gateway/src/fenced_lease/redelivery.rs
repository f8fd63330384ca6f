//! Telling redeliveries: what a delivery with a key was counted as, if it was.
//!
//! The list of the request that is about to take the batch is complete for its window once it is there; where it is not, it is
//! begun with the last list of the episodes before, by quorum reads of what was not read just now. The count's compare-and-set then
//! makes sure that the list was the latest. A request of somebody else's has no predecessor.
use super::{
    deliveries::{Deliveries, Occurrence},
    names,
    request::RequestRecord,
    writer::{Step, Writer},
};
use crate::protocol::{Accepted, Disposition};
use jiff::Timestamp;
use std::sync::Arc;

/// Episodes that are looked at for a list: where senders seldom use keys, most have none.
const LISTLESS_MAX: u64 = 8;

impl Writer {
    /// Answers the members that `target`, or the episode before it, counted already; gives the list that the others are added
    /// to, and `None` where no member has a key. `Err` when there is nothing left to do, or too little is known.
    pub(super) async fn tell_redeliveries(&mut self, target: &RequestRecord) -> Result<Option<Deliveries>, Step> {
        if !self.batch.has_keys() {
            return Ok(None);
        }
        let known = match Deliveries::find(target.conditions()) {
            Some(known) => known,
            None => self.inherited(target).await?,
        };
        self.answer_redeliveries(target, &known)?;
        Ok(Some(known).filter(|_| self.batch.has_keys()))
    }

    /// The same for a request that has `ended`, before the next one is begun.
    pub(super) async fn leave_behind(&mut self, ended: &Arc<RequestRecord>) -> Result<(), Step> {
        if self.batch.has_keys() {
            let known = match Deliveries::find(ended.conditions()) {
                Some(known) => known,
                None => self.inherited(ended).await?,
            };
            self.answer_redeliveries(ended, &known)?;
        }
        self.predecessor = Some(ended.clone());
        Ok(())
    }

    /// What `target` was left by the episodes before it: the list of the last of them that has one. One in which no delivery
    /// with a key was counted, or none at all, has none.
    async fn inherited(&mut self, target: &RequestRecord) -> Result<Deliveries, Step> {
        let episode = names::episode_of_request(&target.metadata.name, &self.fingerprint).unwrap_or_default();
        let earliest = episode.saturating_sub(LISTLESS_MAX).max(1);
        for before in (earliest..episode).rev() {
            let name = names::of_episode(&target.metadata.name, before);
            let Some(predecessor) = self.read_predecessor(&name).await? else { break };
            if let Some(list) = Deliveries::find(predecessor.conditions()) {
                return Ok(list.handed_on(before));
            }
        }
        Ok(Deliveries::default())
    }

    /// The request called `name`, which has ended: read once for a batch.
    async fn read_predecessor(&mut self, name: &str) -> Result<Option<Arc<RequestRecord>>, Step> {
        if let Some(known) = self.predecessor.as_ref().filter(|known| known.metadata.name == name) {
            return Ok(Some(known.clone()));
        }
        let read = self.read_request(name).await.map_err(|error| Step::retry(&error))?;
        self.predecessor.clone_from(&read);
        Ok(read)
    }

    fn answer_redeliveries(&mut self, holder: &RequestRecord, known: &Deliveries) -> Result<(), Step> {
        let once = self.once.clone();
        let answer = |occurrence: Occurrence| {
            let name = occurrence.episode.map_or_else(
                || holder.metadata.name.clone(),
                |episode| names::of_episode(&holder.metadata.name, episode),
            );
            let cached = occurrence.episode.and_then(|_| once.requests.get(&name));
            let record = cached.as_deref().unwrap_or(holder);
            // Only requests of this protocol have episodes.
            let ours = occurrence.episode.is_some() || holder.metadata.annotations.acquisition.is_some();
            Accepted {
                disposition: if ours && occurrence.count == 1 { Disposition::Created } else { Disposition::Duplicate },
                name,
                namespace: once.context.namespace.clone(),
                count: occurrence.count,
                first_seen: record.first_seen().unwrap_or(Timestamp::UNIX_EPOCH),
                last_seen: record.last_seen().unwrap_or(Timestamp::UNIX_EPOCH),
            }
        };
        let answered = self.batch.accept_counted(|key| known.find_key(key).map(answer));
        once.context.metrics.redeliveries.inc_by(answered);
        if self.batch.is_empty() { Err(Step::Done) } else { Ok(()) }
    }
}
