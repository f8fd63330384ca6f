//! The way to Redis and back: a command is under way for a moment, and arrives even if its sender is gone by then.
use super::{
    key_store::KeyStore,
    store::{Command, NoPrimary, Outage, Store},
};
use futures::future::BoxFuture;
use sim::engine::{HostClock, HostEntropy};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Times for which Redis has no primary: a fast failover, and those of a Sentinel or an operator.
const OUTAGES: [Duration; 4] =
    [Duration::from_millis(20), Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// Time as a connection sees it.
pub trait Time: Send + Sync + 'static {
    /// Time since the run began. It is right, whatever a replica's clock says: Redis has a clock of its own.
    fn now(&self) -> Duration;
    /// Completes once about this much time has passed, and the replica is not paused.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

impl Time for HostClock {
    fn now(&self) -> Duration {
        self.simulated()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        HostClock::sleep(self, duration)
    }
}

/// Time of a tokio runtime whose clock is paused, outside of a run.
impl Time for Instant {
    fn now(&self) -> Duration {
        self.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Number of a command.
type Number = u64;

#[derive(Default)]
struct State {
    store: Store,
    /// Commands under way, by their time of arrival.
    under_way: BTreeMap<(Duration, Number), Command>,
    answers: BTreeMap<Number, Result<bool, NoPrimary>>,
    sent: Number,
}

impl State {
    /// Executes what has arrived by now, in order.
    fn catch_up(&mut self, now: Duration) {
        while let Some(first) = self.under_way.first_entry().filter(|first| first.key().0 <= now) {
            let ((at, number), command) = first.remove_entry();
            let answer = self.store.execute(at, &command);
            self.answers.insert(number, answer);
        }
    }
}

/// A Redis that the replicas of one run share.
#[derive(Clone, Default)]
pub struct Redis {
    state: Arc<Mutex<State>>,
    fails: bool,
}

impl Redis {
    /// A Redis without keys, whose primary is lost if it `fails`.
    pub fn new(fails: bool) -> Self {
        Self { state: Arc::default(), fails }
    }

    /// A replica's connection.
    pub fn connect(&self, time: impl Time, entropy: Arc<HostEntropy>) -> RedisClient {
        RedisClient { redis: self.clone(), time: Arc::new(time), entropy }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connection of a replica to Redis.
#[derive(Clone)]
pub struct RedisClient {
    redis: Redis,
    time: Arc<dyn Time>,
    entropy: Arc<HostEntropy>,
}

impl RedisClient {
    async fn answer(self, (number, back_at): (Number, Duration)) -> Result<bool, NoPrimary> {
        loop {
            let now = self.time.now();
            if now >= back_at {
                let mut state = self.redis.lock();
                state.catch_up(now);
                return state.answers.remove(&number).unwrap_or(Err(NoPrimary));
            }
            self.time.sleep(back_at - now).await;
        }
    }

    /// Number of the command, and the time at which its answer is back.
    fn send(&self, command: Command) -> (Number, Duration) {
        let mut state = self.redis.lock();
        let now = self.time.now();
        if self.redis.fails && state.sent == 0 {
            let at = now + self.draw(0, 60_000);
            let lasts = OUTAGES[self.entropy.next_u64() as usize % OUTAGES.len()];
            state.store.plan(Outage { at, lasts, lag: self.draw(1_000, 50_000) });
        }
        state.sent += 1;
        let (number, arrives) = (state.sent, now + self.draw(500, 2_000));
        state.under_way.insert((arrives, number), command);
        (number, arrives + self.draw(500, 2_000))
    }

    fn draw(&self, least: u64, most: u64) -> Duration {
        Duration::from_micros(least + self.entropy.next_u64() % (most - least + 1))
    }
}

impl KeyStore for RedisClient {
    fn call(&self, command: Command) -> BoxFuture<'static, Result<bool, NoPrimary>> {
        let sent = self.send(command);
        Box::pin(self.clone().answer(sent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn command_arrives_though_its_sender_is_gone() {
        let began = Instant::now();
        let redis = Redis::new(false);
        let one = redis.connect(began, Arc::new(HostEntropy::new(1)));
        let other = redis.connect(began, Arc::new(HostEntropy::new(2)));
        let set = Command::SetIfAbsent { key: "lock".to_owned(), ttl: Duration::from_secs(30) };
        // Dropped after it was sent.
        let gone = tokio::time::timeout(Duration::ZERO, one.call(set.clone())).await;
        assert!(gone.is_err());
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(other.call(set.clone()).await, Ok(false));
        tokio::time::sleep(Duration::from_secs(31)).await;
        assert_eq!(other.call(set).await, Ok(true), "expired");
    }
}
