//! Computes the identity of the code that makes a run: a hash of the sources of every crate that takes part in one, and
//! of the versions of all others. Tests are left out.
use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

/// What takes part in a run, from this crate's folder.
const PARTS: [&str; 10] = [
    "src",
    "mutants/src",
    "mutants/build",
    "../gateway/src",
    "../gateway/coalescer/src",
    "../model/src",
    "../sim/src",
    "../sim/apiserver/src",
    "../Cargo.lock",
    "../rust-toolchain.toml",
];

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut hasher = DefaultHasher::new();
    for part in PARTS {
        println!("cargo::rerun-if-changed={part}");
        hash(&here.join(part), &mut hasher);
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=LOCKSTEP_CODE={:016x}", hasher.finish());
}

/// Folders that no run depends on: tests, and what is said about survivors.
const LEFT_OUT: [&str; 2] = ["tests", "survivors"];
/// The beginning of a file's tests, which are at its end.
const TESTS: &str = "#[cfg(test)]\nmod tests {";

/// Hashes a file, or all files of a folder in the order of their names.
fn hash(path: &Path, hasher: &mut DefaultHasher) {
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("a readable folder");
        let mut entries: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        entries.retain(|entry| !entry.is_dir() || !LEFT_OUT.iter().any(|name| entry.ends_with(name)));
        entries.sort();
        for entry in entries {
            entry.file_name().hash(hasher);
            hash(&entry, hasher);
        }
    } else {
        let text = fs::read_to_string(path).expect("a readable file");
        text.split(TESTS).next().hash(hasher);
    }
}
