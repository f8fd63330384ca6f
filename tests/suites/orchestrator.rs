//! The orchestrator of sim/examples as processes on a real kube-apiserver, killed and paused while it works.
use std::process::{Command, Output};
use tests::real_server::{ADMIN_TOKEN, RealServer};

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tested-orchestrator")).args(arguments).output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn command_says_what_is_wrong() {
    let (code, help) = run(&["--help"]);
    assert!(code == Some(0) && help.contains("Examples:") && help.contains("Exit codes:"), "{help}");
    let (code, list) = run(&["--list"]);
    assert!(code == Some(0) && list.contains("hostile") && list.contains("lease-is-the-fence"), "{list}");
    let (code, text) = run(&["--only", "nonsense"]);
    assert!(code == Some(1) && text.contains("--list prints them"), "{text}");
    let (code, text) = run(&["live", "--kubeconfig", "absent"]);
    assert!(code == Some(2) && text.starts_with("absent: "), "{text}");
    let (code, text) = run(&["live", "--kubeconfig", "absent", "--mutant", "nonsense"]);
    assert!(code == Some(2) && text.contains("no mutant is called \"nonsense\""), "{text}");
}

#[test]
fn one_scenario_is_run_and_reported() {
    let (code, text) = run(&["--only", "paused-holder", "--runs", "3"]);
    assert!(code == Some(0) && text.contains("| `paused-holder` | 2 | 3 | 6 |"), "{text}");
}

fn live(arguments: &[&str]) -> Output {
    let plane = RealServer::shared();
    let kubeconfig = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(kubeconfig.path(), plane.kubeconfig(0, ADMIN_TOKEN)).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tested-orchestrator"));
    command.arg("live").arg("--kubeconfig").arg(kubeconfig.path()).args(arguments);
    let output = command.output().expect("it runs");
    println!("{}", String::from_utf8_lossy(&output.stdout));
    output
}

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn killed_processes_start_one_workflow_at_a_time() {
    let output = live(&["--targets", "3", "--remediations", "20", "--disturb-every", "3"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains(": 0 violations"), "{text}{:?}", output.stderr);
    assert!(text.starts_with("60 remediations, 60 executions, ") && !text.contains(" 0 kills"), "{text}");
}

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn a_mutant_on_a_real_server_is_caught() {
    let output = live(&["--targets", "1", "--remediations", "4", "--mutant", "busy-not-checked"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && text.contains("one_runs"), "{text}");
}
