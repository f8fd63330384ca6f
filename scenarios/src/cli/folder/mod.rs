//! The report folder: it is tried before the first run, belongs to one command at a time, and contains what that
//! command wrote.
//!
//! A file that cannot be written later is a note on standard error, never the end of the command: the verdict and the
//! replay strings are printed in any case. The folder of `--report` is opened at once. Without `--report` it is opened
//! when there is something to write, or at once if an earlier command left files in it.
pub(super) mod atomic;
mod manifest;

use super::{options::ReportOptions, print};
use anyhow::{Context, bail};
use manifest::Manifest;
use reports::{report::RunReport, text::Detail};
use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Folder without `--report`.
const DEFAULT: &str = "lockstep-report";
/// File whose lock says that a command is writing into the folder. The system frees the lock of a killed process.
const LOCK: &str = ".lockstep-lock";

/// Where a report and its replay files go.
pub(super) struct Folder {
    /// Whether `--report` asked for it.
    asked: bool,
    state: Mutex<State>,
}

enum State {
    /// Not needed so far.
    Unopened(PathBuf),
    Open(Open),
    /// It cannot be used, which was reported.
    Unusable,
}

struct Open {
    directory: PathBuf,
    manifest: Manifest,
    /// Kept for its lock.
    _lock: File,
    failed: bool,
}

/// Reason for which a folder cannot be used.
enum Unusable {
    /// Another command is writing into it.
    Locked,
    /// It cannot be made or written.
    Unwritable(io::Error),
}

impl Folder {
    /// The folder of `--report`, or the default one.
    ///
    /// # Errors
    /// If the folder of `--report` cannot be used.
    pub(super) fn open(options: &ReportOptions) -> anyhow::Result<Self> {
        let Some(directory) = &options.report else { return Ok(Self::by_default()) };
        let shown = directory.display();
        match Open::new(directory) {
            Ok(open) => Ok(Self { asked: true, state: Mutex::new(State::Open(open)) }),
            Err(Unusable::Locked) => bail!(
                "--report {shown}: another lockstep is writing into this folder; wait until it has ended, or set \
                 another folder (nothing was run)"
            ),
            Err(Unusable::Unwritable(error)) => Err(error).with_context(|| {
                format!("--report {shown}: cannot write into this folder; set another one (nothing was run)")
            }),
        }
    }

    /// No folder, for verbs that write one only on request.
    pub(super) fn only_if_asked(options: &ReportOptions) -> anyhow::Result<Self> {
        match options.report {
            Some(_) => Self::open(options),
            None => Ok(Self { asked: false, state: Mutex::new(State::Unusable) }),
        }
    }

    fn by_default() -> Self {
        let directory = PathBuf::from(DEFAULT);
        let left = directory.is_dir().then(|| Open::new(&directory));
        let state = match left {
            Some(Ok(open)) => State::Open(open),
            // If it cannot be used, that matters only when there is something to write.
            Some(Err(_)) | None => State::Unopened(directory),
        };
        Self { asked: false, state: Mutex::new(state) }
    }

    /// Makes a folder in it, for files that grow while the command runs. The next command leaves it alone. None if it
    /// could not be made.
    pub(super) fn make(&self, name: &str) -> Option<PathBuf> {
        let mut state = self.locked();
        let open = state.opened()?;
        let path = open.directory.join(name);
        match fs::create_dir_all(&path) {
            Ok(()) => Some(path),
            Err(error) => {
                open.cannot_write(name, &error);
                None
            }
        }
    }

    /// Writes a file; returns its path, or None if it could not be written.
    pub(super) fn write(&self, name: &str, content: &str) -> Option<PathBuf> {
        self.locked().opened()?.write(name, content)
    }

    /// Writes the report in every format. Without `--report` it does so only where replay files are.
    pub(super) fn write_report(&self, report: &RunReport) {
        let mut state = self.locked();
        let State::Open(open) = &mut *state else { return };
        if self.asked || !open.manifest.is_empty() {
            open.write("report.json", &reports::json::render(report));
            open.write("report.xml", &reports::junit::render(report));
            open.write("report.sarif", &reports::sarif::render(report));
            open.write("report.html", &reports::html::render(report));
            open.write("report.txt", &reports::text::render(report, Detail::Full));
        }
        if let Err(error) = open.manifest.finish(&open.directory) {
            open.cannot_write(manifest::NAME, &error);
        }
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The folder, opened if it was not yet.
    fn opened(&mut self) -> Option<&mut Open> {
        if let Self::Unopened(directory) = self {
            *self = Self::first_free(directory);
        }
        match self {
            Self::Open(open) => Some(open),
            Self::Unopened(_) | Self::Unusable => None,
        }
    }

    /// The default folder, or one with a number while another command is writing into it.
    fn first_free(directory: &Path) -> Self {
        for number in 1..100 {
            let other = directory.with_file_name(format!("{DEFAULT}-{number}"));
            let directory = if number == 1 { directory } else { &other };
            match Open::new(directory) {
                Ok(open) => {
                    if number > 1 {
                        print::note(&format!(
                            "another lockstep is writing into {DEFAULT}; this one uses {}",
                            other.display()
                        ));
                    }
                    return Self::Open(open);
                }
                Err(Unusable::Locked) => {}
                Err(Unusable::Unwritable(error)) => {
                    print::note(&format!(
                        "cannot write into {}: {error}; no files are written, set a folder with --report",
                        directory.display()
                    ));
                    break;
                }
            }
        }
        Self::Unusable
    }
}

impl Open {
    fn new(directory: &Path) -> Result<Self, Unusable> {
        fs::create_dir_all(directory).map_err(Unusable::Unwritable)?;
        let path = directory.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(path).map_err(Unusable::Unwritable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Unusable::Locked),
            // Some network file systems have no locks.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(Unusable::Unwritable(error)),
        }
        let manifest = Manifest::begin(directory).map_err(Unusable::Unwritable)?;
        Ok(Self { directory: directory.to_owned(), manifest, _lock: lock, failed: false })
    }

    fn write(&mut self, name: &str, content: &str) -> Option<PathBuf> {
        match self.manifest.write(&self.directory, name, content.as_bytes()) {
            Ok(path) => Some(path),
            Err(error) => {
                self.cannot_write(name, &error);
                None
            }
        }
    }

    /// Says so once: with a full disk, every file fails.
    fn cannot_write(&mut self, name: &str, error: &io::Error) {
        if !std::mem::replace(&mut self.failed, true) {
            let path = self.directory.join(name);
            print::note(&format!(
                "cannot write {}: {error}; the report on standard output is complete",
                path.display()
            ));
        }
    }
}
