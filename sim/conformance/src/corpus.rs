//! Reads the files of the corpus, and writes the recorded answers.
use crate::{case::Case, error::CorpusError, files};
use serde::Serialize;
use serde_json::{Value, json, ser::PrettyFormatter};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// All cases of a corpus, by name, each with its answers.
///
/// # Errors
/// If a file cannot be read or is not a case, or a case has no answers.
pub fn load(corpus: &Path) -> Result<Vec<Case>, CorpusError> {
    let cases = load_unanswered(corpus)?;
    match cases.iter().find(|case| case.answers.is_none()) {
        Some(case) => {
            let path = answers_file(corpus, &case.name);
            Err(CorpusError::Read { path, why: io::ErrorKind::NotFound.into() })
        }
        None => Ok(cases),
    }
}

/// All cases of a corpus, by name, with or without recorded answers.
///
/// # Errors
/// If a file cannot be read or is not a case.
pub fn load_unanswered(corpus: &Path) -> Result<Vec<Case>, CorpusError> {
    let mut cases = Vec::new();
    for group in entries(&corpus.join("cases"))? {
        for file in entries(&group)? {
            cases.push(read_case(corpus, &file)?);
        }
    }
    Ok(cases)
}

/// The cases in `not_yet.txt`, which the simulated server is known to answer differently: name → reason.
///
/// # Errors
/// If the list cannot be read, or a line lacks a reason.
pub fn known_gaps(corpus: &Path) -> Result<BTreeMap<String, String>, CorpusError> {
    let path = corpus.join("not_yet.txt");
    gaps_in(&read(&path)?)
        .map_err(|line| CorpusError::Malformed { path: path.clone(), message: format!("{line:?} gives no reason") })
}

/// Parses the text of such a list.
///
/// # Errors
/// The first line without a reason.
pub fn gaps_in(list: &str) -> Result<BTreeMap<String, String>, &str> {
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let gap = |line: &str| {
        let (name, reason) = line.split_once(": ")?;
        Some((name.to_owned(), reason.to_owned()))
    };
    lines.map(|line| gap(line).ok_or(line)).collect()
}

/// The custom resource definition that the cases need.
///
/// # Errors
/// If the file cannot be read or is not JSON.
pub fn definition(corpus: &Path) -> Result<Value, CorpusError> {
    let path = corpus.join("crd.json");
    parse(&path, &read(&path)?)
}

/// Writes the answers of a case; returns the path of the file.
///
/// # Errors
/// If the file cannot be written.
pub fn write_answers(corpus: &Path, name: &str, answers: &[Value]) -> Result<PathBuf, CorpusError> {
    let path = answers_file(corpus, name);
    let failed = |why| CorpusError::Write { path: path.clone(), why };
    let mut text = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b" "));
    json!({"steps": answers}).serialize(&mut writer).map_err(|e| failed(e.into()))?;
    text.push(b'\n');
    fs::create_dir_all(path.parent().unwrap_or(corpus)).map_err(failed)?;
    fs::write(&path, text).map_err(failed)?;
    Ok(path)
}

fn answers_file(corpus: &Path, name: &str) -> PathBuf {
    corpus.join("answers").join(format!("{name}.json"))
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, CorpusError> {
    files::entries(directory).map_err(|why| CorpusError::Read { path: directory.to_owned(), why })
}

fn read(path: &Path) -> Result<String, CorpusError> {
    files::read(path).map_err(|why| CorpusError::Read { path: path.to_owned(), why })
}

fn parse(path: &Path, text: &str) -> Result<Value, CorpusError> {
    serde_json::from_str(text).map_err(|e| CorpusError::Malformed { path: path.to_owned(), message: e.to_string() })
}

fn read_case(corpus: &Path, file: &Path) -> Result<Case, CorpusError> {
    let malformed = |path: &Path, message: String| CorpusError::Malformed { path: path.to_owned(), message };
    let below = file.strip_prefix(corpus.join("cases")).map_err(|_| malformed(file, "not below cases/".to_owned()))?;
    let name = below.with_extension("").to_string_lossy().replace('\\', "/");
    let case = Case::parse(&name, &read(file)?).map_err(|e| match e {
        CorpusError::Malformed { message, .. } => malformed(file, message),
        other => other,
    })?;
    let recorded = answers_file(corpus, &name);
    if !files::exists(&recorded) {
        return Ok(case);
    }
    let mut answers = parse(&recorded, &read(&recorded)?)?;
    match answers.get_mut("steps").map(Value::take) {
        Some(Value::Array(steps)) => Ok(case.with_answers(steps)),
        _ => Err(malformed(&recorded, "no recorded steps".to_owned())),
    }
}
