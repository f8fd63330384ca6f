//! Beginning an episode: the lease, then the request whose name it fences.
//!
//! Nothing here is safe because the lease is held. The lease keeps fingerprints from racing and remembers the episode; that no
//! two requests of one fingerprint are active rests on the request's name, on every change of the episode being a
//! compare-and-set of the lease, and on each being preceded by a quorum read of the episode before.
use super::{
    call::CallError,
    episode::{self, Episode},
    lease::{LeaseRecord, Stance},
    leases::Observed,
    names,
    request::{ACQUISITION, LOCK_NAMESPACE, RequestRecord, Standing, standing},
    writer::{Step, Writer},
};
use crate::api;
use bytes::Bytes;
use kube::api::ListParams;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

impl Writer {
    /// Finds the request that takes the batch, or makes it. Both arms are what the round came to; `Err` only ends it early.
    pub(super) async fn begin(&mut self) -> Result<Step, Step> {
        let reread = self.reread;
        let Some(Observed { lease, since }) = self.find_lease().await? else { return self.begin_first().await };
        if let Some(other) = lease.fingerprint().filter(|fingerprint| *fingerprint != self.fingerprint) {
            return Err(self.collision(&lease.metadata.name, other));
        }
        let mine = lease.holder().is_some() && lease.holder() == self.acquisition.as_deref();
        let ours = episode::of_lease(&lease);
        let blocked = if mine {
            self.held = Some(lease.clone());
            None
        } else {
            self.lose_hold();
            self.blocked_by(lease.stance(since, self.now()), ours.is_some())
        };
        // A lock in other hands does not keep signals from a request that stands. The cache shows that request, unless the
        // watch lags: so it is looked for whenever the caches are not trusted.
        if let Some(step) = blocked {
            return match ours {
                Some((episode, _)) if reread => self.count_beside(&lease, episode).await.unwrap_or(Err(step)),
                _ => Err(step),
            };
        }
        let Some((episode, seen)) = ours else {
            let next = self.consult_others().await?;
            return self.take_and_create(Some(&lease), next).await;
        };
        self.follow_on(&lease, since, episode, seen, mine).await
    }

    /// Counts on the request of `episode` while somebody else holds its `lease`; `None` when it does not take signals.
    async fn count_beside(&mut self, lease: &LeaseRecord, episode: u64) -> Option<Result<Step, Step>> {
        let name = names::request_name(&self.fingerprint, &lease.metadata.uid, episode);
        let request = self.read_request(&name).await.ok()??;
        let standing = standing(std::iter::once(&request), self.once.context.clock.now());
        if let Standing::CountOn(request) = standing { Some(Ok(self.count(request).await)) } else { None }
    }

    /// Goes on from `episode` of a `lease` that is free to take, or in hand already.
    async fn follow_on(
        &mut self,
        lease: &Arc<LeaseRecord>,
        since: Duration,
        episode: u64,
        seen: bool,
        mine: bool,
    ) -> Result<Step, Step> {
        let name = names::request_name(&self.fingerprint, &lease.metadata.uid, episode);
        let request = self.read_request(&name).await.map_err(|error| Step::retry(&error))?;
        let seen = seen || self.seen.as_deref() == Some(&name);
        if mine && request.is_some() {
            self.seen = Some(name.clone());
        }
        let now = (self.now(), self.once.context.clock.now());
        let decision = episode::next(episode, seen, request.as_deref(), since, now);
        if let (Episode::Begin(_), Some(ended)) = (decision, &request) {
            self.leave_behind(ended).await?;
        }
        match (decision, request) {
            (Episode::CountOn, Some(request)) => Ok(self.count(request).await),
            (Episode::Begin(next), _) if mine && next == episode => self.create(lease, episode).await,
            (Episode::Begin(next), _) => self.take_and_create(Some(lease), next).await,
            (Episode::AwaitStanding { until }, _) if until >= self.batch.last_deadline() => {
                Err(Step::unavailable(format!("{name} was deleted; a late create of it must be ruled out first")))
            }
            (Episode::AwaitStanding { until }, _) => Err(Step::Await { until: Some(until) }),
            (Episode::AwaitDeletion | Episode::CountOn, _) => Err(Step::Await { until: None }),
        }
    }

    /// The lease as it is known, or as it is where what is known is not to be trusted.
    ///
    /// Where none is known and nothing was tried yet, none is read either: the CREATE that follows commits only if there is
    /// none, which is more than a read before it could tell. Where others are about it is read, as they set no label by which
    /// the watch would show theirs, and a lock of theirs is better waited for before the LIST than after it.
    async fn find_lease(&mut self) -> Result<Option<Observed>, Step> {
        let name = names::lease_name(&self.fingerprint);
        let known = self.once.leases.get(&name);
        let untried = self.acquisition.is_none() && !self.others_about();
        if !std::mem::take(&mut self.reread) && (known.is_some() || untried) {
            return Ok(known);
        }
        match self.once.calls.get_lease(&name, self.batch.last_deadline()).await {
            Ok(lease) => {
                if lease.episode().is_none() {
                    self.once.requests.note_foreign();
                }
                if let Some(known) = known.filter(|known| known.lease.metadata.uid != lease.metadata.uid) {
                    self.once.leases.forget(&name, &known.lease.metadata.uid);
                }
                Ok(Some(self.once.leases.learn(lease)))
            }
            Err(error) if error.is_not_found() => {
                if let Some(known) = known {
                    self.once.leases.forget(&name, &known.lease.metadata.uid);
                    self.vanished = true;
                }
                self.lose_hold();
                Ok(None)
            }
            Err(error) => {
                self.reread = true;
                Err(self.lock_error(&error))
            }
        }
    }

    fn blocked_by(&mut self, stance: Stance, ours: bool) -> Option<Step> {
        match stance {
            Stance::Free | Stance::Expired => None,
            Stance::Held { until } if ours => Some(Step::Await { until: Some(until) }),
            Stance::Terminating if ours => Some(Step::Await { until: None }),
            // The watch selects by a label that others do not set: it will not tell when this one changes.
            Stance::Held { .. } | Stance::Terminating => {
                self.reread = true;
                Some(Step::Retry { why: "another program holds the lock".to_owned(), retry_after: None })
            }
        }
    }

    /// There is no lease, so there is no request of this protocol either, for a lease outlives its requests: unless there
    /// are others about, who delete leases that are not theirs.
    async fn begin_first(&mut self) -> Result<Step, Step> {
        let others = self.others_about();
        let next = if others {
            self.consult_others().await?
        } else {
            self.once.requests.highest_episode(&self.fingerprint) + 1
        };
        self.take_and_create(None, next).await
    }

    /// Whether somebody deletes leases here, or writes any, that is not of this protocol.
    fn others_about(&self) -> bool {
        self.vanished || self.once.requests.foreign_about() || self.once.leases.disturbed()
    }

    async fn take_and_create(&mut self, lease: Option<&LeaseRecord>, next: u64) -> Result<Step, Step> {
        let lease = self.acquire(lease, next).await?;
        // While the lease was written, the watch may have shown what others made meanwhile.
        match self.once.requests.standing(&self.fingerprint, self.once.context.clock.now()) {
            Standing::Clear => self.create(&lease, next).await,
            Standing::CountOn(_) | Standing::Terminating(_) => Err(Step::Again),
        }
    }

    /// Looks for requests that others made, or this protocol under a lease that others deleted; gives the next episode.
    async fn consult_others(&mut self) -> Result<u64, Step> {
        let requests = self.once.list_of(&self.fingerprint, self.batch.last_deadline()).await;
        let requests: Vec<Arc<RequestRecord>> =
            requests.map_err(|error| Step::retry(&error))?.into_iter().map(Arc::new).collect();
        let mut highest = self.once.requests.highest_episode(&self.fingerprint);
        for request in &requests {
            self.once.requests.learn(request.clone());
            highest = highest.max(names::episode_of_request(&request.metadata.name, &self.fingerprint).unwrap_or(0));
        }
        match standing(requests.iter(), self.once.context.clock.now()) {
            Standing::CountOn(request) => Err(self.count(request).await),
            Standing::Terminating(_) => Err(Step::Await { until: None }),
            Standing::Clear => Ok(highest + 1),
        }
    }

    /// Writes the lease in this writer's name: a new one, or over the very version of `base`.
    async fn acquire(&mut self, base: Option<&LeaseRecord>, episode: u64) -> Result<Arc<LeaseRecord>, Step> {
        let once = self.once.clone();
        let holder = self.acquisition.get_or_insert_with(|| once.name_acquisition()).clone();
        let (now, deadline) = (once.context.clock.now(), self.batch.last_deadline());
        let answer = match base {
            None => {
                let lease = LeaseRecord::first(&self.fingerprint, episode, &holder, now);
                once.calls.create_lease(&lease, deadline).await
            }
            Some(base) => {
                once.calls.replace_lease(&base.taken(&self.fingerprint, episode, &holder, now), deadline).await
            }
        };
        match answer {
            Ok(lease) => {
                if base.and_then(LeaseRecord::holder).is_some_and(|previous| previous != holder) {
                    once.context.metrics.lock_takeovers.inc();
                }
                let lease = Arc::new(lease);
                once.leases.learn(lease.clone());
                self.held = Some(lease.clone());
                (self.unresolved, self.vanished) = (false, false);
                Ok(lease)
            }
            Err(error) => Err(self.not_acquired(&error, base.is_some())),
        }
    }

    fn not_acquired(&mut self, error: &CallError, replacing: bool) -> Step {
        self.reread = true;
        self.unresolved |= error.is_ambiguous();
        // If the read that follows does not find what was in the way, somebody deleted it while it was in use.
        self.vanished |= !replacing && error.is_already_exists();
        // A PUT that loses against a create is 422, not 409. The conflict may also be with an earlier write of this very
        // acquisition: the next round will read whose the lease is.
        if error.is_conflict() || (replacing && error.is_invalid()) {
            self.once.context.metrics.lock_conflicts.inc();
            return Step::Again;
        }
        self.lock_error(error)
    }

    fn lock_error(&self, error: &CallError) -> Step {
        if error.is_ambiguous() || error.is_throttled() {
            return Step::retry(error);
        }
        self.once.context.metrics.lock_acquisition_failures.inc();
        Step::refused(error)
    }

    /// Makes the request of `episode`, and counts on it.
    async fn create(&mut self, lease: &LeaseRecord, episode: u64) -> Result<Step, Step> {
        let Some(signal) = self.batch.first_signal() else { return Err(Step::Again) };
        let once = self.once.clone();
        let name = names::request_name(&self.fingerprint, &lease.metadata.uid, episode);
        let mut request = api::new_request(&signal, &name, &once.context.namespace);
        let annotations = request.metadata.annotations.get_or_insert_default();
        annotations.insert(LOCK_NAMESPACE.to_owned(), once.context.lock_namespace.clone());
        annotations.extend(self.acquisition.iter().map(|holder| (ACQUISITION.to_owned(), holder.clone())));
        let body = serde_json::to_vec(&request).expect("a request has only string keys");
        match once.calls.create_request(Bytes::from(body), self.batch.last_deadline()).await {
            Ok(request) => {
                self.seen = Some(name);
                let request = Arc::new(request);
                once.requests.learn(request.clone());
                Ok(self.count(request).await)
            }
            // The next round reads the request of this episode, and finds whether it is this one.
            Err(error) if error.is_already_exists() => {
                self.seen = Some(name);
                Err(Step::Again)
            }
            Err(error) if error.is_ambiguous() || error.is_throttled() || error.is_conflict() => {
                Err(Step::retry(&error))
            }
            Err(error) => Err(Step::refused(&error)),
        }
    }

    /// What was in hand is somebody else's now: another acquisition gets another name.
    fn lose_hold(&mut self) {
        if self.held.take().is_some() {
            (self.acquisition, self.seen) = (None, None);
        }
    }

    /// `object` belongs to `other`, a fingerprint that shares the digits in its name.
    pub(super) fn collision(&self, object: &str, other: &str) -> Step {
        self.once.context.metrics.fingerprint_collisions.inc();
        tracing::error!(
            object,
            fingerprint = self.fingerprint,
            other,
            "two fingerprints share a name; signals are refused"
        );
        Step::unavailable(format!("{object} belongs to another fingerprint that shares its first digits"))
    }
}

impl super::Once {
    /// A consistent LIST of the requests of `fingerprint`.
    pub(super) async fn list_of(&self, fingerprint: &str, deadline: Duration) -> Result<Vec<RequestRecord>, CallError> {
        let path = self.calls.requests_path();
        if !self.unselectable.load(Ordering::Relaxed) {
            let selector = ListParams::default().fields(&format!("spec.signalFingerprint={fingerprint}"));
            match self.calls.list(path, &selector, deadline).await {
                Ok(list) => return Ok(list.items),
                Err(error) if error.is_unknown_selector() => self.unselectable.store(true, Ordering::Relaxed),
                Err(error) => return Err(error),
            }
        }
        let mut all = self.calls.list::<RequestRecord>(path, &ListParams::default(), deadline).await?.items;
        all.retain(|request| request.spec.signal_fingerprint == fingerprint);
        Ok(all)
    }
}
