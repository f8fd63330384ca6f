//! The conformance corpus, played against the simulated API server in process.
//!
//! Cases are declarative, their answers were recorded from kube-apiserver 1.36.3; both are files (`tests/conformance`). A case
//! runs on a cluster of its own, then its answers are normalised and compared with the recorded ones: this is how the
//! simulation is held to the truth.
use super::Registry;
use serde_json::Value;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

mod compare;
mod normalise;
mod player;

/// Why the corpus cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A file or directory.
    #[error("cannot read {path}: {source}; the corpus has cases/ and answers/ with the same names")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that is no JSON, or not of this shape.
    #[error("{path} is not a case or its answers: {message}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

/// One recorded case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Group and file, e.g. `leases/second-create`.
    pub name: String,
    /// The file as it is: what it mentions literally is not normalised.
    text: String,
    case: Value,
    answers: Vec<Value>,
}

impl Case {
    /// The same steps, with what was recorded for another case: to see that the comparison can fail.
    pub fn with_answers_of(&self, other: &Self) -> Self {
        Self { answers: other.answers.clone(), ..self.clone() }
    }
}

/// Where a case's answers part from the recorded ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("step {step} {pointer}: expected {expected}, got {actual}")]
pub struct Difference {
    /// Index of the step.
    pub step: usize,
    /// JSON pointer in the step's answer.
    pub pointer: String,
    /// What the real server said.
    pub expected: String,
    /// What the simulated one says.
    pub actual: String,
}

/// All cases of a corpus, by name.
///
/// # Errors
/// If a file cannot be read or is no case.
pub fn load(corpus: &Path) -> Result<Vec<Case>, CorpusError> {
    let mut cases = Vec::new();
    for group in entries(&corpus.join("cases"))? {
        for file in entries(&group)? {
            cases.push(read_case(corpus, &file)?);
        }
    }
    Ok(cases)
}

/// The custom resource definition that the cases need.
///
/// # Errors
/// If it cannot be read or is no JSON.
pub fn definition(corpus: &Path) -> Result<Value, CorpusError> {
    let path = corpus.join("crd.json");
    parse(&path, &read(&path)?)
}

/// Plays a case on a cluster of its own.
///
/// # Errors
/// The first difference.
pub fn check(registry: &Arc<Registry>, case: &Case) -> Result<(), Difference> {
    let (raw, namespace) = player::play(registry, &case.case);
    let managed = case.name.starts_with("managedfields/");
    let steps = steps(&case.case);
    let got = normalise::run(&case.text, &namespace, managed, steps, raw);
    compare::first_difference(&case.case, &case.answers, &got).map_or(Ok(()), Err)
}

fn steps(case: &Value) -> &[Value] {
    case.get("steps").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, CorpusError> {
    let failed = |source| CorpusError::Read { path: directory.to_owned(), source };
    let found: Result<Vec<_>, _> = fs::read_dir(directory).map_err(failed)?.map(|e| e.map(|e| e.path())).collect();
    let mut found = found.map_err(failed)?;
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<String, CorpusError> {
    fs::read_to_string(path).map_err(|source| CorpusError::Read { path: path.to_owned(), source })
}

fn parse(path: &Path, text: &str) -> Result<Value, CorpusError> {
    serde_json::from_str(text).map_err(|e| CorpusError::Malformed { path: path.to_owned(), message: e.to_string() })
}

fn read_case(corpus: &Path, file: &Path) -> Result<Case, CorpusError> {
    let malformed = |message: &str| CorpusError::Malformed { path: file.to_owned(), message: message.to_owned() };
    let below = file.strip_prefix(corpus.join("cases")).map_err(|_| malformed("not below cases/"))?;
    let name = below.with_extension("").to_string_lossy().replace('\\', "/");
    let text = read(file)?;
    let answers_file = corpus.join("answers").join(below);
    let answers = parse(&answers_file, &read(&answers_file)?)?;
    let answers = answers.get("steps").and_then(Value::as_array).ok_or_else(|| malformed("no recorded steps"))?;
    Ok(Case { name, case: parse(file, &text)?, text, answers: answers.clone() })
}
