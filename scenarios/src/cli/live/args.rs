//! The command line of `live`.
use crate::{
    cli::{
        options::{ReportOptions, duration},
        values,
    },
    live::{
        control_plane::Binaries,
        faults::FaultPlan,
        fleet::Program,
        history::{FORMAT, Header},
        run::{Cluster, Local, Plan, Subject},
        workload::{Extent, Story},
    },
    protocol_name::{ProtocolName, SHIPPED},
};
use anyhow::{Context, bail};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

/// Runs a workload against real gateways on a real API server, and judges what happened by the same invariants.
///
/// It sends signals, plays the orchestrator, watches every commit of RemediationRequests and Leases, and judges the
/// history when the run is over. Either the gateways run already (--gateway), or it starts local replicas (--local),
/// which it can kill, pause and restart, each behind a proxy that can delay, drop and lose calls. What it creates is
/// labelled `app.kubernetes.io/managed-by=lockstep`, and deleted at the end. Invariants that a real cluster gives no
/// facts for are listed as not judged.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockstep live --local 3 --local-control-plane --faults all --for 1m
  lockstep live --local 3 --kubeconfig kubeconfig --faults kill,pause
  lockstep live --local 3 --local-control-plane --protocol shipped-lease
  lockstep live --local 3 --local-control-plane --faults all --for 10m --rate 200 --signals 100000 --report out
  lockstep live --kubeconfig kubeconfig --gateway http://localhost:8080 --namespace kubernaut-system --token-file token
  lockstep live --judge lockstep-report/live-1/history.jsonl
  lockstep live --judge lockstep-report/live-1/history.jsonl --simulate")]
pub(in crate::cli) struct Args {
    /// Stories to play: bursts, duplicates, episodes, steady, redelivery, groups, resolved. All by default.
    #[arg(value_name = "STORY")]
    stories: Vec<Story>,
    /// Kubeconfig of the cluster.
    #[arg(long, value_name = "FILE", conflicts_with = "local_control_plane")]
    kubeconfig: Option<PathBuf>,
    /// URLs of gateways that run already.
    #[arg(long, value_name = "URL", num_args = 1.., conflicts_with_all = ["local", "faults", "protocol"])]
    gateway: Vec<String>,
    /// Certificates (PEM) that those of the gateways are signed with, for https URLs.
    #[arg(long, value_name = "FILE", requires = "gateway")]
    gateway_ca: Option<PathBuf>,
    /// File with the bearer token of the senders. A local run makes a token of its own.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Namespace of the gateways' RemediationRequests and Leases. Without it, a local run makes one of its own.
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// Starts so many replicas on loopback.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    local: Option<u8>,
    /// Starts etcd and kube-apiserver from the directory in KUBEBUILDER_ASSETS.
    #[arg(long, requires = "local")]
    local_control_plane: bool,
    /// The gateway's program; by default the one beside this program.
    #[arg(long, value_name = "PATH", requires = "local")]
    gateway_binary: Option<PathBuf>,
    /// Protocol of local replicas.
    #[arg(long, value_name = "NAME", default_value = SHIPPED, value_parser = values::protocol())]
    #[arg(hide_possible_values = true)]
    protocol: ProtocolName,
    /// Faults of local replicas, separated by commas: kill, pause, terminate, restart-apiserver, restart-etcd, rotate,
    /// proxy, all; or single ones such as rotate-certificate and proxy-lost-answer.
    #[arg(long, value_name = "LIST", requires = "local")]
    faults: Option<FaultPlan>,
    /// Time for which signals are sent.
    #[arg(long = "for", id = "time", value_name = "TIME", default_value = "30s", value_parser = duration)]
    time: Duration,
    /// Least number of signals: they are sent for longer than --for if that takes longer, at most three times as long.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    signals: u64,
    /// Signals per second, on average. Bursts are faster, and what is slower than that is caught up on.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Number of fingerprints: Deployments that alerts are about.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u16).range(3..))]
    fingerprints: u16,
    /// Time after the last answer. More than 1m lets quiet_is_quiet be judged.
    #[arg(long, value_name = "TIME", default_value = "35s", value_parser = duration)]
    tail: Duration,
    /// Seed of the workload and of the faults. A live run does not repeat itself all the same.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Verification report that the gateways should be built for: others are named, and are exit code 5.
    #[arg(long, value_name = "REPORT.json")]
    pub(super) verification: Option<PathBuf>,
    /// URLs of the metrics of gateways that run already, for --verification.
    #[arg(long, value_name = "URL", num_args = 1.., requires_all = ["gateway", "verification"])]
    metrics: Vec<String>,
    /// Leaves in the cluster what was created.
    #[arg(long)]
    keep: bool,
    /// Judges the history of an earlier run again, without a cluster.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["kubeconfig", "gateway", "local", "stories"])]
    pub(super) judge: Option<PathBuf>,
    /// Tries each violation on the simulated side, in at most so many runs: the same deliveries, the same order of
    /// commits. What the simulation does not show is a divergence, and is named.
    #[arg(long, value_name = "RUNS", num_args = 0..=1, default_missing_value = "500")]
    pub(super) simulate: Option<u64>,
    #[command(flatten)]
    pub(super) options: ReportOptions,
}

impl Args {
    /// Identifies the run: in names of namespaces and folders.
    #[expect(clippy::disallowed_methods, reason = "two runs on one cluster must differ; no simulated run sees it")]
    pub(super) fn id(&self) -> &'static str {
        static ID: OnceLock<String> = OnceLock::new();
        ID.get_or_init(|| format!("{:08x}", uuid::Uuid::new_v4().as_u64_pair().0 >> 32))
    }

    /// What to do.
    ///
    /// # Errors
    /// If options are missing, or do not go together.
    pub(super) fn plan(&self, directory: &Path) -> anyhow::Result<Plan> {
        let faults = self.faults.clone().unwrap_or_default();
        let asked_all = faults.asked().len() == FaultPlan::names().count();
        let faults = match asked_all && !self.local_control_plane {
            true => faults.without_control_plane(),
            false => faults,
        };
        let faults = match asked_all && self.token_file.is_some() {
            true => faults.without_sender_token(),
            false => faults,
        };
        if faults.rotates_sender_token() && self.token_file.is_some() {
            bail!("only a token that lockstep makes can be rotated: leave out --token-file, or rotate-sender-token");
        }
        if self.verification.is_some() && self.local.is_none() && self.metrics.is_empty() {
            bail!("--metrics is missing: name the gateways' metrics, such as http://localhost:9090/metrics");
        }
        if faults.needs_control_plane() && !self.local_control_plane {
            bail!("only a control plane that lockstep starts can be restarted: add --local-control-plane");
        }
        let token = self.token_file.as_ref().map(|file| {
            std::fs::read_to_string(file).with_context(|| format!("--token-file: cannot read {}", file.display()))
        });
        let own: Arc<str> = format!("lockstep-live-{}", self.id()).into();
        let subject = self.subject(directory)?;
        let namespace = match (&self.namespace, &subject) {
            (Some(name), _) => name.as_str().into(),
            (None, Subject::Local(_)) => Arc::clone(&own),
            (None, Subject::Running { .. }) => {
                bail!("--namespace is missing: name the namespace of the gateways' RemediationRequests and Leases")
            }
        };
        Ok(Plan {
            subject,
            extent: Extent {
                time: self.time,
                signals: self.signals,
                rate: self.rate,
                seed: self.seed,
                stories: if self.stories.is_empty() { Story::ALL.to_vec() } else { self.stories.clone() },
                fingerprints: self.fingerprints,
            },
            faults,
            tail: self.tail,
            namespace,
            allowed: self.namespace.is_some(),
            targets: own,
            token: token.transpose()?,
            keep: self.keep,
            metrics: self.metrics.clone(),
            beside: None,
        })
    }

    fn subject(&self, directory: &Path) -> anyhow::Result<Subject> {
        let kubeconfig =
            || self.kubeconfig.clone().context("--kubeconfig is missing: name the kubeconfig of the cluster");
        if let Some(replicas) = self.local {
            let cluster = match self.local_control_plane {
                true => Cluster::Own(Binaries::of_environment()?),
                false => Cluster::Running(
                    kubeconfig().context("add --kubeconfig FILE, or --local-control-plane to start one")?,
                ),
            };
            let program = Program::of(self.protocol, self.gateway_binary.as_deref())?;
            let directory = directory.to_owned();
            return Ok(Subject::Local(Local { replicas: replicas.into(), program, directory, cluster }));
        }
        if self.gateway.is_empty() {
            bail!("nothing to run against: add --gateway URL… for gateways that run, or --local N to start some");
        }
        let (urls, authority) = (self.gateway.clone(), self.gateway_ca.clone());
        Ok(Subject::Running { urls, kubeconfig: kubeconfig()?, authority })
    }

    /// Header of the run's history.
    pub(super) fn header(&self, plan: &Plan) -> Header {
        let is_local = matches!(plan.subject, Subject::Local(_));
        let stories: Vec<&str> = self.stories.iter().map(|story| story.name()).collect();
        Header {
            lockstep_history: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: if stories.is_empty() { "mix".to_owned() } else { stories.join("+") },
            protocol: if is_local { self.protocol.to_string() } else { "unknown".to_owned() },
            replicas: self.local.map_or(self.gateway.len(), usize::from),
            proxied: is_local,
            seed: self.seed,
            started: String::new(),
            faults: plan.faults.asked().iter().map(|name| (*name).to_owned()).collect(),
            crashes_only: is_local && plan.faults.crashes_only(),
            tail: u64::try_from(plan.tail.as_micros()).unwrap_or(u64::MAX),
        }
    }
}
