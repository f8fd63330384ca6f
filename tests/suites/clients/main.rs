//! Unmodified clients against the simulated API server on a socket, and against a real kube-apiserver.
//!
//! No program knows which of the two it is connected to. kubectl's sessions are transcripts, recorded from the real
//! server: kubectl must print the same text. `LOCKSTEP_RECORD=1` records them again.
mod endpoint;
mod go;
mod kube_rs;
mod kubectl;
mod python;

use endpoint::Endpoint;
use std::path::{Path, PathBuf};

/// A directory of this crate.
fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name)
}

/// Directory for what is built or installed for the tests, ignored by git.
fn cache(name: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in the workspace");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let cache = target.join("clients").join(name);
    std::fs::create_dir_all(&cache).expect("the target directory can be written");
    cache
}
