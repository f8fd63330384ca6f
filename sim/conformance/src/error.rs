//! Errors of the corpus, and the reasons why a case does not pass.
use crate::client::Unanswered;
use std::{io, path::PathBuf};

/// Reason why the corpus cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A file or directory cannot be read.
    #[error("cannot read {path}: {why}; the corpus has cases/ and answers/ with the same names")]
    Read {
        /// Path of the file or directory.
        path: PathBuf,
        /// Underlying I/O error.
        why: io::Error,
    },
    /// A file of answers cannot be written.
    #[error("cannot write {path}: {why}")]
    Write {
        /// Path of the file.
        path: PathBuf,
        /// Underlying I/O error.
        why: io::Error,
    },
    /// A file is not JSON, or not of the expected form.
    #[error("{path} is not a case or its answers: {message}")]
    Malformed {
        /// Path of the file.
        path: PathBuf,
        /// Description of the error.
        message: String,
    },
}

/// The first difference between a case's answers and the recorded ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("step {step} {pointer}: expected {expected}, got {actual}")]
pub struct Difference {
    /// Index of the step.
    pub step: usize,
    /// JSON pointer in the step's answer.
    pub pointer: String,
    /// The recorded value.
    pub expected: String,
    /// The value from the server under test.
    pub actual: String,
}

/// Reason why a case does not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The answers differ from the recorded ones.
    #[error(transparent)]
    Difference(#[from] Difference),
    /// The server did not answer.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// The case has no recorded answers.
    #[error("the case has no recorded answers: record them on a real server")]
    Unrecorded,
}
