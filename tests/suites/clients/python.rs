//! The official Python client: typed, dynamic, watches.
use crate::{Endpoint, cache, directory};
use std::{path::PathBuf, process::Command};

fn done(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let output = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{command:?}:\n{output}");
    output
}

/// An interpreter with the client installed, prepared once.
fn interpreter() -> PathBuf {
    let environment = cache("python");
    let python = environment.join("bin/python");
    if !environment.join("complete").exists() {
        done(Command::new("python3").args(["-m", "venv"]).arg(&environment));
        let requirements = directory("python/requirements.txt");
        done(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements));
        std::fs::write(environment.join("complete"), "").expect("the target directory can be written");
    }
    python
}

fn session(endpoint: &Endpoint) {
    let output =
        done(Command::new(interpreter()).arg(directory("python/session.py")).env("KUBECONFIG", endpoint.kubeconfig()));
    assert_eq!(output.lines().count(), 4, "{output}");
}

#[test]
#[cfg_attr(not(python), ignore = "needs python3 with venv")]
fn python_client_is_served() {
    session(&Endpoint::simulated());
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(all(python, real_server)), ignore = "needs python3 with venv, and Go or KUBEBUILDER_ASSETS")]
async fn python_client_is_served_by_the_real_server() {
    let endpoint = Endpoint::real().await;
    tokio::task::block_in_place(|| session(&endpoint));
}
