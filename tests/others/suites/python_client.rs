//! The official Python client: its end-to-end tests, which only its repository has.
use crate::{
    outcomes::Format,
    part::Part,
    workshop::{self, Workshop},
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const REPOSITORY: &str = "https://github.com/kubernetes-client/python";
const VERSION: &str = "v36.0.3";
/// Parts, and the modules of each.
const PARTS: [(&str, &[&str]); 3] = [
    ("utils", &["kubernetes.e2e_test.test_utils"]),
    (
        "e2e_test",
        &[
            "kubernetes.e2e_test.test_apps",
            "kubernetes.e2e_test.test_batch",
            "kubernetes.e2e_test.test_client",
            "kubernetes.e2e_test.test_informer",
            "kubernetes.e2e_test.test_watch",
            // They wait without an end for a Pod that runs.
            "-kubernetes.e2e_test.test_client.TestClient.test_exit_code",
            "-kubernetes.e2e_test.test_client.TestClient.test_pod_apis",
            "-kubernetes.e2e_test.test_client.TestClient.test_pod_exec_close_channel",
            "-kubernetes.e2e_test.test_client.TestClient.test_portforward_http",
            "-kubernetes.e2e_test.test_client.TestClient.test_portforward_raw",
        ],
    ),
    ("dynamic", &["kubernetes.dynamic.test_client", "kubernetes.dynamic.test_discovery"]),
];

/// The parts, of a clone of the repository.
pub(super) fn parts(workshop: &Workshop) -> anyhow::Result<Vec<Part>> {
    let sources = match workshop.python_client() {
        Some(clone) => std::path::absolute(clone)?,
        None => workshop.kept(&format!("python-client-{VERSION}"), |directory| {
            let mut git = Command::new("git");
            git.args(["clone", "--quiet", "--depth", "1", "--branch", VERSION, REPOSITORY]).arg(directory);
            workshop::run(&mut git).map(drop)
        })?,
    };
    let runner = workshop.sources("python-client").join("run.py").display().to_string();
    let part = |(name, modules): (&str, &[&str])| {
        let requirements = sources.join("requirements.txt");
        Part::new(name, &sources, Format::Unittest, move |workshop| interpreter(workshop, &requirements))
            .arguments(&[&runner])
            .arguments(modules)
            .variable("PYTHONPATH", &sources.display().to_string())
    };
    Ok(PARTS.map(part).into())
}

/// An interpreter with what the client needs.
fn interpreter(workshop: &Workshop, requirements: &Path) -> anyhow::Result<PathBuf> {
    let environment = workshop.kept(&format!("python-environment-{VERSION}"), |directory| {
        workshop::run(Command::new("python3").args(["-m", "venv"]).arg(directory))?;
        let mut pip = Command::new(directory.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements);
        workshop::run(&mut pip).map(drop)
    })?;
    Ok(environment.join("bin/python"))
}
