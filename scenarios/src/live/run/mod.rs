//! One live run: prepares the cluster, plays the workload while faults strike, follows every commit to the end, and
//! cleans up.
mod builds;
mod ending;
mod plan;
mod servers;

pub use builds::Build;
pub use plan::{Beside, Cluster, Local, Plan, Subject};

use super::{
    LiveError,
    cluster::{
        Account, Token, View,
        fixtures::{Fixtures, Place},
        watch::{Kind, Watcher},
    },
    credentials::Trust,
    faults::Rotation,
    fleet::{Fleet, Settings},
    history::{Fact, Journal},
    proxy::Faults,
    workload::{Gateways, Stage, notification::fingerprint_of, orchestrator::Orchestrator, play, sender::Sender},
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{sync::Notify, task::JoinSet, time::sleep};

/// Time that the senders have after the workload: the longest fault, and the recovery after it.
const PATIENCE: Duration = Duration::from_secs(160);
const POLL: Duration = Duration::from_millis(50);
/// Longest time until every replica is ready after the faults.
const READY: Duration = Duration::from_secs(60);

/// What a run leaves, besides its history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aftermath {
    /// What is left in the cluster, in words.
    pub left: Vec<String>,
    /// What went wrong with the run itself, in words.
    pub trouble: Vec<String>,
    /// Builds of the gateways, as their metrics say.
    pub builds: Vec<Build>,
}

/// A run that is under way.
struct Running<'a> {
    plan: &'a Plan,
    journal: &'a Journal,
    stop: &'a Arc<AtomicBool>,
    watcher: Watcher,
    fixtures: Fixtures,
    aftermath: Aftermath,
}

/// The replicas of a local run.
struct Started {
    fleet: Arc<Fleet>,
    settings: Settings,
    /// Their token at the begin.
    token: Token,
}

/// Does a run; its history is in the journal. `stop` ends it early, and its history then has no end.
///
/// # Errors
/// If the run cannot begin.
pub async fn run(plan: &Plan, journal: &Journal, stop: &Arc<AtomicBool>) -> Result<Aftermath, LiveError> {
    let servers = servers::Servers::of(&plan.subject).await?;
    let place = Place {
        namespace: Arc::clone(&plan.namespace),
        allowed: plan.allowed,
        targets: Arc::clone(&plan.targets),
        deployments: plan.extent.fingerprints,
        local: matches!(plan.subject, Subject::Local(_)),
    };
    let fixtures = Fixtures::create(&servers.api, place).await?;
    let fingerprints: BTreeSet<Arc<str>> =
        (0..plan.extent.fingerprints).map(|app| fingerprint_of(&plan.targets, app)).collect();
    let watcher = Watcher {
        api: servers.api.clone(),
        namespace: Arc::clone(&plan.namespace),
        fingerprints: Arc::new(fingerprints),
        journal: journal.clone(),
        view: View::default(),
    };
    let mut running = Running { plan, journal, stop, watcher, fixtures, aftermath: Aftermath::default() };
    let outcome = running.go(&servers).await;
    let Running { fixtures, mut aftermath, watcher, .. } = running;
    if !plan.keep && !servers.is_own() {
        aftermath.left = fixtures.delete(&watcher.view.requests()).await;
    }
    outcome.map(|()| aftermath)
}

impl Running<'_> {
    async fn go(&mut self, servers: &servers::Servers) -> Result<(), LiveError> {
        let mut watches = JoinSet::new();
        for kind in Kind::ALL {
            let (from, _) = self.watcher.list(kind).await?;
            watches.spawn(self.watcher.clone().follow(kind, from));
        }
        let faults = servers::proxy_faults(self.plan, self.journal);
        let started = self.start(servers, &faults).await?;
        let fleet = started.as_ref().map(|started| Arc::clone(&started.fleet));
        let (trust, token) = self.trust(started.as_ref()).await?;
        let stage = self.stage(fleet.as_deref(), trust.clone());
        let (stop_faults, begins) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
        let sent = AtomicBool::new(false);
        let struck = async {
            faults.switch(true);
            let strikes = self.strike(fleet.as_ref(), servers, (&stop_faults, &begins));
            let rotations = self.rotate(started.as_ref(), servers, (&trust, token), &stop_faults);
            let timer = self.end_faults(&sent, &stop_faults);
            let (mut trouble, kept, ()) = futures::future::join3(strikes, rotations, timer).await;
            trouble.extend(kept);
            faults.switch(false);
            let ready = match &fleet {
                Some(fleet) => fleet.await_ready(READY).await,
                None => true,
            };
            self.journal.record(Fact::FaultsStopped { at: self.journal.now() });
            trouble.into_iter().chain((!ready).then(|| format!("a replica was not ready {READY:?} after the faults")))
        };
        let played = play(&stage, &self.plan.extent, (self.stop, &begins, &sent), PATIENCE);
        let beside = async {
            if let Some(beside) = &self.plan.beside {
                beside(stage.sender.clone()).await;
            }
        };
        let (trouble, ..) = futures::future::join3(struck, played, beside).await;
        let trouble: Vec<String> = trouble.collect();
        self.aftermath.trouble.extend(trouble);
        self.journal.record(Fact::SignalsStopped { at: self.journal.now() });
        self.pass(self.plan.tail).await;
        let is_whole = !self.stop.load(Relaxed);
        if is_whole {
            ending::catch_up(&self.watcher).await;
        }
        if let Some(fleet) = &fleet {
            for line in fleet.panics() {
                self.journal.record(Fact::Panicked { at: self.journal.now(), line });
            }
        }
        if is_whole {
            self.journal.record(Fact::Ended { at: self.journal.now() });
        }
        watches.abort_all();
        self.aftermath.builds = match &fleet {
            Some(fleet) => builds::of_replicas(fleet.replicas()).await,
            None => builds::of(&self.plan.metrics).await,
        };
        if let Some(fleet) = fleet {
            fleet.end().await;
        }
        Ok(())
    }

    /// Starts the replicas of a local run.
    async fn start(&self, servers: &servers::Servers, faults: &Arc<Faults>) -> Result<Option<Started>, LiveError> {
        let (Subject::Local(local), Some(api)) = (&self.plan.subject, &servers.of_gateways) else { return Ok(None) };
        let accounts = self.fixtures.accounts();
        let (settings, token) = local.settings(self.plan, self.journal, (api, accounts), faults).await?;
        let fleet = Arc::new(Fleet::start(local.replicas, &settings).await?);
        Ok(Some(Started { fleet, settings, token }))
    }

    /// Credentials of the senders, and their token if it is lockstep's own.
    async fn trust(&self, started: Option<&Started>) -> Result<(Trust, Option<Token>), LiveError> {
        let certificates = match (&self.plan.subject, started) {
            (Subject::Running { authority: Some(path), .. }, _) => {
                std::fs::read_to_string(path).map_err(|source| LiveError::Files { path: path.clone(), source })?
            }
            (_, Some(started)) => started.settings.certificate.certificate(),
            (_, None) => String::new(),
        };
        if started.is_none() || self.plan.token.is_some() {
            return Ok((Trust::new(self.plan.token.as_deref(), &certificates)?, None));
        }
        let accounts = self.fixtures.accounts();
        accounts.create_sender().await?;
        let token = accounts.token(Account::Sender).await?;
        Ok((Trust::new(Some(&token.text), &certificates)?, Some(token)))
    }

    fn stage(&self, fleet: Option<&Fleet>, trust: Trust) -> Stage {
        let gateways = match &self.plan.subject {
            Subject::Running { urls, .. } => Gateways::running(urls),
            Subject::Local(_) => Gateways::local(fleet.map(Fleet::replicas).unwrap_or_default()),
        };
        let targets = Arc::clone(&self.plan.targets);
        let sender = Sender::new(Arc::new(gateways), self.journal.clone(), targets, trust);
        let orchestrator = Orchestrator {
            api: self.watcher.api.clone(),
            namespace: Arc::clone(&self.plan.namespace),
            view: self.watcher.view.clone(),
            journal: self.journal.clone(),
        };
        Stage::new(sender, orchestrator, self.watcher.view.clone())
    }

    /// Rotates credentials until it is to stop. Returns what went wrong.
    async fn rotate(
        &self,
        started: Option<&Started>,
        servers: &servers::Servers,
        (trust, sender): (&Trust, Option<Token>),
        stop: &AtomicBool,
    ) -> Vec<String> {
        let (Some(Started { fleet, settings, token }), Some(api)) = (started, &servers.of_gateways) else {
            return Vec::new();
        };
        let rotation = Rotation {
            plan: &self.plan.faults,
            fleet,
            accounts: self.fixtures.accounts(),
            api,
            trust,
            certificate: &settings.certificate,
            token_file: &settings.token,
            journal: self.journal,
            stop,
            abandoned: self.stop,
        };
        let kept = rotation.strike((sender, token.clone())).await;
        kept.into_iter().map(|error| format!("a credential was not rotated: {error}")).collect()
    }

    /// Delivers faults of processes and servers until they are to stop. Returns what went wrong.
    async fn strike(
        &self,
        fleet: Option<&Arc<Fleet>>,
        servers: &servers::Servers,
        (stop, begins): (&Arc<AtomicBool>, &Arc<Notify>),
    ) -> Vec<String> {
        let (plan, journal, seed) = (&self.plan.faults, self.journal, self.plan.extent.seed);
        let of_replicas = async {
            match fleet {
                Some(fleet) => super::faults::strike(plan, fleet, journal, (stop, self.stop, begins), seed).await.err(),
                None => None,
            }
        };
        let of_servers = async {
            let plane = servers.plane().filter(|_| plan.needs_control_plane())?;
            let until = (Arc::clone(stop), self.plan.extent.time);
            super::faults::restart(plan.clone(), plane, journal.clone(), until).await.err()
        };
        let (replicas, servers) = futures::future::join(of_replicas, of_servers).await;
        let replicas = replicas.map(|error| format!("a replica did not start again: {error}"));
        let servers = servers.map(|error| format!("a server did not start again: {error}"));
        replicas.into_iter().chain(servers).collect()
    }

    /// Faults end when no further story begins.
    async fn end_faults(&self, sent: &AtomicBool, stop: &AtomicBool) {
        while !sent.load(Relaxed) && !self.stop.load(Relaxed) {
            sleep(POLL).await;
        }
        stop.store(true, Relaxed);
    }

    /// Lets time pass, unless the run is stopped.
    async fn pass(&self, time: Duration) {
        let until = self.journal.now() + u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        while self.journal.now() < until && !self.stop.load(Relaxed) {
            sleep(POLL).await;
        }
    }
}
