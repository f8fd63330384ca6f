//! The gateway's binary: reads its configuration, connects, serves, and shuts down in order.
//!
//! Shutdown takes at most the 30 s that Kubernetes grants: the replica is unready at once, every load balancer has five
//! seconds to notice, and requests in flight have up to 25 s. Probes and metrics are served to the end.
use anyhow::Context as _;
use clap::Parser;
use gateway::{
    app::App,
    args::{Args, Command},
    clock::SystemClock,
    config::Config,
    entropy::SystemEntropy,
    fenced_lease::FencedLease,
    kube_client, server,
};
use std::{future::pending, sync::Arc, time::Duration};
use tokio::signal::unix::{SignalKind, signal};

/// How long load balancers may take to stop sending requests here.
const UNREADY_BEFORE_CLOSING: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.command == Some(Command::Crd) {
        print!("{}", serde_saphyr::to_string(&gateway::api::crd()).context("the definition cannot be written")?);
        return Ok(());
    }
    let path = args.config.display();
    let text = std::fs::read_to_string(&args.config).with_context(|| format!("{path} cannot be read"))?;
    let (config, ignored) = Config::parse(&text, args.identity())
        .with_context(|| format!("{path} and the environment are not a valid configuration"))?;
    tracing_subscriber::fmt().json().with_max_level(config.log_level).init();
    ignored.iter().for_each(|key| tracing::warn!(key, "this key has no effect in this gateway"));

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let client = kube_client::connect(args.kubeconfig.as_deref()).await?;
    let api = server::bind(&config.listen_address).await?;
    let health = server::bind(&config.health_address).await?;
    let metrics = server::bind(&config.metrics_address).await?;
    let (clock, entropy) = (Arc::new(SystemClock::start()), Arc::new(SystemEntropy));
    let app = App::start(config, client, clock, entropy, |context| FencedLease::start(context));
    tokio::spawn(server::serve(health, app.health_router(), pending()));
    tokio::spawn(server::serve(metrics, app.metrics_router(), pending()));
    tracing::info!("serving");
    server::serve(api, app.router(), async {
        futures::future::select(Box::pin(terminate.recv()), Box::pin(interrupt.recv())).await;
        tracing::info!("shutting down");
        app.begin_shutdown();
        tokio::time::sleep(UNREADY_BEFORE_CLOSING).await;
    })
    .await;
    Ok(())
}
