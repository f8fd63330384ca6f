//! Clocks: simulated time is tokio's paused clock, or the simulated network's. Each replica sees it through an offset
//! and a rate of its own, and its timers stop while it is paused.
use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;

/// Reading of the wall clock when a run begins: shortly after the recorded payloads were sent.
pub const EPOCH: &str = "2026-11-20T16:53:00Z";

/// Simulated time of one run.
#[derive(Debug, Clone)]
pub struct SimulatedTime {
    source: Source,
    epoch: jiff::Timestamp,
}

#[derive(Debug, Clone)]
enum Source {
    /// One runtime for the whole run.
    Runtime(Arc<PausedClock>),
    /// A runtime per host: the network's time. Between its steps no host runs, and these microseconds count.
    Network(Arc<AtomicU64>),
}

/// The paused clock of one runtime. It moves only when the runtime parks, and in [`PausedClock::advance`]; it is read
/// then, because a run asks for the time a thousand times.
#[derive(Debug, Default)]
pub(crate) struct PausedClock {
    /// The instant at which the run began.
    began: OnceLock<Instant>,
    /// Nanoseconds from then until the last reading.
    nanos: AtomicU64,
}

impl PausedClock {
    /// Reads the clock. The runtime must call it whenever it has been parked.
    pub(crate) fn read(&self) {
        if let Some(began) = self.began.get() {
            self.nanos.store(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX), Relaxed);
        }
    }

    /// Advances the clock, and lets other tasks run.
    pub(crate) async fn advance(&self, duration: Duration) {
        let mut advance = pin!(tokio::time::advance(duration));
        std::future::poll_fn(|cx| {
            let polled = advance.as_mut().poll(cx);
            self.read();
            polled
        })
        .await;
    }
}

impl SimulatedTime {
    /// Starts now, by the clock of this runtime. Must be called inside of it.
    pub(crate) fn start(clock: Arc<PausedClock>) -> Self {
        clock.began.get_or_init(Instant::now);
        Self::from(Source::Runtime(clock))
    }

    /// Time of a simulated network; `between` holds the microseconds since the run began while no host runs.
    pub(crate) fn of_network(between: Arc<AtomicU64>) -> Self {
        Self::from(Source::Network(between))
    }

    fn from(source: Source) -> Self {
        Self { source, epoch: EPOCH.parse().expect("EPOCH is a timestamp") }
    }

    /// Simulated time since the run began.
    pub fn elapsed(&self) -> Duration {
        match &self.source {
            Source::Runtime(clock) => Duration::from_nanos(clock.nanos.load(Relaxed)),
            Source::Network(between) => {
                turmoil::sim_elapsed().unwrap_or_else(|| Duration::from_micros(between.load(Relaxed)))
            }
        }
    }

    /// Simulated time since the run began, in microseconds.
    pub fn micros(&self) -> u64 {
        self.elapsed().as_micros() as u64
    }

    /// The right wall clock.
    pub fn now(&self) -> jiff::Timestamp {
        self.epoch + self.elapsed()
    }

    /// Reading of the wall clock when the run began.
    pub fn epoch(&self) -> jiff::Timestamp {
        self.epoch
    }
}

/// Error of a replica's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Skew {
    /// Milliseconds added to the wall clock.
    pub offset_ms: i64,
    /// Parts per million by which the clock runs faster than simulated time; negative if slower.
    pub rate_ppm: i64,
}

/// Clock of a replica.
#[derive(Debug, Clone)]
pub struct HostClock {
    time: SimulatedTime,
    skew: Skew,
    /// Milliseconds by which the wall clock was set forward since, besides its offset.
    stepped_ms: Arc<AtomicI64>,
    booted: Duration,
    /// Simulated time, in microseconds, until which the replica is paused.
    paused_until: Arc<AtomicU64>,
}

impl HostClock {
    /// Clock of a replica that starts now.
    pub fn new(time: SimulatedTime, skew: Skew, paused_until: Arc<AtomicU64>) -> Self {
        let booted = time.elapsed();
        Self { time, skew, stepped_ms: Arc::default(), booted, paused_until }
    }

    /// The same clock, whose wall clock is set forward by these milliseconds whenever they change.
    #[must_use]
    pub(crate) fn stepped_by(self, stepped_ms: Arc<AtomicI64>) -> Self {
        Self { stepped_ms, ..self }
    }

    fn stretched(&self, elapsed: Duration) -> Duration {
        let micros = elapsed.as_micros() as i64;
        if self.skew.rate_ppm == 0 {
            return Duration::from_micros(micros as u64);
        }
        Duration::from_micros(
            (micros + micros / 1_000_000 * self.skew.rate_ppm + micros % 1_000_000 * self.skew.rate_ppm / 1_000_000)
                as u64,
        )
    }

    /// Simulated time since the run began, whatever this clock says: for what a replica uses besides the Kubernetes
    /// API, and that has a clock of its own.
    pub fn simulated(&self) -> Duration {
        self.time.elapsed()
    }

    /// Reading of the replica's wall clock.
    pub fn now(&self) -> jiff::Timestamp {
        let offset_ms = self.skew.offset_ms + self.stepped_ms.load(Relaxed);
        self.time.epoch + self.stretched(self.time.elapsed()) + jiff::SignedDuration::from_millis(offset_ms)
    }

    /// Time since the replica started, as its clock measures it.
    pub fn monotonic(&self) -> Duration {
        self.stretched(self.time.elapsed() - self.booted)
    }

    /// Completes once `duration` has passed on this clock and the replica is not paused.
    pub fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let nanos = match self.skew.rate_ppm {
            0 => duration.as_nanos(),
            rate => duration.as_nanos().saturating_mul(1_000_000) / (1_000_000 + rate) as u128,
        };
        let wait = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX / 4));
        let (time, paused_until) = (self.time.clone(), Arc::clone(&self.paused_until));
        Box::pin(async move {
            tokio::time::sleep(wait).await;
            loop {
                let until = Duration::from_micros(paused_until.load(Relaxed));
                let now = time.elapsed();
                if until <= now {
                    return;
                }
                tokio::time::sleep(until - now).await;
            }
        })
    }
}

/// Random numbers of one replica, for jitter and ids, made from a seed.
#[derive(Debug)]
pub struct HostEntropy(AtomicU64);

impl HostEntropy {
    /// Numbers made from this seed.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next number (splitmix64: a counter, mixed).
    pub fn next_u64(&self) -> u64 {
        let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Relaxed).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `test` on a runtime as a run has it.
    fn paused<F: Future<Output = ()>>(test: impl FnOnce(Arc<PausedClock>, SimulatedTime) -> F) {
        let clock = Arc::new(PausedClock::default());
        let parked = Arc::clone(&clock);
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).on_thread_unpark(move || parked.read()).build();
        runtime.expect("a runtime").block_on(async {
            let time = SimulatedTime::start(Arc::clone(&clock));
            test(clock, time).await;
        });
    }

    #[test]
    fn a_fast_clock_wakes_early() {
        paused(async |_, time| {
            let skew = Skew { offset_ms: 35_000, rate_ppm: 10_000 };
            let clock = HostClock::new(time.clone(), skew, Arc::default());
            assert_eq!(clock.now(), time.epoch() + Duration::from_secs(35));
            clock.sleep(Duration::from_secs(101)).await;
            assert!((time.elapsed().as_millis() as i64 - 100_000).abs() <= 1, "{:?}", time.elapsed());
            assert!((clock.monotonic().as_millis() as i64 - 101_000).abs() <= 2, "{:?}", clock.monotonic());
        });
    }

    #[test]
    fn a_clock_that_is_set_changes_no_timer() {
        paused(async |_, time| {
            let (skew, stepped) = (Skew { offset_ms: 40_000, rate_ppm: 0 }, Arc::new(AtomicI64::new(0)));
            let clock = HostClock::new(time.clone(), skew, Arc::default()).stepped_by(Arc::clone(&stepped));
            assert_eq!(clock.now(), time.epoch() + Duration::from_secs(40));
            stepped.store(-90_000, Relaxed);
            assert_eq!(clock.now(), time.epoch() - Duration::from_secs(50));
            assert_eq!(clock.monotonic(), Duration::ZERO);
        });
    }

    #[test]
    fn a_paused_replica_sleeps_on() {
        paused(async |_, time| {
            let paused = Arc::new(AtomicU64::new(40_000_000));
            let clock = HostClock::new(time.clone(), Skew::default(), paused);
            clock.sleep(Duration::from_secs(1)).await;
            assert!(time.elapsed() >= Duration::from_secs(40));
        });
    }

    #[test]
    fn every_reading_is_that_of_the_runtime() {
        paused(async |clock, time| {
            let began = Instant::now();
            for millis in [4, 250, 3] {
                clock.advance(Duration::from_millis(millis)).await;
                assert_eq!(time.elapsed(), began.elapsed());
                let seen = tokio::spawn({
                    let time = time.clone();
                    async move { (time.elapsed(), began.elapsed()) }
                });
                tokio::time::sleep(Duration::from_millis(millis)).await;
                assert_eq!(time.elapsed(), began.elapsed());
                let (read, real) = seen.await.expect("no panic");
                assert_eq!(read, real);
            }
        });
    }
}
