//! The programs: from `KUBEBUILDER_ASSETS`, or built once from the Go modules of `tests/tools/control-plane`.
//!
//! The built programs stay under `target/control-plane`, in a directory named after the hash of the sources. Test
//! processes that need them at the same time wait for the first one.
use scenarios::live::control_plane::{ASSETS, Binaries};
use sha2::{Digest, Sha256};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// Files that determine what is built.
const SOURCES: [&str; 4] = ["go.mod", "go.sum", "cmd/etcd/main.go", "cmd/kube-apiserver/main.go"];
/// Without debug information; and with the version that clients compare with their own, which a module lacks.
const LINKER_FLAGS: &str = "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3";

/// The programs cannot be found or built.
#[derive(Debug, thiserror::Error)]
pub enum BinariesError {
    /// The directory in the variable does not have the programs.
    #[error(
        "{ASSETS} is {directory}, without etcd and kube-apiserver in it: correct it, or unset it to build them with Go"
    )]
    NoAssets {
        /// Value of the variable.
        directory: PathBuf,
    },
    /// Go is missing or does not run.
    #[error(
        "cannot run go: {0}; install Go 1.21 or later, or set {ASSETS} to a directory with etcd and kube-apiserver"
    )]
    NoGo(io::Error),
    /// `go build` failed.
    #[error("go build in {directory} failed:\n{output}")]
    Build {
        /// Directory of the Go module.
        directory: PathBuf,
        /// Error output of Go.
        output: String,
    },
    /// A file of the sources or of the cache cannot be used.
    #[error("cannot use {path}: {source}; it must be a file below the workspace that can be read and written")]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Underlying I/O error.
        source: io::Error,
    },
}

/// Finds the programs, or builds them: minutes the first time.
///
/// # Errors
/// If the directory in the environment does not have them, or they cannot be built.
pub fn find() -> Result<Binaries, BinariesError> {
    if let Some(directory) = env::var_os(ASSETS).map(PathBuf::from) {
        let found = Binaries::below(&directory);
        return found.exist().then_some(found).ok_or(BinariesError::NoAssets { directory });
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/control-plane");
    build(&sources, &cache()?.join(key(&sources)?))
}

/// The first process builds while others wait for the lock. The directory gets its name when it is complete.
fn build(sources: &Path, directory: &Path) -> Result<Binaries, BinariesError> {
    let built = Binaries::below(directory);
    if built.exist() {
        return Ok(built);
    }
    let lock_path = directory.with_extension("lock");
    let lock = file(&lock_path, fs::File::create(&lock_path))?;
    file(&lock_path, lock.lock())?;
    if built.exist() {
        return Ok(built);
    }
    eprintln!("building etcd and kube-apiserver with Go, once: some five minutes on two cores");
    let unfinished = directory.with_extension("unfinished");
    let mut go = Command::new("go");
    go.arg("build")
        .args(["-ldflags", LINKER_FLAGS, "-o"])
        .arg(&unfinished)
        .args(["./cmd/etcd", "./cmd/kube-apiserver"]);
    // Distributions may pin the toolchain to their own, which is older than what go.mod asks for.
    go.current_dir(sources).env("CGO_ENABLED", "0").env("GOTOOLCHAIN", "auto");
    file(&unfinished, fs::create_dir_all(&unfinished))?;
    let output = go.output().map_err(BinariesError::NoGo)?;
    if !output.status.success() {
        let output = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(BinariesError::Build { directory: sources.to_owned(), output });
    }
    file(directory, fs::rename(&unfinished, directory))?;
    Ok(built)
}

fn cache() -> Result<PathBuf, BinariesError> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in the workspace");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let cache = target.join("control-plane");
    file(&cache, fs::create_dir_all(&cache))?;
    Ok(cache)
}

/// Hash of the sources and of the flags, shortened.
fn key(sources: &Path) -> Result<String, BinariesError> {
    let mut hash = Sha256::new();
    hash.update(LINKER_FLAGS);
    for name in SOURCES {
        let path = sources.join(name);
        hash.update(file(&path, fs::read(&path))?);
    }
    Ok(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

fn file<T>(path: &Path, outcome: io::Result<T>) -> Result<T, BinariesError> {
    outcome.map_err(|source| BinariesError::File { path: path.to_owned(), source })
}
