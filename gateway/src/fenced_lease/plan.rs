//! Decides how an episode begins or continues: reads the lease and its episode's request from the API server, and
//! writes to neither.
//!
//! Every function here gives `Err` to end the round early with that step; it is an early exit, not a failure.
use super::{
    closing::close,
    episode::{self, Episode, Sight, issue_until},
    lease::{LeaseRecord, LockState},
    leases::Observed,
    names,
    redelivery::remember_predecessor,
    request::{RequestRecord, RequestState, classify, last_to_suppress},
    step::Step,
    writer_state::WriterState,
};
use std::{sync::Arc, time::Duration};

/// What a round is going to do for its batch.
#[derive(Debug)]
pub(super) enum Plan {
    /// Count it on this request, which takes signals.
    Count(Arc<RequestRecord>),
    /// Create the request of `episode` under `lease`, if that can still be issued before `issue_until`.
    Create { lease: Arc<LeaseRecord>, episode: u64, issue_until: Duration },
    /// Acquire the lease for `episode`, over the very version `base` or as a new one, then create the request.
    Acquire { base: Option<Arc<LeaseRecord>>, episode: u64 },
}

/// Finds the request that takes the batch, or decides under which lease and episode to create it.
pub(super) async fn plan(writer: &mut WriterState) -> Result<Plan, Step> {
    let reread = writer.reread;
    let Some(Observed { lease, since }) = find_lease(writer).await? else { return plan_first(writer).await };
    if let Some(other) = lease.fingerprint().filter(|fingerprint| *fingerprint != writer.fingerprint) {
        return Err(writer.collision(&lease.metadata.name, other));
    }
    let mine = writer.hold.is_on(&lease);
    let ours = episode::of_lease(&lease);
    let blocked = if mine {
        writer.hold.confirm(lease.clone());
        None
    } else {
        writer.hold.lose();
        let state = lease.lock_state(since, writer.now());
        blocked_by(writer, state, ours.is_some())
    };
    // A lock that another writer holds does not keep signals from a request that exists. The cache shows that request,
    // unless the watch lags: so it is read whenever the caches are not trusted.
    if let Some(step) = blocked {
        let request = match ours {
            Some((episode, _)) if reread => read_counting(writer, &lease, episode).await,
            _ => None,
        };
        return request.map(Plan::Count).ok_or(step);
    }
    let Some((episode, seen)) = ours else { return consult_server(writer, Some(lease)).await };
    plan_next(writer, lease, since, (episode, seen), mine).await
}

/// The request of `episode` while another writer holds its `lease`; `None` if it does not take signals.
async fn read_counting(writer: &mut WriterState, lease: &LeaseRecord, episode: u64) -> Option<Arc<RequestRecord>> {
    let name = names::request_name(&writer.fingerprint, &lease.metadata.uid, episode);
    let request = writer.read_request(&name).await.ok()??;
    match classify(std::iter::once(&request), writer.shared.context.clock.now()) {
        RequestState::CountOn(request) => Some(request),
        RequestState::Terminating(_) | RequestState::Clear => None,
    }
}

/// Decides what follows on `episode` of a `lease` that is free to take, or held by this writer already (`mine`).
async fn plan_next(
    writer: &mut WriterState,
    lease: Arc<LeaseRecord>,
    since: Duration,
    (episode, seen): (u64, bool),
    mine: bool,
) -> Result<Plan, Step> {
    let name = names::request_name(&writer.fingerprint, &lease.metadata.uid, episode);
    let request = writer.read_request(&name).await.map_err(|error| Step::retry(&error))?;
    let seen = match (seen, writer.hold.has_seen(&name)) {
        (true, _) => Sight::Recorded,
        (false, true) => Sight::Here,
        (false, false) => Sight::Never,
    };
    if mine && request.is_some() {
        writer.hold.saw(&name);
    }
    let now = (writer.now(), writer.shared.context.clock.now());
    let decision = episode::next(episode, seen, request.as_deref(), since, now);
    if let (Episode::Begin(_), Some(ended)) = (decision, &request) {
        remember_predecessor(writer, ended).await?;
    }
    match (decision, request) {
        (Episode::CountOn, Some(request)) => Ok(Plan::Count(request)),
        (Episode::Begin(next), _) if mine && next == episode => {
            Ok(Plan::Create { lease, episode, issue_until: writer.hold.issue_until() })
        }
        (Episode::Begin(next), _) => Ok(Plan::Acquire { base: Some(lease), episode: next }),
        (Episode::AwaitCooldown { until }, _) if until >= writer.batch.last_deadline() => {
            Err(Step::unavailable(format!("{name} was deleted; a late create of it must be ruled out first")))
        }
        (Episode::AwaitCooldown { until }, _) => Err(Step::Await { until: Some(until) }),
        (Episode::AwaitDeletion | Episode::CountOn, _) => Err(Step::Await { until: None }),
    }
}

/// The lease as the cache knows it, or as a quorum read shows it if the cache is not to be trusted.
///
/// A first attempt without a known lease does not read either: the CREATE that follows commits only if there is no
/// lease, which proves more than an earlier read could. Where foreign programs are active the lease is read, because
/// they do not set the label that the watch selects by, and their lock is better waited for before the LIST than after
/// it.
async fn find_lease(writer: &mut WriterState) -> Result<Option<Observed>, Step> {
    let name = names::lease_name(&writer.fingerprint);
    let known = writer.shared.leases.get(&name);
    let untried = writer.hold.acquisition().is_none() && !foreign_activity(writer);
    if !std::mem::take(&mut writer.reread) && (known.is_some() || untried) {
        return Ok(known);
    }
    let sent = writer.now();
    match writer.shared.calls.get_lease(&name, writer.batch.last_deadline()).await {
        Ok(lease) => {
            if writer.hold.is_on(&lease) {
                writer.hold.extend_issue(issue_until(sent));
            }
            if lease.episode().is_none() {
                writer.shared.requests.note_foreign();
            }
            if let Some(known) = known.filter(|known| known.lease.metadata.uid != lease.metadata.uid) {
                writer.shared.leases.forget(&name, &known.lease.metadata.uid);
            }
            Ok(Some(writer.shared.leases.learn(lease)))
        }
        Err(error) if error.is_not_found() => {
            if let Some(known) = known {
                writer.shared.leases.forget(&name, &known.lease.metadata.uid);
                writer.lease_vanished = true;
            }
            writer.hold.lose();
            Ok(None)
        }
        Err(error) => {
            writer.reread = true;
            Err(writer.lock_error(&error))
        }
    }
}

/// How the round ends if a lock in this state must be waited for; `None` if it may be taken.
fn blocked_by(writer: &mut WriterState, state: LockState, ours: bool) -> Option<Step> {
    match state {
        LockState::Free | LockState::Expired => None,
        LockState::Held { until } if ours => Some(Step::Await { until: Some(until) }),
        LockState::Terminating if ours => Some(Step::Await { until: None }),
        // The watch selects by a label that foreign programs do not set, so it will not show when this lock changes.
        LockState::Held { .. } | LockState::Terminating => {
            writer.reread = true;
            Some(Step::Retry { why: "another program holds the lock".to_owned(), retry_after: None })
        }
    }
}

/// Plans the first episode of a fingerprint without a lease.
///
/// A lease outlives its requests. So without a lease no request of this protocol is active, unless foreign programs,
/// which delete leases, are active.
async fn plan_first(writer: &mut WriterState) -> Result<Plan, Step> {
    if foreign_activity(writer) {
        return consult_server(writer, None).await;
    }
    let episode = writer.shared.requests.highest_episode(&writer.fingerprint) + 1;
    Ok(Plan::Acquire { base: None, episode })
}

/// Whether another program deletes leases here, or writes leases or requests that are not of this protocol.
fn foreign_activity(writer: &WriterState) -> bool {
    writer.lease_vanished || writer.shared.requests.foreign_seen() || writer.shared.leases.disturbed()
}

/// Lists the requests of the fingerprint: foreign programs may have created some, or deleted the lease of one of ours.
async fn consult_server(writer: &mut WriterState, base: Option<Arc<LeaseRecord>>) -> Result<Plan, Step> {
    let listed = writer.shared.list_of(&writer.fingerprint, writer.batch.last_deadline()).await;
    let requests: Vec<Arc<RequestRecord>> =
        listed.map_err(|error| Step::retry(&error))?.into_iter().map(Arc::new).collect();
    let mut highest = writer.shared.requests.highest_episode(&writer.fingerprint);
    for request in &requests {
        writer.shared.requests.learn(request.clone());
        highest = highest.max(names::episode_of_request(&request.metadata.name, &writer.fingerprint).unwrap_or(0));
    }
    match classify(requests.iter(), writer.shared.context.clock.now()) {
        RequestState::CountOn(request) => Ok(Plan::Count(request)),
        RequestState::Terminating(_) => Err(Step::Await { until: None }),
        RequestState::Clear => {
            if let Some(ended) = last_to_suppress(requests.iter()) {
                close(writer, ended.clone()).await?;
            }
            Ok(Plan::Acquire { base, episode: highest + 1 })
        }
    }
}
