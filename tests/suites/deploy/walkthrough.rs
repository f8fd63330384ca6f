//! The walkthrough in kind: what it would run, and those of its commands that need no nodes, on a real server.
use crate::{
    gateway::Gateway,
    kubectl::{Kubectl, deploy},
    servers::{real, simulated},
};
use http::StatusCode;
use serde_json::json;
use std::{
    fs::Permissions,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;
use tests::real_server::Process;
use tokio::time::{Instant, sleep};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The commands that the script would run.
fn commands() -> Vec<String> {
    let mut script = Command::new("bash");
    script.arg(deploy().join("kind/walkthrough.sh")).arg("--dry-run");
    let output = script.output().expect("bash runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(|line| line.strip_prefix("+ ")).map(str::to_owned).collect()
}

#[test]
fn dry_run_prints_every_step_in_order() {
    let commands = commands();
    let steps = [
        "build -f gateway/deploy/Containerfile",
        "cargo build --release",
        "kind create cluster",
        "kind load docker-image docker.io/library/kubernaut-gateway:dev",
        "kubectl apply --server-side -k gateway/deploy/overlays/kind",
        "rollout status deployment/gateway",
        "kubectl apply --server-side -k gateway/deploy/kind/senders",
        "amtool",
        "get remediationrequests",
        "create token alertmanager",
        "target/release/lockstep live --kubeconfig",
    ];
    let mut rest = commands.iter();
    for step in steps {
        assert!(rest.any(|command| command.contains(step)), "{step} is missing, or too late, in {commands:#?}");
    }
    let paths = commands.iter().flat_map(|command| command.split(' ')).filter(|word| word.starts_with("gateway/"));
    for path in paths {
        assert!(root().join(path).exists(), "{path} does not exist");
    }
}

#[test]
fn unknown_argument_is_explained() {
    let mut script = Command::new("bash");
    script.arg(deploy().join("kind/walkthrough.sh")).arg("--dryrun");
    let output = script.output().expect("bash runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64));
    assert!(errors.contains("unknown argument: --dryrun") && errors.contains("--dry-run"), "{errors}");
}

/// Plays the script with programs that only note how they were called; `kubectl rollout` fails. Gives the exit code,
/// and the calls.
fn failing(arguments: &[&str]) -> (Option<i32>, String) {
    let place = TempDir::new().expect("a folder");
    let log = place.path().join("calls");
    for program in ["docker", "kind", "cargo", "kubectl"] {
        let path = place.path().join(program);
        let note = "#!/bin/sh\necho \"$(basename \"$0\") $*\" >>\"$CALLS\"\n";
        let fail = "case \"$*\" in *rollout*) exit 3 ;; esac\n";
        std::fs::write(&path, [note, fail].concat()).expect("a file");
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("it is a program");
    }
    let path = format!("{}:{}", place.path().display(), std::env::var("PATH").expect("a PATH"));
    let mut script = Command::new("bash");
    script.arg(deploy().join("kind/walkthrough.sh")).args(arguments).env("PATH", path).env("CALLS", &log);
    let code = script.output().expect("bash runs").status.code();
    (code, std::fs::read_to_string(&log).expect("it was called"))
}

#[test]
fn failure_leaves_no_cluster_behind() {
    let (code, calls) = failing(&["--cluster", "mine"]);
    assert_eq!(code, Some(3), "the first step that fails ends it: {calls}");
    assert!(calls.trim_end().ends_with("kind delete cluster --name mine"), "{calls}");
    let (code, calls) = failing(&["--keep"]);
    assert!(code == Some(3) && !calls.contains("kind delete"), "{calls}");
}

#[test]
#[cfg_attr(not(shellcheck), ignore = "needs shellcheck")]
fn scripts_have_no_shell_mistakes() {
    let scripts = ["gateway/deploy/kind/walkthrough.sh", "gateway/deploy/stub-sources.sh", ".ci/run", ".ci/guides"];
    let output = Command::new("shellcheck").args(scripts).current_dir(root()).output().expect("shellcheck runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Runs the commands of the script that need no nodes.
fn play(kubectl: &Kubectl) {
    let needs_nodes = ["rollout", "exec", "port-forward"];
    let commands = commands();
    let kubectls = commands.iter().filter(|command| command.starts_with("kubectl"));
    let mut played = 0;
    for command in kubectls.filter(|command| !needs_nodes.iter().any(|verb| command.contains(verb))) {
        let command = command.split(" >").next().expect("a command");
        let mut bash = Command::new("bash");
        bash.args(["-c", command]).current_dir(root());
        let output = bash.env("KUBECONFIG", kubectl.kubeconfig()).output().expect("bash runs");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        played += 1;
    }
    assert_eq!(played, 7, "{commands:#?}");
}

#[test]
#[cfg_attr(not(kubectl), ignore = "needs kubectl")]
fn commands_work_on_the_simulated_server() {
    play(&simulated());
}

#[test]
#[cfg_attr(not(all(kubectl, real_server)), ignore = "needs kubectl; and Go, or KUBEBUILDER_ASSETS")]
fn commands_work_on_the_real_server() {
    let (_plane, kubectl) = real(Vec::new());
    play(&kubectl);
}

/// An Alertmanager with the walkthrough's configuration, except for the address and the token's file.
fn alertmanager(folder: &Path, gateway: &str, token: &str) -> (Process, String) {
    let text = std::fs::read_to_string(deploy().join("kind/senders/alertmanager.yml")).expect("a configuration");
    let file = folder.join("token");
    std::fs::write(&file, token).expect("a file");
    let file = file.display().to_string();
    let replacements =
        [("http://gateway-service.kubernaut-system.svc:8080", gateway), ("/var/run/secrets/gateway/token", &file)];
    let text = replacements.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from} is missing from {text}");
        text.replace(from, to)
    });
    let config = folder.join("alertmanager.yml");
    std::fs::write(&config, text).expect("a file");
    let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = held.local_addr().expect("it is bound").to_string();
    drop(held);
    let storage = format!("--storage.path={}", folder.join("storage").display());
    let arguments = [
        format!("--config.file={}", config.display()),
        storage,
        format!("--web.listen-address={address}"),
        "--cluster.listen-address=".to_owned(),
    ];
    let program = Path::new("prometheus-alertmanager");
    let process = Process::start(program, &arguments, folder, "alertmanager").expect("it starts");
    (process, address)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(all(alertmanager, kubectl)), ignore = "needs kubectl and Debian's prometheus-alertmanager")]
async fn alert_of_the_walkthrough_is_counted() {
    let kubectl = simulated();
    play(&kubectl);
    let token = kubectl.run(&["-n", "monitoring", "create", "token", "alertmanager"]);
    let folder = TempDir::new().expect("a folder");
    let kubeconfig = std::fs::read_to_string(kubectl.kubeconfig()).expect("a kubeconfig");
    let gateway = Gateway::start(&folder.path().join("gateway"), &kubeconfig);
    gateway.probe_until(StatusCode::OK).await;
    let place = folder.path().join("alertmanager");
    std::fs::create_dir(&place).expect("a folder");
    let (process, address) = alertmanager(&place, &gateway.url(), token.trim());
    process.wait_until(|| std::net::TcpStream::connect(&address).is_ok()).expect("it listens");
    let labels = json!({
        "alertname": "DeploymentReplicasMismatch", "severity": "warning", "namespace": "payments",
        "deployment": "checkout", "instance": "one",
    });
    let alerts = json!([{"labels": labels}]).to_string();
    let (status, answer) = gateway.post(&format!("http://{address}/api/v2/alerts"), alerts).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let end = Instant::now() + Duration::from_secs(30);
    let list = commands().into_iter().find(|command| command.contains("occurrenceCount")).expect("it counts");
    let list: Vec<&str> = list.split(' ').skip(1).collect();
    while kubectl.run(&list) != "1" {
        let log = std::fs::read_to_string(process.log()).unwrap_or_default();
        assert!(Instant::now() < end, "the alert is not counted\n{log}\n{}", gateway.log());
        sleep(Duration::from_millis(200)).await;
    }
}
