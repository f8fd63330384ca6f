//! Who may send signals: a bearer token that the API server authenticates (TokenReview), of a user that may `create`
//! the Service `gateway-service` (SubjectAccessReview).
//!
//! A verdict is remembered for a short time by the token's digest, so that a sender costs two calls a minute, not two
//! for each delivery; a token that was revoked is accepted for that minute at most, which begins when its review is
//! sent. Requests with one token share one review. `budget` limits reviews, so that a flood of invented tokens reaches
//! neither the API server nor the senders that were accepted before. A review without an answer is never a refusal: the
//! sender must retry.
//!
//! Nothing here can be switched off: [`App::router`](crate::app::App::router) has it always.
mod budget;
mod memory;
mod review;
mod token;

use crate::{
    api_client::ApiClient,
    clock::{SharedClock, within},
    metrics::{Metrics, ReasonLabels, ReviewLabels},
    warnings::Warnings,
};
use axum::http::HeaderMap;
use budget::{Budget, Limits};
use futures::future::{BoxFuture, FutureExt, Shared, WeakShared};
use memory::Memory;
use review::{Review, ReviewError};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use token::{BearerToken, Digest};

pub use review::Caller;

/// How long an accepted token is accepted without another review, from when its review was sent.
pub const ACCEPTED_FOR: Duration = Duration::from_secs(60);
/// How long a refused token is refused without another review: short, for a role that is granted just now.
pub const REFUSED_FOR: Duration = Duration::from_secs(5);
/// How long one review may take, both calls together.
pub const REVIEW_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a readiness probe may ask.
const TRIAL_TIMEOUT: Duration = Duration::from_secs(1);
/// How many accepted tokens are remembered.
const ACCEPTED_MAX: usize = 1024;
/// How many refused tokens are remembered. They never displace accepted ones.
const REFUSED_MAX: usize = 4096;
/// Reviews of tokens that were never accepted here.
const STRANGERS: Limits = Limits { at_once: 16, each: Duration::from_millis(50), burst: 40 };
/// Reviews of tokens that were accepted before. They have a budget of their own, which strangers cannot use up.
const KNOWN: Limits = Limits { at_once: 16, each: Duration::from_millis(20), burst: 100 };

/// Why a request is not handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// 401: there is no valid token; the reason, in the words of the existing gateway.
    Unauthenticated(&'static str),
    /// 403: the token's user lacks the permission.
    Forbidden,
    /// 503: nothing was found out; the reason.
    Unknown(&'static str),
}

/// The result of a review.
#[derive(Debug, Clone)]
enum Verdict {
    Accepted(Caller),
    Refused(Denied),
}

type Answer = Result<Verdict, Denied>;
type Call = Shared<BoxFuture<'static, Answer>>;

/// The access control of one replica.
pub struct Access {
    inner: Arc<Inner>,
}

struct Inner {
    client: ApiClient,
    /// Namespace of the Service `gateway-service`.
    namespace: String,
    clock: SharedClock,
    metrics: Arc<Metrics>,
    warnings: Warnings,
    strangers: Budget,
    known: Budget,
    state: Mutex<State>,
}

struct State {
    accepted: Memory<Caller>,
    refused: Memory<Denied>,
    asked: BTreeMap<Digest, (u64, WeakShared<BoxFuture<'static, Answer>>)>,
    reviews: u64,
    /// Whether this gateway may review at all, or why not; `None` until an answer shows it.
    permitted: Option<Result<(), String>>,
}

impl Access {
    /// Nothing is known yet. `namespace` is that of the Service `gateway-service`.
    pub fn new(client: ApiClient, namespace: &str, clock: SharedClock, metrics: Arc<Metrics>) -> Self {
        let state = State {
            accepted: Memory::new(ACCEPTED_MAX),
            refused: Memory::new(REFUSED_MAX),
            asked: BTreeMap::new(),
            reviews: 0,
            permitted: None,
        };
        let inner = Inner {
            client,
            namespace: namespace.to_owned(),
            warnings: Warnings::new(clock.clone()),
            clock,
            metrics,
            strangers: Budget::new(STRANGERS),
            known: Budget::new(KNOWN),
            state: Mutex::new(state),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The caller whose token the request has, if it may send signals.
    pub(crate) async fn check(&self, headers: &HeaderMap) -> Result<Caller, Denied> {
        let checked = self.find(headers).await;
        if let Err(denied) = &checked {
            self.inner.metrics.access_denied.get_or_create(&ReasonLabels { reason: denied.reason() }).inc();
        }
        checked
    }

    /// `Ok` unless it is known that no sender can be reviewed; asks the API server if the last answer did not show it.
    pub(crate) async fn verify(&self) -> Result<(), String> {
        let known = self.inner.lock().permitted.clone();
        if known != Some(Ok(())) {
            let clock = &self.inner.clock;
            let trial = review::trial(&self.inner.client);
            if let Some(answer) = within(&**clock, clock.monotonic() + TRIAL_TIMEOUT, trial).await {
                self.inner.note(answer.as_ref().err());
            }
        }
        self.inner.lock().permitted.clone().unwrap_or(Ok(()))
    }

    async fn find(&self, headers: &HeaderMap) -> Result<Caller, Denied> {
        let token = BearerToken::of(headers).map_err(Denied::Unauthenticated)?;
        match self.inner.verdict(token)?.await? {
            Verdict::Accepted(caller) => Ok(caller),
            Verdict::Refused(denied) => Err(denied),
        }
    }
}

impl Denied {
    fn reason(self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Unknown(_) => "unavailable",
        }
    }
}

impl Inner {
    /// The verdict on a token: from memory, of a review under way, or of a new one.
    fn verdict(self: &Arc<Self>, token: BearerToken) -> Result<Call, Denied> {
        let digest = token.digest();
        let now = self.clock.monotonic();
        let mut state = self.lock();
        if let Some(caller) = state.accepted.get(&digest, now) {
            return Ok(done(Verdict::Accepted(caller.clone())));
        }
        if let Some(denied) = state.refused.get(&digest, now) {
            return Ok(done(Verdict::Refused(*denied)));
        }
        if let Some(call) = state.asked.get(&digest).and_then(|(_, call)| call.upgrade()) {
            return Ok(call);
        }
        let budget = if state.accepted.has(&digest) { &self.known } else { &self.strangers };
        let permit = budget.begin(now).ok_or(Denied::Unknown("too many access reviews: try again"))?;
        state.reviews += 1;
        let number = state.reviews;
        let pending = Pending { inner: self.clone(), digest: digest.clone(), number };
        let call = async move {
            let _permit = permit;
            let pending = pending;
            pending.inner.review(&token).await
        };
        let call = call.boxed().shared();
        let weak = call.downgrade().expect("a shared future that was never polled is not done");
        state.asked.insert(digest, (number, weak));
        Ok(call)
    }

    async fn review(&self, token: &BearerToken) -> Answer {
        let began = self.clock.monotonic();
        let deadline = began + REVIEW_TIMEOUT;
        let review = review::review(&self.client, &self.namespace, token);
        let reviewed = within(&*self.clock, deadline, review).await;
        // A process that was stopped finds an answer that came long ago, and the token may be revoked since.
        let reviewed = reviewed.filter(|_| self.clock.monotonic() <= deadline);
        if let Some(reviewed) = &reviewed {
            self.note(reviewed.as_ref().err());
        }
        let (outcome, answer) = match reviewed {
            Some(Ok(Review::Allowed(caller))) => ("allowed", Ok(Verdict::Accepted(caller))),
            Some(Ok(Review::Forbidden(caller))) => {
                if let Some(left_out) = self.warnings.due("forbidden") {
                    let user = caller.name();
                    tracing::warn!(user, left_out, "this user may not create services/gateway-service");
                }
                ("forbidden", Ok(Verdict::Refused(Denied::Forbidden)))
            }
            Some(Ok(Review::Invalid)) => {
                ("invalid", Ok(Verdict::Refused(Denied::Unauthenticated("Invalid or expired token"))))
            }
            Some(Err(error)) => ("failed", Err(self.failed(&error))),
            None => ("failed", Err(self.failed(&ReviewError::no_answer()))),
        };
        self.metrics.access_reviews.get_or_create(&ReviewLabels { outcome }).inc();
        if let Ok(verdict) = &answer {
            self.remember(token, verdict, began);
        }
        answer
    }

    /// Takes in what an answer shows about this gateway's own permissions. No answer shows nothing.
    fn note(&self, error: Option<&ReviewError>) {
        let shown = match error {
            None => Ok(()),
            Some(error) if error.refused => Err(format!("cannot review who sends signals: {error}")),
            Some(_) => return,
        };
        self.lock().permitted = Some(shown);
    }

    fn failed(&self, error: &ReviewError) -> Denied {
        if let Some(left_out) = self.warnings.due(error.call) {
            tracing::warn!(%error, left_out, "a sender's access could not be reviewed");
        }
        Denied::Unknown(error.detail())
    }

    /// Remembers a verdict whose review began then: the answer says what held at some moment since.
    fn remember(&self, token: &BearerToken, verdict: &Verdict, began: Duration) {
        let digest = token.digest();
        let now = self.clock.monotonic();
        let mut state = self.lock();
        match verdict {
            Verdict::Accepted(caller) => {
                state.refused.forget(&digest);
                // A token that expires sooner is reviewed again then. Only the API server decides whether it is valid.
                let left = token.expires_within(self.clock.now()).unwrap_or(ACCEPTED_FOR);
                state.accepted.put(digest, caller.clone(), (began + ACCEPTED_FOR).min(now + left));
            }
            Verdict::Refused(denied) => {
                state.accepted.forget(&digest);
                state.refused.put(digest, *denied, now + REFUSED_FOR);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A verdict that is known already.
fn done(verdict: Verdict) -> Call {
    std::future::ready(Ok(verdict)).boxed().shared()
}

/// Removes its review from the state when it ends, or when the last request stops waiting for it.
struct Pending {
    inner: Arc<Inner>,
    digest: Digest,
    number: u64,
}

impl Drop for Pending {
    fn drop(&mut self) {
        let mut state = self.inner.lock();
        if state.asked.get(&self.digest).is_some_and(|(number, _)| *number == self.number) {
            state.asked.remove(&self.digest);
        }
    }
}
