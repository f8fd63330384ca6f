//! What the last calls of each kind said about whether a signal would be stored.
//!
//! A signal needs several kinds of calls. An answer counts as evidence for all calls of its kind, or only for its own
//! object:
//! - a refusal that any call of the kind would get (401; 403 of RBAC, quota or a namespace that is going; 404 of the
//!   collection; 405 of a definition that is going) shows at once that no signal would be stored;
//! - a call without an answer, or with a 5xx, may be a blip: it shows so once no call of the kind has succeeded for ten
//!   seconds, so that a short outage of the API server does not take every replica out of service;
//! - any other answer shows that calls of the kind work, refusals of one object (409, 422, a webhook's) included.
use super::call_error::{CallError, is_of_path};
use crate::clock::SharedClock;
use http::Method;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long calls of a kind must have failed without an answer until that counts, and how many of them.
const OUTAGE: Duration = Duration::from_secs(10);
const OUTAGE_TIMES: u32 = 3;
/// Least pause between two rounds of which the first failed; doubles up to the longest, plus up to half of it.
const PAUSE_FIRST: Duration = Duration::from_secs(2);
const PAUSE_LONGEST: Duration = Duration::from_secs(8);

/// A kind of calls to the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallKind {
    ListRequests,
    WatchRequests,
    ListLeases,
    WatchLeases,
    GetRequest,
    CreateRequest,
    PatchStatus,
    GetLease,
    CreateLease,
    ReplaceLease,
}

use CallKind::{
    CreateLease, CreateRequest, GetLease, GetRequest, ListLeases, ListRequests, PatchStatus, ReplaceLease, WatchLeases,
    WatchRequests,
};

impl CallKind {
    /// Every kind, each at its own index.
    const ALL: [Self; 10] = [
        ListRequests,
        WatchRequests,
        ListLeases,
        WatchLeases,
        GetRequest,
        CreateRequest,
        PatchStatus,
        GetLease,
        CreateLease,
        ReplaceLease,
    ];
    /// The kinds that are tried: the others are repeated all the time.
    pub(super) const TRIED: [Self; 6] = [GetRequest, CreateRequest, PatchStatus, GetLease, CreateLease, ReplaceLease];

    /// The kind of a call, given the paths of the two collections; `None` for one that storing a signal does not need.
    pub(super) fn of(method: &Method, path: &str, requests: &str, leases: &str) -> Option<Self> {
        let below = |collection: &str| path.strip_prefix(collection).map(str::is_empty);
        match (method.as_str(), below(requests), below(leases)) {
            ("GET", Some(true), _) => Some(ListRequests),
            ("GET", Some(false), _) => Some(GetRequest),
            ("POST", Some(_), _) => Some(CreateRequest),
            ("PATCH", Some(_), _) => Some(PatchStatus),
            ("GET", _, Some(true)) => Some(ListLeases),
            ("GET", _, Some(false)) => Some(GetLease),
            ("POST", _, Some(_)) => Some(CreateLease),
            ("PUT", _, Some(_)) => Some(ReplaceLease),
            _ => None,
        }
    }

    /// What RBAC and an operator call it.
    fn words(self) -> &'static str {
        match self {
            ListRequests => "list remediationrequests",
            WatchRequests => "watch remediationrequests",
            ListLeases => "list leases",
            WatchLeases => "watch leases",
            GetRequest => "get remediationrequests",
            CreateRequest => "create remediationrequests",
            PatchStatus => "patch remediationrequests/status",
            GetLease => "get leases",
            CreateLease => "create leases",
            ReplaceLease => "update leases",
        }
    }

    /// Whether a call of this kind is about the collection and not about one object, so that a 404 is about it too.
    fn is_of_collection(self) -> bool {
        matches!(self, ListRequests | WatchRequests | ListLeases | WatchLeases | CreateRequest | CreateLease)
    }
}

/// The evidence of one replica.
pub(super) struct Evidence {
    clock: SharedClock,
    kinds: Mutex<[Known; CallKind::ALL.len()]>,
}

/// State of one kind of calls.
#[derive(Debug, Default)]
struct Known {
    /// When a call of it last worked, on the monotonic clock.
    worked: Option<Duration>,
    failing: Option<Failing>,
}

/// Calls of a kind have failed since the last one that worked.
#[derive(Debug)]
struct Failing {
    since: Duration,
    times: u32,
    /// Whether the last one was refused as any call of its kind would be.
    refused: bool,
    why: String,
}

/// Meaning of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    Works,
    Refused,
    Unanswered,
    Nothing,
}

impl Evidence {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self { clock, kinds: Mutex::default() }
    }

    /// Takes in the answer to a call.
    pub(super) fn note<T>(&self, kind: CallKind, answer: &Result<T, CallError>) {
        let now = self.clock.monotonic();
        let mut kinds = self.lock();
        let known = &mut kinds[kind as usize];
        let shows = answer.as_ref().map_or_else(|error| shown_by(kind, error), |_| Shows::Works);
        match shows {
            Shows::Works => *known = Known { worked: Some(now), failing: None },
            Shows::Nothing => {}
            Shows::Refused | Shows::Unanswered => {
                let why = answer.as_ref().err().map(ToString::to_string).unwrap_or_default();
                let before = known.failing.take().filter(|failing| failing.refused == (shows == Shows::Refused));
                let (since, times) = before.map_or((now, 0), |failing| (failing.since, failing.times));
                known.failing = Some(Failing { since, times: times + 1, refused: shows == Shows::Refused, why });
            }
        }
    }

    /// Why a signal would not be stored; `None` as long as nothing shows that.
    pub(super) fn problem(&self) -> Option<String> {
        let now = self.clock.monotonic();
        let kinds = self.lock();
        CallKind::ALL.into_iter().find_map(|kind| {
            let failing = kinds[kind as usize].failing.as_ref()?;
            let outage = failing.times >= OUTAGE_TIMES && now >= failing.since + OUTAGE;
            let counts = failing.refused || outage && CallKind::TRIED.contains(&kind);
            counts.then(|| format!("cannot {}: {}", kind.words(), failing.why))
        })
    }

    /// How the last call of `kind` failed, if it did.
    pub(super) fn failure(&self, kind: CallKind) -> Option<String> {
        self.lock()[kind as usize].failing.as_ref().map(|failing| failing.why.clone())
    }

    /// Whether the last call of `kind` had no answer, or a 5xx.
    pub(super) fn is_unanswered(&self, kind: CallKind) -> bool {
        self.lock()[kind as usize].failing.as_ref().is_some_and(|failing| !failing.refused)
    }

    /// The kinds to try, because none of their calls has worked since `since`, or because the last one failed.
    pub(super) fn doubtful(&self, since: Duration) -> Vec<CallKind> {
        let kinds = self.lock();
        let doubtful = |kind: &CallKind| {
            let known = &kinds[*kind as usize];
            known.failing.is_some() || known.worked.is_none_or(|worked| worked < since)
        };
        CallKind::TRIED.into_iter().filter(doubtful).collect()
    }

    /// A kind of which no call was ever answered, by what an operator calls it.
    pub(super) fn unproven(&self) -> Option<&'static str> {
        let kinds = self.lock();
        CallKind::TRIED.into_iter().find(|kind| kinds[*kind as usize].worked.is_none()).map(CallKind::words)
    }

    fn lock(&self) -> MutexGuard<'_, [Known; CallKind::ALL.len()]> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the next round of trials may begin.
#[derive(Debug, Default)]
pub(super) struct Trials(Mutex<Rounds>);

#[derive(Debug, Default)]
struct Rounds {
    under_way: bool,
    not_before: Duration,
    pause: Duration,
}

impl Trials {
    fn lock(&self) -> MutexGuard<'_, Rounds> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a round may begin at `now`; if so, it has begun.
    pub(super) fn begin(&self, now: Duration) -> bool {
        let mut rounds = self.lock();
        let may_begin = !rounds.under_way && now >= rounds.not_before;
        rounds.under_way |= may_begin;
        may_begin
    }

    /// The round has ended at `now`. `jitter` draws a time of at most its argument.
    pub(super) fn end(&self, now: Duration, failed: bool, jitter: impl FnOnce(Duration) -> Duration) {
        let mut rounds = self.lock();
        rounds.under_way = false;
        rounds.pause = if failed { (rounds.pause * 2).clamp(PAUSE_FIRST, PAUSE_LONGEST) } else { Duration::ZERO };
        rounds.not_before = now + rounds.pause + jitter(rounds.pause / 2);
    }
}

fn shown_by(kind: CallKind, error: &CallError) -> Shows {
    let (code, message) = match error {
        CallError::Rejected { code, message, .. } => (*code, message.as_str()),
        CallError::Ambiguous { .. } | CallError::Withheld => return Shows::Unanswered,
        CallError::NotSent => return Shows::Nothing,
    };
    let unserved = is_of_path(message);
    // The texts are kube-apiserver's, of admission that judged this one object.
    let judged = message.contains("denied the request") || message.contains("denied request");
    match code {
        401 | 405 => Shows::Refused,
        403 if !judged => Shows::Refused,
        404 if unserved || kind.is_of_collection() => Shows::Refused,
        // Too busy now; and a watch or a LIST whose version has expired.
        410 | 429 => Shows::Nothing,
        _ => Shows::Works,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::sync::Arc;

    fn evidence() -> Evidence {
        Evidence::new(Arc::new(SystemClock::start()))
    }

    fn rejected(code: u16, message: &str) -> Result<(), CallError> {
        Err(CallError::Rejected { code, reason: String::new(), message: message.to_owned(), retry_after: None })
    }

    fn unanswered() -> Result<(), CallError> {
        Err(CallError::Ambiguous { why: "500: no space".to_owned(), retry_after: None })
    }

    #[test]
    fn kinds_are_known_by_their_paths() {
        let of = |method: &Method, path| CallKind::of(method, path, "/rr", "/leases");
        assert_eq!(of(&Method::GET, "/rr"), Some(ListRequests));
        assert_eq!(of(&Method::GET, "/rr/x"), Some(GetRequest));
        assert_eq!(of(&Method::PATCH, "/rr/x/status"), Some(PatchStatus));
        assert_eq!(of(&Method::POST, "/rr"), Some(CreateRequest));
        assert_eq!(of(&Method::GET, "/leases"), Some(ListLeases));
        assert_eq!(of(&Method::GET, "/leases/x"), Some(GetLease));
        assert_eq!(of(&Method::POST, "/leases"), Some(CreateLease));
        assert_eq!(of(&Method::PUT, "/leases/x"), Some(ReplaceLease));
        assert_eq!(of(&Method::DELETE, "/leases/x"), None);
        assert!(CallKind::ALL.iter().enumerate().all(|(index, kind)| *kind as usize == index));
    }

    #[test]
    fn refusals_of_one_object_prove_that_calls_work() {
        let forbidden = "leases.coordination.k8s.io is forbidden: User \"gw\" cannot create resource \"leases\"";
        let table = [
            (CreateLease, 403, forbidden, true),
            (CreateLease, 403, "leases \"x\" is forbidden: exceeded quota: q", true),
            (CreateLease, 403, "unable to create new content in namespace x because it is being terminated", true),
            (CreateLease, 404, "namespaces \"x\" not found", true),
            (CreateLease, 409, "leases \"x\" already exists", false),
            (CreateRequest, 403, "admission webhook \"w\" denied the request: no", false),
            (CreateRequest, 404, "the server could not find the requested resource", true),
            (CreateRequest, 405, "create not allowed while custom resource definition is terminating", true),
            (CreateRequest, 422, "spec.severity is invalid", false),
            (CreateRequest, 400, "admission webhook \"w\" does not support dry run", false),
            (GetRequest, 404, "remediationrequests.kubernaut.ai \"x\" not found", false),
            (GetRequest, 404, "404 page not found", true),
            (PatchStatus, 401, "Unauthorized", true),
            (ListRequests, 404, "the server could not find the requested resource", true),
        ];
        for (kind, code, message, refused) in table {
            let evidence = evidence();
            evidence.note(kind, &rejected(code, message));
            assert_eq!(evidence.problem().is_some(), refused, "{kind:?} {code} {message}");
            evidence.note(kind, &Ok(()));
            assert_eq!(evidence.problem(), None, "a success turns it on again");
        }
        let evidence = evidence();
        evidence.note(CreateLease, &rejected(403, forbidden));
        let problem = evidence.problem().expect("a problem");
        assert!(problem.starts_with("cannot create leases: ") && problem.contains(forbidden), "{problem}");
        evidence.note(CreateLease, &rejected(429, "too many requests"));
        assert!(evidence.problem().is_some(), "a throttled call shows nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn short_outage_is_not_a_problem() {
        let evidence = evidence();
        for second in 0..10 {
            evidence.note(CreateRequest, &unanswered());
            assert_eq!(evidence.problem(), None, "after {second} s");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert!(
            evidence.problem().is_some_and(|why| why.contains("create remediationrequests") && why.contains("500"))
        );
        evidence.note(CreateRequest, &Ok(()));
        assert_eq!(evidence.problem(), None);
        for _ in 0..20 {
            evidence.note(WatchRequests, &unanswered());
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(evidence.problem(), None, "signals are stored without a watch");
        assert_eq!(evidence.doubtful(Duration::ZERO).len(), CallKind::TRIED.len() - 1);
    }

    #[tokio::test(start_paused = true)]
    async fn outage_needs_three_calls() {
        let evidence = evidence();
        evidence.note(CreateRequest, &unanswered());
        tokio::time::sleep(Duration::from_secs(11)).await;
        evidence.note(CreateRequest, &unanswered());
        assert_eq!(evidence.problem(), None, "two calls may have met the same blip");
        evidence.note(CreateRequest, &unanswered());
        assert!(evidence.problem().is_some());
    }

    #[test]
    fn pause_between_failing_rounds_doubles() {
        let (trials, seconds) = (Trials::default(), Duration::from_secs);
        let mut now = seconds(0);
        for pause in [2, 4, 8, 8] {
            assert!(trials.begin(now));
            assert!(!trials.begin(now + seconds(100)), "one round at a time");
            trials.end(now, true, |most| {
                assert_eq!(most, seconds(pause) / 2);
                most
            });
            now += seconds(pause) * 3 / 2;
            assert!(!trials.begin(now - Duration::from_millis(1)));
        }
        assert!(trials.begin(now));
        trials.end(now, false, |most| most);
        assert!(trials.begin(now), "no pause after a round that succeeded");
    }
}
