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
    /// Create the request of `episode` under `lease`, which this writer holds, if that can still be issued before
    /// `issue_until`.
    Create { lease: Arc<LeaseRecord>, episode: u64, issue_until: Duration },
    /// The same under a `lease` that another acquisition holds, and whose request it has not created.
    CreateBeside { lease: Arc<LeaseRecord>, episode: u64, issue_until: Duration },
    /// Acquire the lease for `episode`, over the very version `base` or as a new one, then create the request.
    Acquire { base: Option<Arc<LeaseRecord>>, episode: u64 },
}

/// How long a lease must be unchanged before a writer that waits for it looks at what its holder was to create.
const UNCHANGED: Duration = Duration::from_secs(2);

/// The lease of a fingerprint as one round knows it.
#[derive(Debug)]
struct Found {
    lease: Arc<LeaseRecord>,
    /// Since when it is unchanged, on the monotonic clock.
    since: Duration,
    /// When the read that shows it was sent, on the monotonic clock; `None` if the cache shows it.
    asked: Option<Duration>,
}

/// Holder of a lease.
#[derive(Debug)]
enum Lock {
    /// This writer.
    Mine,
    /// No acquisition, or an expired one.
    Free,
    /// Another acquisition: until it changes, the round ends with this step.
    Held(Step),
    /// The lease is being deleted: the round ends with this step.
    Terminating(Step),
}

/// Finds the request that takes the batch, or decides under which lease and episode to create it.
pub(super) async fn plan(writer: &mut WriterState) -> Result<Plan, Step> {
    let Some(found) = find_lease(writer).await? else { return plan_first(writer).await };
    let (lease, since, asked) = (found.lease.clone(), found.since, found.asked);
    if let Some(other) = lease.fingerprint().filter(|fingerprint| *fingerprint != writer.fingerprint) {
        return Err(writer.collision(&lease.metadata.name, other));
    }
    let mine = writer.hold.is_on(&lease);
    let ours = episode::of_lease(&lease);
    let lock = if mine {
        writer.hold.confirm(lease.clone());
        Lock::Mine
    } else {
        writer.hold.lose();
        let state = lease.lock_state(since, writer.now());
        lock_of(writer, state, ours.is_some())
    };
    match (lock, ours) {
        (Lock::Held(step) | Lock::Terminating(step), None) => Err(step),
        (_, None) => consult_server(writer, Some(lease)).await,
        (Lock::Held(step), Some((episode, _))) if !is_worth_reading(writer, &found, episode) => {
            let stood = asked.is_none() && writer.now() >= since + UNCHANGED;
            writer.reread |= stood;
            Err(if stood { Step::Again } else { step })
        }
        (Lock::Terminating(step), Some(_)) if asked.is_none() => Err(step),
        (lock, Some(ours)) => plan_next(writer, found, ours, lock).await,
    }
}

/// Whether the request of `episode` should be read although another acquisition holds its lease.
///
/// A lock does not keep signals from a request that takes them, nor does it guard the creation of one that exists or
/// that its holder never creates. The cache shows the first two cases, unless the watch lags: so the request is read
/// whenever the caches are not trusted, too.
fn is_worth_reading(writer: &WriterState, found: &Found, episode: u64) -> bool {
    let name = names::request_name(&writer.fingerprint, &found.lease.metadata.uid, episode);
    found.asked.is_some() || writer.shared.requests.has(&name)
}

/// Decides what follows on `episode` of a lease that has this `lock`.
///
/// The lock keeps writers from racing for the creation of one request, and guards nothing else. Once that request has
/// ended, the lock of a holder that is gone is taken like a free one. As long as it was never created, it may be
/// created beside the holder: its name is the fence, and the holder's own create only loses.
async fn plan_next(
    writer: &mut WriterState,
    Found { lease, since, asked }: Found,
    (episode, seen): (u64, bool),
    lock: Lock,
) -> Result<Plan, Step> {
    let name = names::request_name(&writer.fingerprint, &lease.metadata.uid, episode);
    let request = match writer.read_request(&name).await {
        Ok(request) => request,
        Err(error) => {
            return Err(match lock {
                Lock::Mine | Lock::Free => Step::retry(&error),
                Lock::Held(step) | Lock::Terminating(step) => step,
            });
        }
    };
    let seen = match (seen, writer.hold.has_seen(&name)) {
        (true, _) => Sight::Recorded,
        (false, true) => Sight::Here,
        (false, false) => Sight::Never,
    };
    if matches!(lock, Lock::Mine) && request.is_some() {
        writer.hold.saw(&name);
    }
    let now = (writer.now(), writer.shared.context.clock.now());
    let decision = episode::next(episode, seen, request.as_deref(), since, now);
    if let (Episode::Begin(_), Some(ended), Lock::Mine | Lock::Free | Lock::Held(_)) = (decision, &request, &lock) {
        remember_predecessor(writer, ended).await?;
    }
    match (decision, request, lock) {
        (Episode::CountOn, Some(request), _) => Ok(Plan::Count(request)),
        (_, _, Lock::Terminating(step)) => Err(step),
        (Episode::Begin(next), Some(_), Lock::Held(_)) => Ok(Plan::Acquire { base: Some(lease), episode: next }),
        (Episode::Begin(next), None, Lock::Held(step)) => match asked {
            Some(asked) if next == episode && asked >= since + UNCHANGED => {
                Ok(Plan::CreateBeside { lease, episode, issue_until: issue_until(asked) })
            }
            _ => Err(step),
        },
        (_, _, Lock::Held(step)) => Err(step),
        (Episode::Begin(next), _, Lock::Mine) if next == episode => {
            Ok(Plan::Create { lease, episode, issue_until: writer.hold.issue_until() })
        }
        (Episode::Begin(next), _, _) => Ok(Plan::Acquire { base: Some(lease), episode: next }),
        (Episode::AwaitCooldown { until }, ..) if until >= writer.batch.last_deadline() => {
            Err(Step::unavailable(format!("{name} was deleted; a late create of it must be ruled out first")))
        }
        (Episode::AwaitCooldown { until }, ..) => Err(Step::Await { until: Some(until) }),
        (Episode::AwaitDeletion | Episode::CountOn, ..) => Err(Step::Await { until: None }),
    }
}

/// The lease as the cache knows it, or as a quorum read shows it if the cache is not to be trusted.
///
/// A first attempt without a known lease does not read either: the CREATE that follows commits only if there is no
/// lease, which proves more than an earlier read could. Where foreign programs are active the lease is read, because
/// they do not set the label that the watch selects by, and their lock is better waited for before the LIST than after
/// it.
async fn find_lease(writer: &mut WriterState) -> Result<Option<Found>, Step> {
    let name = names::lease_name(&writer.fingerprint);
    let known = writer.shared.leases.get(&name);
    let untried = writer.hold.acquisition().is_none() && !foreign_activity(writer);
    if !std::mem::take(&mut writer.reread) && (known.is_some() || untried) {
        return Ok(known.map(|Observed { lease, since }| Found { lease, since, asked: None }));
    }
    let asked = writer.now();
    match writer.shared.calls.get_lease(&name, writer.batch.last_deadline()).await {
        Ok(lease) => {
            if writer.hold.is_on(&lease) {
                writer.hold.extend_issue(issue_until(asked));
            }
            if lease.episode().is_none() {
                writer.shared.requests.note_foreign();
            }
            if let Some(known) = known.filter(|known| known.lease.metadata.uid != lease.metadata.uid) {
                writer.shared.leases.forget(&name, &known.lease.metadata.uid);
            }
            let Observed { lease, since } = writer.shared.leases.learn(lease);
            Ok(Some(Found { lease, since, asked: Some(asked) }))
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

/// Who holds a lease in this state that does not name this writer.
fn lock_of(writer: &mut WriterState, state: LockState, ours: bool) -> Lock {
    match state {
        LockState::Free | LockState::Expired => Lock::Free,
        LockState::Held { until } if ours => {
            writer.note_contention();
            Lock::Held(Step::Await { until: Some(until) })
        }
        LockState::Terminating if ours => Lock::Terminating(Step::Await { until: None }),
        // The watch selects by a label that foreign programs do not set, so it will not show when this lock changes.
        LockState::Held { .. } | LockState::Terminating => {
            writer.reread = true;
            writer.note_contention();
            Lock::Held(Step::Retry { why: "another program holds the lock".to_owned(), retry_after: None })
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
