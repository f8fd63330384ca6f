//! Unmodified clients against the simulated API server on a socket, and the same programs against a real kube-apiserver.
//!
//! Each is a program that cannot tell which of the two it talks to. kubectl's sessions are transcripts, recorded from the real server:
//! what it prints must be the same to the letter. `LOCKSTEP_RECORD=1` records them anew.
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

/// Where what is built or installed for the tests stays, out of git's sight.
fn cache(name: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in the workspace");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let cache = target.join("clients").join(name);
    std::fs::create_dir_all(&cache).expect("the target directory can be written");
    cache
}
