//! `lockstep live` at the command line, against clusters that it did not start: exit codes, errors, what it leaves.
use crate::{
    gateways::{Cluster, NAMESPACE, Running},
    subject::ONE,
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{MutexGuard, PoisonError},
    time::Duration,
};
use tempfile::TempDir;
use tests::real_server::{ADMIN_TOKEN, Options, RealServer, USER_TOKEN};
use tokio::time::Instant;

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const CLUSTER_ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
const REQUESTS: &str = "/apis/kubernaut.ai/v1alpha1/remediationrequests";

/// A place for files; the tests of this suite take turns.
struct Place {
    directory: TempDir,
    _one: MutexGuard<'static, ()>,
}

impl Place {
    fn new() -> Self {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = tempfile::Builder::new().prefix("command-").tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        Self { directory: directory.expect("a directory"), _one: one }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.path().join(name), text).expect("a file");
        name.to_owned()
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tested-lockstep"));
        let gateway = env!("CARGO_BIN_EXE_deployed-gateway");
        command.arg("live").args(line.split_whitespace().map(|word| if word == "GATEWAY" { gateway } else { word }));
        command.current_dir(self.path()).stdin(Stdio::null()).env_remove("KUBEBUILDER_ASSETS");
        command
    }

    fn run(&self, line: &str) -> (Option<i32>, String) {
        said(&self.command(line).output().expect("it runs"))
    }

    fn report(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.path().join("out/report.json")).expect("a report")).expect("JSON")
    }

    fn history(&self) -> PathBuf {
        PathBuf::from(self.report()["live"]["history"].as_str().expect("a history"))
    }
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text)
}

/// Waits until something is so, or a minute has passed.
#[expect(clippy::disallowed_methods, reason = "another process takes real time")]
fn until(is_so: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while !is_so() {
        if began.elapsed() > Duration::from_secs(60) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    true
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn local_gateways_use_a_foreign_cluster() {
    let (place, runtime) = (Place::new(), runtime());
    let server = RealServer::start(&Options::default()).expect("a real server");
    place.file("kubeconfig", &server.kubeconfig(0, ADMIN_TOKEN));
    let line = "bursts steady --local 2 --kubeconfig kubeconfig --gateway-binary GATEWAY --for 8s --tail 1s \
                --fingerprints 6 --rate 30 --faults kill,proxy-lost-answer --report out";
    let (code, text) = place.run(line);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("left in the cluster: the namespace lockstep-live-"), "no controller ends it: {text}");
    let (again, judged) = place.run(&format!("--judge {}", place.history().display()));
    assert_eq!(again, Some(0), "{judged}");
    let cluster = Cluster::of(&server);
    let left = runtime.block_on(cluster.names(CLUSTER_ROLES));
    assert!(!left.iter().any(|name| name.starts_with("lockstep")), "{left:?}");
    let definitions = runtime.block_on(cluster.left(DEFINITIONS));
    assert!(definitions.is_empty(), "it was installed for the run: {definitions:?}");
}

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn running_gateways_are_judged() {
    let (place, runtime) = (Place::new(), runtime());
    let running = runtime.block_on(Running::start(place.path()));
    place.file("kubeconfig", &running.server.kubeconfig(0, ADMIN_TOKEN));
    place.file("token", &running.token);
    let [one, other] = &running.urls;
    let common = format!(
        "bursts steady --gateway {one} {other} --kubeconfig kubeconfig --namespace {NAMESPACE} --token-file token \
         --for 6s --tail 1s --fingerprints 6 --rate 30"
    );
    let (code, text) = place.run(&format!("{common} --report out"));
    assert_eq!(code, Some(0), "{text}");
    let report = place.report();
    let not_judged = report["live"]["not_judged"].to_string();
    assert!(not_judged.contains("holder_crash_recovers"), "no process is known: {not_judged}");
    let cluster = Cluster::of(&running.server);
    assert_eq!(runtime.block_on(cluster.names(REQUESTS)), [""; 0], "what the gateways made is deleted");

    // A gateway that was built for no report, or another one, is named.
    let verified = place.file("verified.json", &verified_report());
    let metrics = running.metrics.join(" ");
    let (code, text) = place.run(&format!("{common} --verification {verified} --metrics {metrics}"));
    assert_eq!(code, Some(5), "{text}");
    assert!(text.contains("was not built for the report") && text.contains("unverified"), "{text}");

    place.file("kubeconfig", &running.server.kubeconfig(0, USER_TOKEN));
    let (code, text) = place.run(&common);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("was answered 403") && text.contains("conf-user"), "{text}");
}

/// A report that held, made by this command.
fn verified_report() -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tested-lockstep"));
    let output = command.args(["run", "pair", "--runs", "3", "--seed", "1", "--report", "out"]);
    let (code, text) = said(&output.current_dir(directory.path()).output().expect("it runs"));
    assert_eq!(code, Some(0), "{text}");
    fs::read_to_string(directory.path().join("out/report.json")).expect("a report")
}

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn interrupt_ends_and_cleans_up() {
    let (place, runtime) = (Place::new(), runtime());
    let server = RealServer::start(&Options::default()).expect("a real server");
    place.file("kubeconfig", &server.kubeconfig(0, ADMIN_TOKEN));
    let line = "steady --local 2 --kubeconfig kubeconfig --gateway-binary GATEWAY --for 5m --fingerprints 6 --rate 30 \
                --faults pause --report out";
    let mut child = place.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let sends = || {
        let histories = fs::read_dir(place.path().join("out")).into_iter().flatten().flatten();
        let texts = histories.map(|folder| fs::read_to_string(folder.path().join("history.jsonl")).unwrap_or_default());
        texts.into_iter().any(|text| text.contains("\"Answered\""))
    };
    if !until(sends) {
        let _ = child.kill();
        panic!("no signal was sent: {}", said(&child.wait_with_output().expect("it ends")).1);
    }
    interrupt(&child);
    let began = Instant::now();
    let (code, text) = said(&child.wait_with_output().expect("it ends"));
    assert!(began.elapsed() < Duration::from_secs(90), "it took {:?}", began.elapsed());
    assert_eq!(code, Some(6), "{text}");
    assert_eq!((&place.report()["interrupted"], &place.report()["complete"]), (&true.into(), &false.into()));
    let (again, judged) = place.run(&format!("--judge {}", place.history().display()));
    assert_eq!(again, Some(6), "{judged}");
    let cluster = Cluster::of(&server);
    assert_eq!(runtime.block_on(cluster.left(DEFINITIONS)), [""; 0], "what it made is deleted");
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
}

#[test]
fn what_is_not_allowed_says_what_to_do() {
    let place = Place::new();
    place.file("kubeconfig", "nonsense");
    place.file("history.jsonl", "{}");
    for (line, advice) in [
        ("", "add --gateway URL… for gateways that run, or --local N to start some"),
        ("--gateway http://x --kubeconfig kubeconfig", "--namespace is missing"),
        ("--gateway http://x --namespace n", "--kubeconfig is missing"),
        ("--gateway http://x --namespace n --kubeconfig kubeconfig", "kubeconfig kubeconfig cannot be used"),
        ("--gateway http://x --kubeconfig kubeconfig --namespace n --faults kill", "cannot be used with"),
        ("--gateway http://x --kubeconfig kubeconfig --namespace n --verification r.json", "--metrics is missing"),
        ("--local 2 --gateway-binary GATEWAY", "add --kubeconfig FILE, or --local-control-plane to start one"),
        ("--local 2 --local-control-plane --gateway-binary GATEWAY", "KUBEBUILDER_ASSETS is not set"),
        ("--local 2 --kubeconfig kubeconfig --gateway-binary missing", "there is no gateway at missing"),
        (
            "--local 2 --kubeconfig kubeconfig --gateway-binary GATEWAY --faults restart-etcd",
            "add --local-control-plane",
        ),
        (
            "--local 2 --kubeconfig kubeconfig --gateway-binary GATEWAY --token-file kubeconfig --faults rotate",
            "leave out --token-file",
        ),
        ("--local 2 --kubeconfig kubeconfig --faults klil", "unknown fault `klil`"),
        ("stedy --local 2", "unknown story `stedy`"),
        ("--judge missing.jsonl", "cannot read missing.jsonl"),
        ("--judge history.jsonl", "is not a history of `lockstep live`"),
    ] {
        let (code, text) = place.run(line);
        assert_eq!(code, Some(1), "{line}: {text}");
        assert!(text.contains(advice), "{line}: {text}");
    }
}
