//! What the suites are prepared with: directories below `target/others`, the `lockstep` command, other programs.
use anyhow::Context;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Directories and programs.
pub(crate) struct Workshop {
    workspace: PathBuf,
    target: PathBuf,
    lockstep: OnceLock<PathBuf>,
    python_client: Option<PathBuf>,
}

impl Workshop {
    /// With the `lockstep` command and the clone of the Python client's repository that the user named.
    ///
    /// # Errors
    /// If the target directory cannot be written.
    pub(crate) fn new(lockstep: Option<PathBuf>, python_client: Option<PathBuf>) -> anyhow::Result<Self> {
        let workspace =
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("this crate is in a workspace")?.to_owned();
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
        let target = std::path::absolute(target)?.join("others");
        fs::create_dir_all(target.join("results")).with_context(|| format!("cannot write {}", target.display()))?;
        let named = OnceLock::new();
        if let Some(lockstep) = lockstep {
            named.get_or_init(|| lockstep);
        }
        Ok(Self { workspace, target, lockstep: named, python_client })
    }

    /// The page that declares the differences.
    pub(crate) fn document(&self) -> PathBuf {
        self.workspace.join("docs/fidelity.md")
    }

    /// The workspace's Cargo.lock.
    pub(crate) fn lock_file(&self) -> PathBuf {
        self.workspace.join("Cargo.lock")
    }

    /// A directory of this program's sources.
    pub(crate) fn sources(&self, name: &str) -> PathBuf {
        self.workspace.join("tests/others").join(name)
    }

    /// A directory for a suite's programs.
    ///
    /// # Errors
    /// If it cannot be created.
    pub(crate) fn programs(&self, suite: &str) -> anyhow::Result<PathBuf> {
        let directory = self.target.join(format!("{suite}-programs"));
        fs::create_dir_all(&directory).with_context(|| format!("cannot write {}", directory.display()))?;
        Ok(directory)
    }

    /// Where outcomes and logs are kept.
    pub(crate) fn results(&self) -> PathBuf {
        self.target.join("results")
    }

    /// The clone of the Python client's repository that the user named.
    pub(crate) fn python_client(&self) -> Option<&Path> {
        self.python_client.as_deref()
    }

    /// A directory that is kept from one run to the next; `prepare` fills it once, under another name until it is done.
    ///
    /// # Errors
    /// If it cannot be prepared.
    pub(crate) fn kept(
        &self,
        name: &str,
        prepare: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<PathBuf> {
        let directory = self.target.join(name);
        if !directory.exists() {
            let unfinished = self.target.join(format!("{name}.unfinished"));
            if unfinished.exists() {
                fs::remove_dir_all(&unfinished)?;
            }
            fs::create_dir_all(&unfinished)?;
            prepare(&unfinished)?;
            fs::rename(&unfinished, &directory)?;
        }
        Ok(directory)
    }

    /// The `lockstep` command, built on first use.
    ///
    /// # Errors
    /// If it cannot be built.
    pub(crate) fn lockstep(&self) -> anyhow::Result<PathBuf> {
        if let Some(known) = self.lockstep.get() {
            return Ok(known.clone());
        }
        run(Command::new(cargo()).args(["build", "--release", "--locked"]).current_dir(&self.workspace))?;
        let target = self.target.parent().context("a directory below target")?;
        Ok(self.lockstep.get_or_init(|| target.join("release/lockstep")).clone())
    }

    /// Directory of the sources of a crate in Cargo.lock.
    ///
    /// # Errors
    /// If there is no such crate.
    pub(crate) fn crate_sources(&self, name: &str) -> anyhow::Result<PathBuf> {
        let metadata = run(Command::new(cargo())
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(&self.workspace))?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
        let packages = metadata["packages"].as_array().context("cargo metadata lists packages")?;
        let package = packages.iter().find(|package| package["name"] == name).context("no such crate in Cargo.lock")?;
        let manifest = package["manifest_path"].as_str().context("a package has a manifest")?;
        Ok(Path::new(manifest).parent().context("a manifest is in a directory")?.to_owned())
    }
}

/// The cargo that runs this.
pub(crate) fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// Whether a program is on the PATH.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// Runs a command to its end and returns what it printed.
///
/// # Errors
/// If it cannot be started, or fails: with its error output.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<String> {
    let program = command.get_program().display().to_string();
    let done = command.output().with_context(|| format!("cannot run {program}"))?;
    let error = String::from_utf8_lossy(&done.stderr);
    anyhow::ensure!(done.status.success(), "{command:?} failed:\n{error}");
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Runs Go in a module.
///
/// # Errors
/// As [`run`].
pub(crate) fn go(module: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let mut go = Command::new("go");
    // Distributions may pin the toolchain to their own, which is older than what go.mod asks for.
    go.args(arguments).current_dir(module).env("CGO_ENABLED", "0").env("GOTOOLCHAIN", "auto").env("GOWORK", "off");
    run(&mut go)
}

/// Copies a directory. The copies can be written, as the files of the Go module cache cannot.
///
/// # Errors
/// If a file cannot be read or written.
pub(crate) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let copied = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &copied)?;
        } else {
            // Not `fs::copy`, which keeps the mode.
            fs::write(&copied, fs::read(entry.path())?)
                .with_context(|| format!("cannot write {}", copied.display()))?;
        }
    }
    Ok(())
}
