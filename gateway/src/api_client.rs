//! The client of the Kubernetes API that all parts of a replica share, and the pace of its calls while none works.
//!
//! Writers, look-ups, reviews and watches each try again by themselves, after pauses of their own. While the API server
//! is away they would send hundreds of calls a second together, and meet it with as many when it returns. So once eight
//! calls in a row had no answer, or a 5xx, a replica sends one call in 150 to 250 ms and withholds the others, until
//! one works.
//!
//! A call that is withheld is known not to have been sent ([`was_withheld`]): its caller has nothing to resolve. A call
//! that its caller gives up says nothing about the server: those are limited where they are made.
use crate::{clock::SharedClock, entropy::SharedEntropy};
use http::{Request, Response};
use kube::client::Body;
use serde::de::DeserializeOwned;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How many calls in a row must fail before others are withheld.
const FAILURES: u32 = 8;
/// The time between two calls while none works, in milliseconds, and the most that is added to it at random.
const INTERVAL: u64 = 150;
const JITTER: u64 = 100;

/// The client of one replica. Clones share everything.
#[derive(Clone)]
pub struct ApiClient {
    client: kube::Client,
    pace: Arc<Pace>,
}

/// A call was not sent, because none of the last calls worked.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("withheld, because the API server has answered none of the last calls")]
struct Withheld;

/// Whether the call was withheld.
pub fn was_withheld(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Service(source) if source.is::<Withheld>())
}

impl ApiClient {
    /// A client whose calls go at a pace while none works.
    pub fn new(client: kube::Client, clock: SharedClock, entropy: SharedEntropy) -> Self {
        Self { client, pace: Arc::new(Pace { clock, entropy, state: Mutex::default() }) }
    }

    /// Sends a request; any answer is one.
    ///
    /// # Errors
    /// If the call is withheld, or its answer does not come.
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Body>, kube::Error> {
        self.pace.admit()?;
        let answer = self.client.send(request).await;
        self.pace.note(answer.as_ref().is_ok_and(|answer| !answer.status().is_server_error()));
        answer
    }

    /// Sends a request, and parses its answer.
    ///
    /// # Errors
    /// If the call is withheld, its answer does not come, or the answer is a refusal.
    pub async fn request<T: DeserializeOwned>(&self, request: Request<Vec<u8>>) -> Result<T, kube::Error> {
        self.pace.admit()?;
        let answer = self.client.request(request).await;
        self.pace.note(match &answer {
            Ok(_) => true,
            Err(kube::Error::Api(status)) => status.code < 500,
            Err(_) => false,
        });
        answer
    }
}

struct Pace {
    clock: SharedClock,
    entropy: SharedEntropy,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many calls have failed since one worked.
    failed: u32,
    /// When the next call may be sent, if too many have failed.
    next: Duration,
    withheld: u64,
}

impl Pace {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(&self) -> Result<(), kube::Error> {
        let mut state = self.lock();
        if state.failed < FAILURES {
            return Ok(());
        }
        let now = self.clock.monotonic();
        if now < state.next {
            state.withheld += 1;
            return Err(kube::Error::Service(Box::new(Withheld)));
        }
        state.next = now + Duration::from_millis(INTERVAL + self.entropy.next_u64() % JITTER);
        Ok(())
    }

    fn note(&self, worked: bool) {
        let mut state = self.lock();
        if !worked {
            state.failed = state.failed.saturating_add(1);
            if state.failed == FAILURES {
                tracing::warn!("no API call works: some are tried, the others are withheld");
            }
            return;
        }
        let State { failed, withheld, .. } = std::mem::take(&mut *state);
        if failed >= FAILURES {
            tracing::info!(withheld, "API calls work again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::SystemClock, entropy::SystemEntropy};

    #[tokio::test(start_paused = true)]
    async fn calls_go_at_a_pace_until_one_works() {
        let pace =
            Pace { clock: Arc::new(SystemClock::start()), entropy: Arc::new(SystemEntropy), state: Mutex::default() };
        for _ in 1..FAILURES {
            pace.note(false);
        }
        assert!((0..100).all(|_| pace.admit().is_ok()), "a few failures change nothing");
        pace.note(false);
        let mut sent = 0;
        for _ in 0..10_000 {
            match pace.admit() {
                Ok(()) => sent += 1,
                Err(error) => assert!(was_withheld(&error), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!((40..=67).contains(&sent), "{sent} calls in ten seconds");
        pace.note(true);
        assert!((0..100).all(|_| pace.admit().is_ok()), "one call that works ends it");
        pace.note(false);
        assert!(pace.admit().is_ok(), "the failures before it do not count");
    }
}
