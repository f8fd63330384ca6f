//! Live runs of this suite: one after the other, each on a control plane of its own.
use crate::{
    alertmanagers::{self, Pair},
    relay::{Relay, Relayed},
};
use model::verdict::Verdict;
use scenarios::{
    live::{
        fleet::Program,
        history::{FORMAT, Header, Journal},
        judge::{Judgement, judge},
        run::{Beside, Cluster, Local, Plan, Subject, run},
        workload::{Extent, Story},
    },
    protocol_name::SHIPPED,
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    time::Duration,
};
use tests::real_server;

/// Two cores are few for one run.
pub(crate) static ONE: Mutex<()> = Mutex::new(());
const TARGETS: &str = "lockstep-live";

/// A number from the environment.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A run of three replicas.
pub(crate) struct Run {
    pub(crate) protocol: &'static str,
    pub(crate) seconds: u64,
    pub(crate) faults: &'static str,
    pub(crate) stories: &'static [Story],
    pub(crate) tail: u64,
}

impl Run {
    /// The shipped protocol without faults.
    pub(crate) const SHIPPED: Self =
        Self { protocol: SHIPPED, seconds: 30, faults: "", stories: &Story::ALL, tail: 15 };

    /// Does the run; its judgement, and the file of its history.
    pub(crate) fn judged(&self) -> (Judgement, PathBuf) {
        self.judged_beside(None)
    }

    /// Does the run with a pair of Alertmanagers beside it; also what they sent.
    pub(crate) fn judged_with_alertmanagers(&self) -> (Judgement, PathBuf, Relayed) {
        let relayed = Arc::new(Mutex::new(Relayed::default()));
        let (shared, seconds) = (Arc::clone(&relayed), self.seconds);
        let beside: Beside = Box::new(move |sender| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let relay = Relay::start(sender, TARGETS, shared).await.expect("a free port");
                let pair = Pair::start(&relay.url()).await.expect("two Alertmanagers");
                alertmanagers::fire(&pair, TARGETS, Duration::from_secs(seconds)).await;
            })
        });
        let (judged, history) = self.judged_beside(Some(beside));
        let relayed = relayed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (judged, history, relayed)
    }

    fn judged_beside(&self, beside: Option<Beside>) -> (Judgement, PathBuf) {
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = tempfile::Builder::new().prefix("live-").tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        let directory = directory.expect("a directory").keep();
        let file = directory.join("history.jsonl");
        let plan = self.plan(&directory, beside);
        let journal = Journal::begin(self.header(&plan), Some(&file)).expect("a journal");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let aftermath = runtime.block_on(run(&plan, &journal, &Arc::new(AtomicBool::new(false))));
        let aftermath = aftermath.unwrap_or_else(|error| panic!("the run did not begin: {error}"));
        assert!(aftermath.trouble.is_empty(), "{aftermath:?}; see {}", directory.display());
        (judge(&journal.history()), file)
    }

    fn plan(&self, directory: &Path, beside: Option<Beside>) -> Plan {
        let program = match self.protocol {
            SHIPPED => Program {
                path: env!("CARGO_BIN_EXE_deployed-gateway").into(),
                arguments: Vec::new(),
                protocol: SHIPPED.to_owned(),
            },
            other => Program {
                path: env!("CARGO_BIN_EXE_replica").into(),
                arguments: ["--protocol", other].map(str::to_owned).to_vec(),
                protocol: other.to_owned(),
            },
        };
        let cluster = Cluster::Own(real_server::find().expect("etcd and kube-apiserver"));
        let local = Local { replicas: 3, program, directory: directory.to_owned(), cluster };
        Plan {
            subject: Subject::Local(local),
            extent: Extent {
                time: Duration::from_secs(self.seconds),
                signals: 0,
                rate: u32::try_from(setting("LIVE_RATE", 40)).expect("a rate"),
                seed: setting("LIVE_SEED", 1),
                stories: self.stories.to_vec(),
                fingerprints: 60,
            },
            faults: self.faults.parse().expect("names of faults"),
            tail: Duration::from_secs(self.tail),
            namespace: TARGETS.into(),
            allowed: false,
            targets: TARGETS.into(),
            token: None,
            metrics: Vec::new(),
            keep: true,
            beside,
        }
    }

    fn header(&self, plan: &Plan) -> Header {
        Header {
            lockstep_history: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: "mix".to_owned(),
            protocol: self.protocol.to_owned(),
            replicas: 3,
            proxied: true,
            seed: plan.extent.seed,
            started: String::new(),
            faults: plan.faults.asked().iter().map(|name| (*name).to_owned()).collect(),
            crashes_only: plan.faults.crashes_only(),
            tail: self.tail * 1_000_000,
        }
    }
}

/// What was found, and where it can be judged again.
pub(crate) fn kept(judged: &Judgement, history: &Path) -> String {
    let sentences = judged.findings.iter().flat_map(|finding| &finding.violations);
    let sentences: Vec<&str> = sentences.map(|violation| &*violation.sentence).collect();
    let open = judged.findings.iter().filter(|finding| finding.verdict == Verdict::Inconclusive);
    let open: Vec<&str> = open.map(|finding| finding.invariant).collect();
    format!(
        "{sentences:#?}; undecided: {open:?}; gaps: {:?}; judge it again with: lockstep live --judge {}",
        judged.gaps,
        history.display()
    )
}
