//! A program that ends when this process ends, in whatever way that happens.
//!
//! A shell runs the program and reads from a pipe that only this process holds open. When the pipe closes, by drop,
//! exit or kill, the shell kills the program and removes its files. The usual alternative, a signal from the kernel
//! when the parent dies, needs unsafe code and works on one system only.
use std::{
    fs,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const READY_TIMEOUT: Duration = Duration::from_secs(120);
const READY_POLL: Duration = Duration::from_millis(100);
/// Lines of the log that an error quotes.
const LOG_LINES: usize = 30;

/// `$0` is the directory to remove, or empty, `$1` the log, the rest the command. An interrupt from the terminal
/// reaches the shell too, and must not end it before its work is done. The last program to end removes the directory.
const GUARD: &str = r#"
trap '' INT TERM HUP
directory=$0 log=$1; shift
[ -z "$directory" ] || touch "$log.alive"
"$@" >"$log" 2>&1 </dev/null & program=$!
echo $program
cat >/dev/null
kill -9 $program 2>/dev/null; wait $program 2>/dev/null
[ -n "$directory" ] || exit 0
rm -f "$log.alive"
ls "$directory" | grep -q '\.alive$' || rm -rf "$directory"
"#;

/// A program does not run.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The shell did not start, or did not name the process that it started.
    #[error("cannot start {program}: {source}; is there an `sh`?")]
    Start {
        /// Path or name of the program.
        program: String,
        /// Underlying I/O error.
        source: io::Error,
    },
    /// The program ended, or took too long to be ready.
    #[error("{program} {what}; the end of its log:\n{log}")]
    NotReady {
        /// Path or name of the program.
        program: String,
        /// "ended", or the time that was waited.
        what: String,
        /// Last lines of the log.
        log: String,
    },
}

/// A running program. Dropping this kills the program and waits until it has ended.
#[derive(Debug)]
pub struct Process {
    guard: Child,
    pid: u32,
    name: String,
    log: PathBuf,
}

/// A program to start, with its environment.
#[derive(Debug, Clone)]
pub struct Launch<'a> {
    /// Path of the program.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: &'a [String],
    /// Variables that are added to this process's environment.
    pub environment: &'a [(&'static str, String)],
    /// Directory of its log.
    pub directory: &'a Path,
    /// Name of the log, without `.log`, and of the program in messages.
    pub name: &'a str,
    /// Whether the directory stays when the last program with a log in it has ended.
    pub keeps_directory: bool,
}

impl Launch<'_> {
    /// Starts the program.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(&self) -> Result<Process, ProcessError> {
        let Self { program, arguments, environment, directory, name, keeps_directory } = self;
        // The name may contain a dot, as in `gw-0.2`.
        let log = directory.join(format!("{name}.log"));
        let failed = |source| ProcessError::Start { program: program.display().to_string(), source };
        let mut command = Command::new("sh");
        command.args(["-c", GUARD]).arg(if *keeps_directory { Path::new("") } else { directory });
        command.arg(&log).arg(program).args(*arguments).envs(environment.iter().map(|(key, value)| (key, value)));
        let mut guard = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut pid = String::new();
        let stdout = guard.stdout.take().expect("its output is piped");
        BufReader::new(stdout).read_line(&mut pid).map_err(failed)?;
        let pid = pid.trim().parse().map_err(|_| failed(io::Error::other("the shell named no process")))?;
        Ok(Process { guard, pid, name: (*name).to_owned(), log })
    }
}

impl Process {
    /// Starts a program; its log is a file in `directory`, which the last program with a log in it removes.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(program: &Path, arguments: &[String], directory: &Path, name: &str) -> Result<Self, ProcessError> {
        Launch { program, arguments, environment: &[], directory, name, keeps_directory: false }.start()
    }

    /// Waits until the program is ready.
    ///
    /// # Errors
    /// If the program ends before, or takes more than two minutes.
    #[expect(clippy::disallowed_methods, reason = "a real process takes real time")]
    pub fn wait_until(&self, is_ready: impl Fn() -> bool) -> Result<(), ProcessError> {
        let started = Instant::now();
        while !is_ready() {
            if !self.is_alive() {
                return Err(self.not_ready("ended".to_owned()));
            }
            if started.elapsed() > READY_TIMEOUT {
                return Err(self.not_ready(format!("was not ready within {READY_TIMEOUT:?}")));
            }
            std::thread::sleep(READY_POLL);
        }
        Ok(())
    }

    /// Waits until the program has ended; whether it did so within `limit`.
    #[expect(clippy::disallowed_methods, reason = "a real process takes real time")]
    pub fn ends_within(&self, limit: Duration) -> bool {
        let started = Instant::now();
        while self.is_alive() {
            if started.elapsed() > limit {
                return false;
            }
            std::thread::sleep(READY_POLL);
        }
        true
    }

    /// Path of its log, until the directory is removed.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Process id of the program, for signals.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the program runs, or is stopped.
    pub fn is_alive(&self) -> bool {
        self.signal("-0")
    }

    /// Sends a signal by its option of `kill`, as in `-STOP`; whether the process was there to get it.
    pub fn signal(&self, option: &str) -> bool {
        let status = Command::new("kill").arg(option).arg(self.pid.to_string()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    fn not_ready(&self, what: String) -> ProcessError {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let log = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
        ProcessError::NotReady { program: self.name.clone(), what, log }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        if let Err(error) = self.guard.wait() {
            eprintln!("{} may still run as {}: {error}", self.name, self.pid);
        }
    }
}
