//! Processes of gateways that talk to the API server directly, and take signals without TLS.
use super::{
    delivery::Sender,
    load::closed,
    stage::{Stage, deliver},
};
use crate::{
    live::{
        LiveError,
        cluster::{Account, Accounts},
        ports,
        process::{Launch, Process},
    },
    protocol_name::SHIPPED,
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use http_body_util::Empty;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// The requests that new processes and their connections need before they are measured.
const WARM_UP: usize = 60;
/// Longest time until a replica is ready.
const READY: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(1);

/// Program and protocol of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The gateway's own program.
    Shipped,
    /// The same application in lockstep's program, for senders without tokens.
    Open,
    /// The application with the baseline `none`: it lists, and creates.
    WithoutLock,
}

impl Kind {
    pub(super) const fn protocol(self) -> &'static str {
        match self {
            Self::Shipped | Self::Open => SHIPPED,
            Self::WithoutLock => "none",
        }
    }

    fn program(self, stage: &Stage<'_>) -> (PathBuf, Vec<String>) {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match self {
            Self::Shipped => (stage.request.gateway.clone(), Vec::new()),
            Self::Open => (stage.request.lockstep.clone(), words(&["replica", "--protocol", SHIPPED, "--any-sender"])),
            Self::WithoutLock => (stage.request.lockstep.clone(), words(&["replica", "--protocol", self.protocol()])),
        }
    }
}

/// A replica's process.
pub(super) struct Replica {
    process: Process,
    url: String,
    probe: String,
}

impl Replica {
    /// Starts a replica that uses a kubeconfig.
    pub(super) fn start(
        stage: &Stage<'_>,
        kind: Kind,
        (namespace, name): (&str, &str),
        kubeconfig: &std::path::Path,
    ) -> Result<Self, LiveError> {
        let directory = stage.directory();
        let files = |source| LiveError::Files { path: directory.to_owned(), source };
        let ports = ports::free(3).map_err(files)?;
        let config = directory.join(format!("{namespace}-{name}.yaml"));
        let text = format!(
            "server:\n  listenAddr: 127.0.0.1:{}\n  healthAddr: 127.0.0.1:{}\n  metricsAddr: 127.0.0.1:{}\n\
             logging:\n  level: warn\ndatastorage:\n  url: http://127.0.0.1:9\n",
            ports[0], ports[1], ports[2]
        );
        std::fs::write(&config, text).map_err(files)?;
        let (program, mut arguments) = kind.program(stage);
        for (option, path) in [("--config", config.as_path()), ("--kubeconfig", kubeconfig)] {
            arguments.extend([option.to_owned(), path.display().to_string()]);
        }
        let environment = [
            ("POD_NAME", name.to_owned()),
            ("POD_NAMESPACE", namespace.to_owned()),
            ("KUBERNAUT_CONTROLLER_NAMESPACE", namespace.to_owned()),
        ];
        let launch = Launch {
            program: &program,
            arguments: &arguments,
            environment: &environment,
            directory,
            name: &format!("{namespace}-{name}"),
            keeps_directory: true,
        };
        let process = tokio::task::block_in_place(|| launch.start())?;
        let url = format!("http://127.0.0.1:{}", ports[0]);
        Ok(Self { process, url, probe: format!("http://127.0.0.1:{}/readyz", ports[1]) })
    }

    /// Waits until it is ready.
    pub(super) async fn ready(&self) -> Result<(), LiveError> {
        let client: Client<HttpConnector, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let (began, uri) = (Instant::now(), self.probe.parse::<http::Uri>().unwrap_or_default());
        while began.elapsed() < READY {
            if client.get(uri.clone()).await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            sleep(POLL).await;
        }
        let log = std::fs::read_to_string(self.process.log()).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(5).collect();
        Err(LiveError::Unusable(format!("a gateway was not ready within {READY:?}; its log ends with {last:?}")))
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Resident memory in MiB: now, and the most so far.
    pub(super) fn memory(&self) -> Option<(f64, f64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.pid())).ok()?;
        let of = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            Some(line.trim_end_matches("kB").trim().parse::<f64>().ok()? / 1_024.0)
        };
        Some((of("VmRSS:")?, of("VmHWM:")?))
    }
}

/// Replicas of one kind in a namespace of their own. Dropping them ends them.
pub(super) struct Gateways {
    pub(super) replicas: Vec<Replica>,
    pub(super) accounts: Accounts,
    /// Header of the senders' token.
    pub(super) token: HeaderValue,
    pub(super) namespace: String,
}

impl Gateways {
    /// Starts so many replicas, waits until they are ready, and sends them some signals.
    pub(super) async fn start(stage: &Stage<'_>, kind: Kind, replicas: usize, name: &str) -> Result<Self, LiveError> {
        stage.say(&format!("starting {replicas} of {name}"));
        let namespace = format!("latency-{name}-{replicas}");
        let accounts = stage.namespace(&namespace, kind.protocol()).await?;
        let kubeconfig = stage.kubeconfig(&namespace, &accounts.token(Account::Gateway).await?.text)?;
        let mut started = Vec::new();
        for index in 0..replicas {
            started.push(Replica::start(stage, kind, (&namespace, &format!("gw-{index}")), &kubeconfig)?);
        }
        for replica in &started {
            replica.ready().await?;
        }
        let token = Stage::sender_token(&accounts).await?;
        let gateways = Self { replicas: started, accounts, token, namespace };
        gateways.warm_up(stage).await?;
        Ok(gateways)
    }

    /// Makes them count some signals before they are measured.
    async fn warm_up(&self, stage: &Stage<'_>) -> Result<(), LiveError> {
        let first = stage.apps(WARM_UP).await?;
        let sender = self.sender(stage.targets());
        for expected in [StatusCode::CREATED, StatusCode::ACCEPTED] {
            let warm =
                closed(4, WARM_UP, deliver(&sender, &self.token, expected, move |number| first + number as u16)).await;
            if warm.failed > 0 {
                let why = format!("{} of {WARM_UP} signals were refused before the measurement", warm.failed);
                return Err(LiveError::Unusable(why));
            }
        }
        Ok(())
    }

    /// A sender to them, in turn.
    pub(super) fn sender(&self, targets: Arc<str>) -> Sender {
        let urls: Vec<String> = self.replicas.iter().map(|replica| replica.url.clone()).collect();
        Sender::new(&urls, targets)
    }
}
