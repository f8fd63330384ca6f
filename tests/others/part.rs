//! A part of a suite: one program, run against a server of its own.
use crate::{
    outcomes::{Format, Outcomes},
    side::Running,
    workshop::Workshop,
};
use anyhow::Context;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tests::real_server::Process;

/// Longest time for one part, unless the suite says otherwise.
const LIMIT: Duration = Duration::from_secs(900);
/// Longest time between a program's own limit and its end.
const GRACE: Duration = Duration::from_secs(60);

type Build = Box<dyn Fn(&Workshop) -> anyhow::Result<PathBuf>>;

/// One program of a suite.
pub(crate) struct Part {
    /// Its name within the suite.
    pub(crate) name: String,
    /// Builds the program, or finds it built; its path.
    build: Build,
    /// Arguments; `{kubeconfig}` and `{limit}` (seconds) are replaced.
    arguments: Vec<String>,
    /// Directory that it runs in.
    directory: PathBuf,
    /// Further variables.
    environment: Vec<(String, String)>,
    /// Form of its report.
    format: Format,
    /// Longest time that it may take.
    pub(crate) limit: Duration,
}

impl Part {
    /// A program that runs in `directory` and reports in `format`.
    pub(crate) fn new(
        name: &str,
        directory: &Path,
        format: Format,
        build: impl Fn(&Workshop) -> anyhow::Result<PathBuf> + 'static,
    ) -> Self {
        Self {
            name: name.to_owned(),
            build: Box::new(build),
            arguments: Vec::new(),
            directory: directory.to_owned(),
            environment: Vec::new(),
            format,
            limit: LIMIT,
        }
    }

    /// With these arguments.
    pub(crate) fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// With a variable of the environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With another limit.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Builds the program; its path.
    ///
    /// # Errors
    /// If it cannot be built.
    pub(crate) fn build(&self, workshop: &Workshop) -> anyhow::Result<PathBuf> {
        (self.build)(workshop)
    }

    /// Its name as that of a file.
    pub(crate) fn file_name(&self) -> String {
        self.name.replace('/', "-")
    }

    /// Runs the program against a server; keeps its log and its outcomes beside `kept`.
    ///
    /// # Errors
    /// If it cannot be started, or leaves no outcome.
    pub(crate) fn run(
        &self,
        program: &Path,
        server: &Running,
        kept: &Path,
        limit: Duration,
    ) -> anyhow::Result<Outcomes> {
        let report = server.directory.join("report.json");
        let process = Process::start(
            Path::new("env"),
            &self.command(program, server, &report, limit),
            &server.directory,
            "tests",
        )?;
        let ended = process.ends_within(limit + GRACE);
        let log = fs::read_to_string(process.log()).context("the tests' log cannot be read")?;
        let kept_log = kept.with_extension("log");
        fs::create_dir_all(kept.parent().context("results have a directory")?)?;
        fs::write(&kept_log, &log)?;
        anyhow::ensure!(ended, "{} did not end within {limit:?}; its log is {}", self.name, kept_log.display());
        let outcomes = self.format.read(&log, &report);
        let outcomes =
            outcomes.with_context(|| format!("{} left no outcome; its log is {}", self.name, kept_log.display()))?;
        outcomes.write(&kept.with_extension("json"))?;
        Ok(outcomes)
    }

    /// Arguments for `env`, which changes the directory and the environment and becomes the program.
    fn command(&self, program: &Path, server: &Running, report: &Path, limit: Duration) -> Vec<String> {
        let kubeconfig = server.kubeconfig.display().to_string();
        let mut command = vec!["-C".to_owned(), self.directory.display().to_string()];
        command.extend([format!("KUBECONFIG={kubeconfig}"), format!("HOME={}", server.directory.display())]);
        command.extend(self.environment.iter().map(|(name, value)| format!("{name}={value}")));
        command.push(program.display().to_string());
        let seconds = limit.as_secs().to_string();
        let replaced = |text: &String| text.replace("{kubeconfig}", &kubeconfig).replace("{limit}", &seconds);
        command.extend(self.format.arguments(report, limit));
        command.extend(self.arguments.iter().map(replaced));
        command
    }
}
