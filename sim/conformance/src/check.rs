//! Checks a case: plays it, normalises its answers, and compares them with the recorded ones.
use crate::{
    case::Case,
    client::{Client, Unanswered},
    difference::first_difference,
    error::Problem,
    in_process::InProcess,
    normalise, player,
    users::Tokens,
};
use apiserver::Registry;
use futures::FutureExt;
use serde_json::Value;
use std::sync::Arc;

/// Namespace of a case that has a cluster of its own.
const NAMESPACE: &str = "conf-kzbtqwxm";

/// Plays a case in this namespace, which must not exist yet, and returns the normalised answers of all steps.
///
/// # Errors
/// If the server does not answer.
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
/// The first difference, or the reason why the comparison is not possible.
pub async fn check_on<C: Client>(client: &mut C, tokens: &Tokens, case: &Case, namespace: &str) -> Result<(), Problem> {
    let got = play(client, tokens, case, namespace).await?;
    compare(case, &got)
}

/// Compares normalised answers with the recorded ones.
///
/// # Errors
/// The first difference, or [`Problem::Unrecorded`].
pub fn compare(case: &Case, got: &[Value]) -> Result<(), Problem> {
    let answers = case.answers.as_ref().ok_or(Problem::Unrecorded)?;
    first_difference(&case.script, answers, got).map_or(Ok(()), |difference| Err(difference.into()))
}

/// Checks a case on a simulated cluster of its own.
///
/// # Errors
/// The first difference, or [`Problem::Unrecorded`].
///
/// # Panics
/// Never: an in-process client does not wait.
pub fn check(registry: &Arc<Registry>, case: &Case) -> Result<(), Problem> {
    let (mut client, tokens) = (InProcess::new(registry), Tokens::default());
    let checked = check_on(&mut client, &tokens, case, NAMESPACE);
    checked.now_or_never().expect("an in-process client does not wait")
}
