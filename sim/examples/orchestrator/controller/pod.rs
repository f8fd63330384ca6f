//! What a process of the orchestrator has of its world: a name, a client, a clock, randomness.
use futures::future::{BoxFuture, Either, select};
use std::{future::Future, pin::pin, sync::Arc, time::Duration};

/// Time after which a call without an answer is given up. It may still take effect.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Time after that in which an answer still counts: when a paused process resumes, its timers are due before it has
/// read what arrived meanwhile.
const GRACE: Duration = Duration::from_millis(100);

/// Time and chance: in a simulation those of the replica, with the errors of its clock.
pub(crate) trait World: Send + Sync {
    /// Wall clock.
    fn now(&self) -> jiff::Timestamp;
    /// Time since the process started.
    fn monotonic(&self) -> Duration;
    /// Completes once this time has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
    /// A random number.
    fn random(&self) -> u64;
}

/// One process.
#[derive(Clone)]
pub(crate) struct Pod {
    /// Name of the pod.
    pub(crate) name: String,
    /// Client, whose default namespace is the orchestrator's.
    pub(crate) client: kube::Client,
    /// Clock and randomness of the pod.
    pub(crate) world: Arc<dyn World>,
}

/// A call that failed, or a decision that came too late.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The API server refused a call, or its answer was lost.
    #[error("the API server: {0}")]
    Api(#[from] kube::Error),
    /// No answer came in time; the call may still take effect.
    #[error("no answer within {CALL_TIMEOUT:?}: the call may still take effect")]
    Unanswered,
    /// The turn was looked up too long ago to create its execution.
    #[error("the turn was found free too long ago: look it up again")]
    TooLate,
}

impl Error {
    /// Whether the API server refused a write because of another one.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Error::Api(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists())
    }

    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Error::Api(kube::Error::Api(status)) if status.is_not_found())
    }
}

impl Pod {
    /// Awaits a call, as long as a call may take.
    pub(crate) async fn call<T>(&self, call: impl Future<Output = kube::Result<T>>) -> Result<T, Error> {
        let mut call = pin!(call);
        for time in [CALL_TIMEOUT, GRACE] {
            if let Either::Left((answer, _)) = select(&mut call, self.world.sleep(time)).await {
                return Ok(answer?);
            }
        }
        Err(Error::Unanswered)
    }
}

/// An object that may be absent.
pub(crate) fn optional<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
