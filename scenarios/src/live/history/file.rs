//! The file of a history: the header, then a fact per line, as JSON.
//!
//! A process that is killed leaves a file without an end, perhaps with half a line. It is read as far as it goes;
//! without [`Fact::Ended`], nothing that needs an end is decided.
use super::{FORMAT, Fact, Header, History};
use serde::Serialize;
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

/// A history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Underlying I/O error.
        source: io::Error,
    },
    /// The file does not begin as a history does.
    #[error("{path} is not a history of `lockstep live`: {why}")]
    NotAHistory {
        /// Path of the file.
        path: PathBuf,
        /// Mistake in the header.
        why: String,
    },
    /// A line is not a fact.
    #[error("{path}, line {line}: {why}; the file was changed, or another version wrote it")]
    Line {
        /// Path of the file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// Mistake in the line.
        why: String,
    },
}

pub(super) fn write_line(file: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *file, value)?;
    file.write_all(b"\n")
}

/// Reads a history.
///
/// # Errors
/// If the file cannot be read, or is not a history.
pub fn read(path: &Path) -> Result<History, HistoryError> {
    let owned = || path.to_owned();
    let text = fs::read_to_string(path).map_err(|source| HistoryError::File { path: owned(), source })?;
    let whole = text.ends_with('\n');
    let mut lines = text.lines().enumerate();
    let first = lines.next().map(|(_, line)| line).unwrap_or_default();
    let header: Header = serde_json::from_str(first)
        .map_err(|error| HistoryError::NotAHistory { path: owned(), why: error.to_string() })?;
    if header.lockstep_history != FORMAT {
        let why = format!("its format is {}, and this version reads {FORMAT}", header.lockstep_history);
        return Err(HistoryError::NotAHistory { path: owned(), why });
    }
    let mut facts = Vec::new();
    while let Some((index, line)) = lines.next() {
        match serde_json::from_str::<Fact>(line) {
            Ok(fact) => facts.push(fact),
            // Half a line at the end of a file whose writer was killed.
            Err(_) if !whole && lines.clone().next().is_none() => {}
            Err(error) => {
                return Err(HistoryError::Line { path: owned(), line: index + 1, why: error.to_string() });
            }
        }
    }
    Ok(History { header, facts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::history::Journal;

    fn header() -> Header {
        Header {
            lockstep_history: FORMAT,
            version: "0.1.0".to_owned(),
            scenario: "mix".to_owned(),
            protocol: "fenced-lease".to_owned(),
            replicas: 3,
            proxied: true,
            seed: 1,
            started: String::new(),
            faults: Vec::new(),
            crashes_only: true,
            tail: 0,
        }
    }

    #[test]
    fn written_history_is_read_back() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("history.jsonl");
        let journal = Journal::begin(header(), Some(&path)).expect("a journal");
        journal.fault("kill");
        journal.record(Fact::Ended { at: journal.now() });
        let written = journal.history();
        assert_eq!(read(&path).expect("a history"), written);
        assert_eq!(written.facts.len(), 2);
    }

    #[test]
    fn half_a_last_line_is_left_out() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("history.jsonl");
        let first = serde_json::to_string(&header()).expect("JSON");
        fs::write(&path, format!("{first}\n{{\"Ended\":{{\"at\":7}}}}\n{{\"Ended\":{{\"a")).expect("written");
        assert_eq!(read(&path).expect("a history").facts, [Fact::Ended { at: 7 }]);
        fs::write(&path, format!("{first}\n{{\"Ended\":{{\"a\n{{\"Ended\":{{\"at\":7}}}}\n")).expect("written");
        assert!(matches!(read(&path), Err(HistoryError::Line { line: 2, .. })));
        fs::write(&path, "{}\n").expect("written");
        assert!(matches!(read(&path), Err(HistoryError::NotAHistory { .. })));
    }
}
