//! A gateway's host: the application that production serves, on turmoil's clock and sockets.
use super::{network, time::now};
use axum::serve;
use gateway::{
    app::App,
    clock::{Clock, Sleep},
    config::Config,
    entropy::Entropy,
    fenced_lease::FencedLease,
    server,
};
use scenarios::objects::NAMESPACE;
use std::{
    future::pending,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use turmoil::net::{TcpListener, TcpStream};

/// Port that takes signals.
pub(super) const SIGNALS: u16 = 8080;
/// Port of the probes.
pub(super) const PROBES: u16 = 8081;

/// Name of a gateway's host, which is its pod's.
pub(super) fn name(index: usize) -> String {
    format!("gateway-{index}")
}

/// Runs a gateway until the simulation ends.
pub(super) async fn run(index: usize, seed: u64) -> turmoil::Result {
    let signals = TcpListener::bind(("0.0.0.0", SIGNALS)).await?;
    let probes = TcpListener::bind(("0.0.0.0", PROBES)).await?;
    let config = Config::for_pod(&name(index), NAMESPACE, NAMESPACE);
    let clock = Arc::new(NetworkClock(tokio::time::Instant::now()));
    let entropy = Arc::new(Numbers(AtomicU64::new(seed << 8 | index as u64)));
    let client = network::kube_client(NAMESPACE);
    let app = App::start(config, client, clock, entropy, |context| FencedLease::start(context));
    tokio::spawn(server::serve(Accepting(probes), app.health_router(), pending()));
    server::serve(Accepting(signals), app.open_router(), pending()).await;
    Ok(())
}

/// turmoil's clock.
struct NetworkClock(tokio::time::Instant);

impl Clock for NetworkClock {
    fn now(&self) -> jiff::Timestamp {
        now()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A counter, multiplied: enough for jitter and ids that differ.
struct Numbers(AtomicU64);

impl Entropy for Numbers {
    fn next_u64(&self) -> u64 {
        let mixed = self.0.fetch_add(1 << 32, Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
    }
}

/// turmoil's listener, as the gateway's server takes it.
struct Accepting(TcpListener);

impl serve::Listener for Accepting {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            // An error concerns one attempt only.
            if let Ok(accepted) = self.0.accept().await {
                return accepted;
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
