//! Programs that lockstep and its tests use, and whether they are installed.
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Variable with the directory of etcd and kube-apiserver.
const ASSETS: &str = "KUBEBUILDER_ASSETS";

/// A program, or a set of programs.
pub(super) struct Tool {
    pub(super) name: &'static str,
    pub(super) purpose: &'static str,
    /// Command that installs it on Debian or Ubuntu.
    pub(super) install: &'static str,
    /// Version or place, if it is installed.
    pub(super) found: Option<String>,
}

/// Looks for every tool.
pub(super) fn probe() -> Vec<Tool> {
    let tool = |name, purpose, install, found| Tool { name, purpose, install, found };
    let rustup = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh";
    let python = "import venv, ensurepip, sys; print('Python', sys.version.split()[0])";
    vec![
        tool("rust", "builds lockstep and its tests", rustup, version("cargo", &["--version"])),
        tool("cc", "links them", "sudo apt-get install build-essential", version("cc", &["--version"])),
        tool(
            "go",
            "builds the Go clients, kubectl and a real control plane for tests",
            "sudo apt-get install golang-go",
            version("go", &["version"]),
        ),
        tool(
            "python",
            "makes a virtual environment for the Python client",
            "sudo apt-get install python3-venv",
            version("python3", &["-c", python]),
        ),
        tool("xmllint", "validates JUnit XML against its schema", "sudo apt-get install libxml2-utils", xmllint()),
        tool(
            "control-plane",
            "etcd and kube-apiserver, to compare the simulated server with",
            "cargo test -p tests --test real_server   (builds both with Go, once)",
            control_plane(),
        ),
        tool(
            "kubectl",
            "talks to `lockstep serve`",
            "go build -C tests/clients/go -o kubectl ./kubectl",
            version("kubectl", &["version", "--client"]),
        ),
        tool(
            "cargo-deny",
            "checks licences and sources of dependencies in .ci/run",
            "cargo install cargo-deny --locked",
            version("cargo-deny", &["--version"]),
        ),
        tool(
            "chromium",
            "shows the pages of a report",
            "sudo apt-get install chromium",
            version("chromium", &["--version"]).or_else(|| version("chromium-browser", &["--version"])),
        ),
    ]
}

/// First line that a program prints about itself, if it runs.
fn version(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

/// Place of xmllint, which prints its version where other programs print errors.
fn xmllint() -> Option<String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|directory| directory.join("xmllint")).find(|program| program.is_file());
    found.map(|program| program.display().to_string())
}

/// Place of etcd and kube-apiserver: where the variable says, or where the tests have built them.
fn control_plane() -> Option<String> {
    let complete = |directory: &PathBuf| ["etcd", "kube-apiserver"].iter().all(|name| directory.join(name).is_file());
    let assets = env::var_os(ASSETS).map(PathBuf::from);
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| Path::new("target").to_owned(), PathBuf::from);
    let mut built: Vec<PathBuf> = std::fs::read_dir(target.join("control-plane"))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    built.sort();
    assets.into_iter().chain(built).find(complete).map(|directory| directory.display().to_string())
}
