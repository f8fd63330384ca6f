//! The conformance corpus: played on the simulated API server in process, on one behind a socket, or on a real kube-apiserver.
//!
//! Cases are declarative, their answers were recorded from kube-apiserver 1.36.3; both are files (`tests/conformance`). A case is
//! played on a [`Client`], its answers are normalised, and then compared with the recorded ones, or recorded. One player, one
//! normaliser, whatever the server: this is how the simulation is held to the truth.
use apiserver::Registry;
use case::Script;
use futures::FutureExt;
use serde_json::Value;
use std::sync::Arc;

mod case;
mod client;
mod compare;
mod corpus;
pub mod fidelity;
mod install;
mod normalise;
mod ordered;
mod player;

pub use client::{Client, InProcess, InProcessStream, Line, Reply, Unanswered};
pub use corpus::{CorpusError, definition, gaps_in, known_gaps, load, load_unanswered, write_answers};
pub use install::{admit_users, install};
pub use player::Tokens;

/// Where a case plays when it has a cluster of its own.
const NAMESPACE: &str = "conf-kzbtqwxm";

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Group and file, e.g. `leases/second-create`.
    pub name: String,
    /// The file as it is: what it mentions literally is not normalised.
    text: String,
    script: Script,
    /// None if nothing is recorded yet.
    answers: Option<Vec<Value>>,
}

impl Case {
    /// A case from the text of its file, without answers.
    ///
    /// # Errors
    /// If it is not of a case's shape.
    pub fn parse(name: &str, text: &str) -> Result<Self, CorpusError> {
        let malformed = |e: serde_json::Error| CorpusError::Malformed { path: name.into(), message: e.to_string() };
        let script = serde_json::from_str(text).map_err(malformed)?;
        Ok(Self { name: name.to_owned(), text: text.to_owned(), script, answers: None })
    }

    /// The behaviour that it shows, in one sentence.
    pub fn about(&self) -> &str {
        &self.script.about
    }

    /// Whether it compacts the store.
    pub fn compacts(&self) -> bool {
        self.script.steps.iter().any(|step| matches!(step.action, case::Action::Compact(_)))
    }

    /// Whether a shell pattern with `*` names it.
    pub fn is_named_by(&self, pattern: &str) -> bool {
        compare::matches(pattern.as_bytes(), self.name.as_bytes())
    }

    /// Whether answers are recorded for it.
    pub fn is_recorded(&self) -> bool {
        self.answers.is_some()
    }

    /// The same steps, with these answers.
    pub fn with_answers(self, answers: Vec<Value>) -> Self {
        Self { answers: Some(answers), ..self }
    }

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
    /// What this one says.
    pub actual: String,
}

/// Why a case did not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It was answered otherwise than recorded.
    #[error(transparent)]
    Difference(#[from] Difference),
    /// It was not answered.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// There is nothing to compare with.
    #[error("nothing is recorded for it: record it on a real server")]
    Unrecorded,
}

/// The normalised answers of all steps, played in this namespace, which must not exist yet.
///
/// # Errors
/// If the server does not answer at all.
pub async fn play<C: Client>(
    client: &mut C,
    tokens: &Tokens,
    case: &Case,
    namespace: &str,
) -> Result<Vec<Value>, Unanswered> {
    let raw = player::play(client, tokens, &case.script, namespace).await?;
    let managed = case.name.starts_with("managedfields/");
    Ok(normalise::run(&case.text, namespace, managed, &case.script.steps, raw))
}

/// Plays a case and compares its answers with the recorded ones.
///
/// # Errors
/// The first difference, or why there is nothing to compare.
pub async fn check_on<C: Client>(client: &mut C, tokens: &Tokens, case: &Case, namespace: &str) -> Result<(), Problem> {
    let got = play(client, tokens, case, namespace).await?;
    compare(case, &got)
}

/// Compares normalised answers with those of the case.
///
/// # Errors
/// The first difference, or why there is nothing to compare.
pub fn compare(case: &Case, got: &[Value]) -> Result<(), Problem> {
    let answers = case.answers.as_ref().ok_or(Problem::Unrecorded)?;
    compare::first_difference(&case.script, answers, got).map_or(Ok(()), |difference| Err(difference.into()))
}

/// Plays a case on a simulated cluster of its own.
///
/// # Errors
/// The first difference.
///
/// # Panics
/// Never: in process nothing waits.
pub fn check(registry: &Arc<Registry>, case: &Case) -> Result<(), Problem> {
    let mut client = InProcess::new(registry);
    check_on(&mut client, &Tokens::default(), case, NAMESPACE).now_or_never().expect("in process nothing waits")
}
