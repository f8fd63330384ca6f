//! The process of one replica with a protocol by name: the application that production serves, on real sockets.
//!
//! The shipped protocol has the gateway's own program, and is better run by that. This is for the baselines and the
//! mutants, which production cannot link. It reads the gateway's configuration and environment, and ends as the gateway
//! does.
use super::redis::RealRedis;
use crate::{
    baselines::{LockAttempts, Surroundings, Terms},
    protocol_name::{ProtocolName, SHIPPED},
};
use anyhow::Context;
use gateway::{
    app::App,
    clock::SystemClock,
    config::{Config, Environment, Identity},
    entropy::SystemEntropy,
    kube_client, server,
    tls::Certificate,
    watch_file,
};
use std::{future::pending, path::Path, sync::Arc, time::Duration};
use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};

/// Time that load balancers have to stop sending requests here, as in the gateway's own program.
const UNREADY_BEFORE_CLOSING: Duration = Duration::from_secs(5);

/// The senders that a replica accepts signals from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Senders {
    /// Those that the API server authenticates and authorises, as in production.
    Authorised,
    /// Any: for tests whose senders have no tokens.
    Any,
}

/// Serves until SIGTERM.
///
/// # Errors
/// If the configuration is wrong, or there is no cluster or no socket.
pub fn serve(protocol: ProtocolName, senders: Senders, config: &Path, kubeconfig: &Path) -> anyhow::Result<()> {
    // The safeguards that a mutant lacks belong to its thread.
    let shipped = protocol.to_string() == SHIPPED;
    let mut builder = if shipped { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    builder.enable_all().build()?.block_on(run(protocol, senders, config, kubeconfig))
}

async fn run(protocol: ProtocolName, senders: Senders, config: &Path, kubeconfig: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(config).with_context(|| format!("cannot read {}", config.display()))?;
    let (config, _) = Config::parse(&text, &Environment::of(identity()))?;
    let mut terminate = signal(SignalKind::terminate())?;
    let tls = config.tls.as_ref().map(Certificate::load).transpose().context("server.tls.certDir")?;
    let client = kube_client::connect(Some(kubeconfig)).await?;
    let signals = server::bind(&config.listen_address).await?;
    let probes = server::bind(&config.health_address).await?;
    let (clock, entropy) = (Arc::new(SystemClock::start()), Arc::new(SystemEntropy));
    let with = surroundings();
    let app = App::start(config, client, clock, entropy, |context| protocol.start(context, &with));
    tokio::spawn(server::serve(probes, app.health_router(), pending()));
    let router = match senders {
        Senders::Authorised => app.router(),
        Senders::Any => app.open_router(),
    };
    let shutdown = async {
        terminate.recv().await;
        app.begin_shutdown();
        tokio::time::sleep(UNREADY_BEFORE_CLOSING).await;
    };
    match tls {
        Some((certificate, tls)) => {
            tokio::spawn(keep_certificate(certificate));
            server::serve_tls(signals, tls, router, shutdown).await;
        }
        None => server::serve(signals, router, shutdown).await,
    }
    Ok(())
}

/// Serves a changed certificate within seconds, as the gateway's own program does; never ends.
async fn keep_certificate(mut certificate: Certificate) {
    loop {
        tokio::time::sleep(watch_file::PERIOD).await;
        if let Err(error) = certificate.refresh() {
            eprintln!("the changed certificate cannot be used: {error}");
        }
    }
}

/// A redis-server at the address in `LOCKSTEP_REDIS`, which only one baseline uses.
fn surroundings() -> Surroundings {
    let address = std::env::var("LOCKSTEP_REDIS").unwrap_or_else(|_| "127.0.0.1:6379".to_owned());
    let (redis, attempts) = (Arc::new(RealRedis::at(address)), Arc::new(LockAttempts::default()));
    Surroundings { terms: Terms::USUAL, redis, attempts }
}

fn identity() -> Identity {
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    Identity {
        pod: of("POD_NAME"),
        lock_namespace: of("POD_NAMESPACE"),
        namespace: of("KUBERNAUT_CONTROLLER_NAMESPACE"),
    }
}
