//! kube-rs: the tests that are ignored without a cluster, of the versions in Cargo.lock, from their published sources.
use crate::{
    outcomes::Format,
    part::Part,
    workshop::{self, Workshop},
};
use anyhow::Context;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Crates and the features that their tests with a cluster are behind.
const CRATES: [(&str, &str); 3] = [
    ("kube", "client,config,derive,runtime,rustls-tls,ring,ws,jsonpatch,admission"),
    ("kube-client", "client,config,rustls-tls,ring,ws,jsonpatch,admission,unstable-client"),
    ("kube-runtime", ""),
];

/// A dependency of the tests that the published manifests lack, because it has no version in the sources.
const DEVELOPED_WITH: &str = "[dev-dependencies.kube]\nversion = \"=5.0.0\"\nfeatures = [\"runtime\"]\n";

/// A part for each crate.
pub(super) fn parts(workshop: &Workshop) -> anyhow::Result<Vec<Part>> {
    let sources = workshop.kept("kube-rs", |directory| {
        for (name, _) in CRATES {
            let package = directory.join(name);
            workshop::copy(&workshop.crate_sources(name)?, &package)?;
            // The versions of this workspace, of which the copy is not a part.
            fs::copy(workshop.lock_file(), package.join("Cargo.lock"))?;
            let manifest = package.join("Cargo.toml");
            let added = if name == "kube" { "" } else { DEVELOPED_WITH };
            fs::write(&manifest, format!("{}\n[workspace]\n{added}", fs::read_to_string(&manifest)?))?;
        }
        Ok(())
    })?;
    let part = |(name, features): (&'static str, &'static str)| {
        let directory = sources.join(name);
        let (package, target) = (directory.clone(), sources.join("target"));
        Part::new(name, &directory, Format::Libtest, move |_| build(&package, &target, features))
            .arguments(&["--ignored", "--test-threads=1"])
    };
    Ok(CRATES.map(part).into())
}

/// The test program of a crate's library.
fn build(package: &Path, target: &Path, features: &str) -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new(workshop::cargo());
    cargo.args(["test", "--lib", "--no-run", "--message-format=json", "--features", features]);
    cargo.current_dir(package).env("CARGO_TARGET_DIR", target).env("CARGO_PROFILE_DEV_DEBUG", "0");
    let built = workshop::run(&mut cargo)?;
    let messages = built.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let program = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back();
    program.context("cargo built no test program")
}
