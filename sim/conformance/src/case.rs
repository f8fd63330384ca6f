//! A conformance case: its script, and the recorded answers.
use crate::{
    error::CorpusError,
    pattern,
    script::{Action, Script},
};
use serde_json::Value;

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Group and file, e.g. `leases/second-create`.
    pub name: String,
    /// The file's text: values that occur in it literally are not normalised.
    pub(super) text: String,
    pub(super) script: Script,
    /// Normalised answers, one for each step; None if nothing is recorded yet.
    pub(super) answers: Option<Vec<Value>>,
}

impl Case {
    /// A case from the text of its file, without answers.
    ///
    /// # Errors
    /// If the text does not have the form of a case.
    pub fn parse(name: &str, text: &str) -> Result<Self, CorpusError> {
        let malformed = |e: serde_json::Error| CorpusError::Malformed { path: name.into(), message: e.to_string() };
        let script = serde_json::from_str(text).map_err(malformed)?;
        Ok(Self { name: name.to_owned(), text: text.to_owned(), script, answers: None })
    }

    /// The behaviour that the case shows, in one sentence.
    pub fn about(&self) -> &str {
        &self.script.about
    }

    /// Whether the case compacts the store.
    pub fn compacts(&self) -> bool {
        self.script.steps.iter().any(|step| matches!(step.action, Action::Compact(_)))
    }

    /// Whether a shell pattern with `*` matches the case's name.
    pub fn is_named_by(&self, pattern: &str) -> bool {
        pattern::matches(pattern, &self.name)
    }

    /// Whether the case has recorded answers.
    pub fn is_recorded(&self) -> bool {
        self.answers.is_some()
    }

    /// The same script with these answers.
    pub fn with_answers(self, answers: Vec<Value>) -> Self {
        Self { answers: Some(answers), ..self }
    }

    /// The same script with the answers of another case, to test that a comparison can fail.
    pub fn with_answers_of(&self, other: &Self) -> Self {
        Self { answers: other.answers.clone(), ..self.clone() }
    }
}
