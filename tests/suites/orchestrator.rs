//! The orchestrator of sim/examples as processes on a real kube-apiserver, killed and paused while it works.
use std::process::{Command, Output};
use tests::real_server::{ADMIN_TOKEN, RealServer};

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
