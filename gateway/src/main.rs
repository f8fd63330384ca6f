//! The gateway's binary: reads its configuration, connects, serves, and shuts down in order.
//!
//! Shutdown takes at most the 30 s that Kubernetes grants: the replica is unready at once, every load balancer has five
//! seconds to notice, requests in flight have up to 22 s, and audit events and spans have three. Probes and metrics are
//! served to the end.
use anyhow::Context as _;
use clap::Parser;
use gateway::{
    app::App,
    args::{Args, Command},
    audit::http::HttpTransport,
    clock::{Clock, SystemClock},
    config::{Config, ConfigError, Environment, Ignored},
    entropy::SystemEntropy,
    fenced_lease::FencedLease,
    kube_client, logging, server,
    telemetry::Telemetry,
    tls::Certificate,
    watch_file::{self, WatchedFile},
};
use std::{future::pending, path::Path, process::ExitCode, sync::Arc, time::Duration};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How long load balancers may take to stop sending requests here.
const UNREADY_BEFORE_CLOSING: Duration = Duration::from_secs(5);
/// How long the audit events and the spans that wait may take after the last answer.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let done = match &args.command {
        Some(Command::Crd) => print_definition(),
        Some(Command::CheckConfig { file }) => check_config(file, &args.environment()),
        None => serve(&args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Never with `Debug`, which prints a backtrace under a message that is meant for an operator.
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn print_definition() -> anyhow::Result<()> {
    print!("{}", serde_saphyr::to_string(&gateway::api::crd()).context("the definition cannot be written")?);
    Ok(())
}

fn check_config(file: &Path, environment: &Environment) -> anyhow::Result<()> {
    let text = read(file)?;
    let (_, ignored) = parse(file, &text, environment)?;
    ignored.iter().for_each(|ignored| println!("note: {ignored}"));
    println!("{} is valid", file.display());
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

fn parse(file: &Path, text: &str, environment: &Environment) -> anyhow::Result<(Config, Vec<Ignored>)> {
    Config::parse(text, environment).map_err(|error| {
        let what = format!("{} and the environment are not a valid configuration", file.display());
        match error {
            ConfigError::Mistaken(mistakes) => {
                let mistakes: Vec<_> = mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect();
                anyhow::anyhow!("{what}:{}", mistakes.concat())
            }
            other => anyhow::Error::new(other).context(what),
        }
    })
}

async fn serve(args: &Args) -> anyhow::Result<()> {
    let environment = args.environment();
    let text = read(&args.config)?;
    let (config, ignored) = parse(&args.config, &text, &environment)?;
    let clock = Arc::new(SystemClock::start());
    let telemetry = Telemetry::start(&config, clock.clone())?;
    let level = logging::start(config.log_level, config.log_json, telemetry.as_ref().map(Telemetry::tracer));
    ignored.iter().for_each(|ignored| tracing::warn!("{ignored}"));

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let hangup = signal(SignalKind::hangup())?;
    let tls = config.tls.as_ref().map(Certificate::load).transpose().context("server.tls.certDir")?;
    let storage = HttpTransport::new(&config.storage)?;
    let kubeconfig = args.kubeconfig.as_deref();
    let client = match &telemetry {
        Some(_) => kube_client::connect_with_spans(kubeconfig).await?,
        None => kube_client::connect(kubeconfig).await?,
    };
    let api = server::bind(&config.listen_address).await?;
    let health = server::bind(&config.health_address).await?;
    let metrics = server::bind(&config.metrics_address).await?;
    let entropy = Arc::new(SystemEntropy);
    let app = Arc::new(App::start(config, client, clock.clone(), entropy, |context| FencedLease::start(context)));
    app.start_audit(storage);
    let mut router = app.router();
    if let Some(telemetry) = &telemetry {
        telemetry.count_in(app.metrics());
        router = Telemetry::around(router);
    }
    tokio::spawn(server::serve(health, app.health_router(), pending()));
    tokio::spawn(server::serve(metrics, app.metrics_router(), pending()));
    let file = WatchedFile::new(args.config.clone(), text.into_bytes());
    tokio::spawn(keep_reloading(app.clone(), file, environment, clock, hangup, level));
    tracing::info!("serving");
    let shutdown = async {
        futures::future::select(Box::pin(terminate.recv()), Box::pin(interrupt.recv())).await;
        tracing::info!("shutting down");
        app.begin_shutdown();
        tokio::time::sleep(UNREADY_BEFORE_CLOSING).await;
    };
    match tls {
        Some((certificate, tls)) => {
            tokio::spawn(keep_certificate(app.clone(), certificate));
            server::serve_tls(api, tls, router, shutdown).await;
        }
        None => server::serve_tcp(api, router, shutdown).await,
    }
    let flushed = async {
        if let Some(telemetry) = telemetry {
            telemetry.flush(FLUSH_TIMEOUT).await;
        }
    };
    futures::future::join(app.flush_audit(FLUSH_TIMEOUT), flushed).await;
    tracing::info!("stopped");
    Ok(())
}

/// Serves a changed certificate within seconds; never ends.
async fn keep_certificate(app: Arc<App>, mut certificate: Certificate) {
    loop {
        tokio::time::sleep(watch_file::PERIOD).await;
        match certificate.refresh() {
            Ok(false) => {}
            Ok(true) => {
                app.metrics().certificate_reloads.inc();
                tracing::info!("the certificate was reloaded");
            }
            Err(error) => {
                app.metrics().certificate_reload_failures.inc();
                tracing::error!(%error, "the changed certificate cannot be used: the old one stays in use");
            }
        }
    }
}

/// Takes over what changes in the file, within seconds or at SIGHUP; never ends.
async fn keep_reloading(
    app: Arc<App>,
    mut file: WatchedFile,
    environment: Environment,
    clock: Arc<SystemClock>,
    mut hangup: Signal,
    level: logging::Level,
) {
    loop {
        futures::future::select(clock.sleep(watch_file::PERIOD), Box::pin(hangup.recv())).await;
        let Some(content) = file.changed() else { continue };
        let text = content.map_err(|error| error.to_string());
        let text = text.and_then(|content| String::from_utf8(content).map_err(|error| error.to_string()));
        let new = text.map_err(ConfigError::Unreadable).and_then(|text| Config::parse(&text, &environment));
        level.set(app.reload(new).log_level);
    }
}
