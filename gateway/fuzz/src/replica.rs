//! A whole replica for one input: the gateway's App with its own protocol, on a new cluster, in paused time.
use crate::{
    answers::{self, Answer},
    cluster::{Cluster, Commits},
    plan::Plan,
};
use gateway::{
    app::App,
    clock::{Clock, Sleep},
    config::Config,
    entropy::Entropy,
    fenced_lease::FencedLease,
    server,
};
use jiff::Timestamp;
use std::{
    future::pending,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// The wall clock at the start: a minute after the captured deliveries were made.
const NOW: &str = "2026-11-20T16:53:14Z";
/// How long a replica may take to become ready, in milliseconds of paused time.
const BOOT_MILLIS_MAX: u32 = 5_000;

struct PausedClock {
    started: tokio::time::Instant,
    start: Timestamp,
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        self.start + self.started.elapsed()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

#[derive(Default)]
struct CountedEntropy(AtomicU64);

impl Entropy for CountedEntropy {
    fn next_u64(&self) -> u64 {
        self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
    }
}

/// A listener with one connection.
struct OneConnection(Option<DuplexStream>);

impl axum::serve::Listener for OneConnection {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.take() {
            Some(io) => (io, ()),
            None => pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The result of an input.
#[derive(Debug)]
pub struct Exchange {
    /// The answers that the sender got.
    pub answers: Vec<Answer>,
    /// The commits.
    pub commits: Commits,
}

/// Boots a replica, sends it the input, and reads its answers until it closes the connection.
///
/// # Panics
/// If the replica does not become ready, or answers half an answer.
pub fn exchange(plan: &Plan<'_>) -> Exchange {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let started = tokio::time::Instant::now();
        let start: Timestamp = NOW.parse().expect("a timestamp");
        let cluster = Cluster::new(move || start + started.elapsed());
        let config = Config::for_pod("gateway-0", "kubernaut-system", "kubernaut-system");
        let clock = Arc::new(PausedClock { started, start });
        let entropy = Arc::new(CountedEntropy::default());
        let app = App::start(config, cluster.client(), clock, entropy, |context| FencedLease::start(context));
        let mut waited = 0;
        while let Err(why) = app.ready() {
            assert!(waited < BOOT_MILLIS_MAX, "the replica is not ready: {why}");
            tokio::time::sleep(Duration::from_millis(1)).await;
            waited += 1;
        }
        cluster.expect(&plan.outcomes);
        let router = if plan.guarded { app.router() } else { app.open_router() };
        let answers = send(router, plan.sent).await;
        Exchange { answers: answers::read(&answers), commits: cluster.commits() }
    })
}

async fn send(router: axum::Router, bytes: &[u8]) -> Vec<u8> {
    let (client, connection) = tokio::io::duplex(64 * 1024);
    let server = tokio::spawn(server::serve(OneConnection(Some(connection)), router, pending()));
    let (mut from, mut to) = tokio::io::split(client);
    let mut answer = Vec::new();
    // The sender stays connected: a server may end the request of one that is gone.
    let (sent, read) = tokio::join!(to.write_all(bytes), from.read_to_end(&mut answer));
    drop((sent, read));
    server.abort();
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The seeds reach what the target is about: stored signals, with a token and without, and after faults.
    #[test]
    fn seeds_are_stored() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/http");
        let mut stored = 0;
        for file in std::fs::read_dir(folder).expect("seeds").map(|file| file.expect("a file").path()) {
            let input = std::fs::read(&file).expect("a file that can be read");
            let exchange = exchange(&Plan::of(&input));
            let statuses: Vec<_> = exchange.answers.iter().map(|answer| answer.status).collect();
            println!("{}: {statuses:?}, {:?}", file.display(), exchange.commits);
            stored += exchange.commits.occurrences;
        }
        assert!(stored >= 5, "only {stored} occurrences were counted");
    }
}
