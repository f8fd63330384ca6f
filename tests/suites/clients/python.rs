//! The official Python client: typed, dynamic, watches. OpenTelemetry's own definition reads an exported run.
use crate::{Endpoint, cache, directory};
use clap::Parser;
use scenarios::cli;
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
    let requirements = directory("python/requirements.txt");
    let wanted = std::fs::read(&requirements).expect("the requirements");
    if std::fs::read(environment.join("complete")).is_ok_and(|complete| complete == wanted) {
        return python;
    }
    done(Command::new("python3").args(["-m", "venv"]).arg(&environment));
    done(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements));
    std::fs::write(environment.join("complete"), wanted).expect("the target directory can be written");
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

#[test]
#[cfg_attr(not(python), ignore = "needs python3 with venv")]
fn exported_spans_are_opentelemetry() {
    let file = cache("python").join("run.otlp.json");
    let run = "pair:none:direct:-:-:random:1";
    let export = ["lockstep", "export", run, "--as", "otlp", "--to"].map(PathBuf::from);
    let export = cli::Command::try_parse_from(export.into_iter().chain([file.clone()])).expect("a command");
    assert_eq!(export.execute().expect("it exports").0, 0);
    let read = |file: &PathBuf| done(Command::new(interpreter()).arg(directory("python/otlp.py")).arg(file));
    let figures: Vec<u64> = read(&file).split_whitespace().map(|number| number.parse().expect("a number")).collect();
    assert!(matches!(figures[..], [spans, 1, services, _] if spans > 10 && services > 2), "{figures:?}");
    let unknown = std::fs::read_to_string(&file).expect("it was written").replace("\"kind\":", "\"sort\":");
    std::fs::write(&file, unknown).expect("a file");
    let refused = Command::new(interpreter()).arg(directory("python/otlp.py")).arg(&file).output().expect("python");
    assert!(!refused.status.success(), "a field that OpenTelemetry does not know is refused");
}
