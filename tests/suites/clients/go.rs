//! client-go: leader election over JSON and protobuf, informers, an events recorder. The tests are Go's own.
use crate::{Endpoint, directory};
use std::process::Command;

/// Runs `go` in the clients' module.
///
/// # Panics
/// If `go` fails, with its output.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let mut go = Command::new("go");
    go.args(arguments).current_dir(directory("go")).envs(environment.iter().copied());
    // Distributions may pin the toolchain to their own, which is older than what go.mod asks for.
    go.env("CGO_ENABLED", "0").env("GOTOOLCHAIN", "auto");
    let done = go.output().expect("go runs");
    let output = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "go {}:\n{output}", arguments.join(" "));
    output
}

fn client_go(endpoint: &Endpoint) {
    let config = endpoint.kubeconfig().display().to_string();
    let output = run(&["test", "-count=1", "-v", "."], &[("KUBECONFIG", &config)]);
    assert_eq!(output.lines().filter(|line| line.starts_with("--- PASS: Test")).count(), 3, "{output}");
}

#[test]
#[cfg_attr(not(go), ignore = "needs Go")]
fn client_go_leads_and_follows() {
    client_go(&Endpoint::simulated());
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn client_go_does_so_on_the_real_server() {
    let endpoint = Endpoint::real().await;
    tokio::task::block_in_place(|| client_go(&endpoint));
}
