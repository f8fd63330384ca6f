//! kubectl, with a kubeconfig and a home of its own, so that no discovery cache outlives its server.
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// The folder of the manifests.
pub(crate) fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateway/deploy")
}

/// kubectl as an administrator of one server.
pub(crate) struct Kubectl {
    files: TempDir,
}

impl Kubectl {
    /// For a kubeconfig's text.
    pub(crate) fn new(kubeconfig: &str) -> Self {
        let files = TempDir::new().expect("a directory");
        std::fs::write(files.path().join("kubeconfig"), kubeconfig).expect("a file");
        Self { files }
    }

    /// Path of the kubeconfig.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.files.path().join("kubeconfig")
    }

    /// Runs it in the folder of the manifests.
    pub(crate) fn try_run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("kubectl");
        command.args(arguments).current_dir(deploy());
        command.env("KUBECONFIG", self.kubeconfig()).env("HOME", self.files.path());
        command.output().expect("kubectl runs")
    }

    /// Runs it; gives its output, and panics if it fails or warns.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.try_run(arguments);
        let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "kubectl {}:\n{text}{errors}", arguments.join(" "));
        assert!(!errors.contains("Warning"), "kubectl {}:\n{errors}", arguments.join(" "));
        text.into_owned()
    }
}
