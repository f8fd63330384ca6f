//! Runs a model over every interleaving within its bound, and counts them.
//!
//! Loom may be told to stop after a time or a number of executions, and then ends as if it had finished. Neither is ever set
//! here, its environment variables are refused, and the budget is a panic: a search that did not end proves nothing.
use loom::model::Builder;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How far to search.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// How often a thread that could go on may be interrupted in one execution; `None`: as often as it goes.
    pub preemptions: Option<usize>,
    /// More executions than this are a failure of the search.
    pub budget: usize,
}

/// Explores `model` and gives the number of executions.
///
/// # Panics
/// When the model panics in any execution, when the budget is spent, and when the environment would change the search.
pub fn explore(name: &str, scope: Scope, model: impl Fn() + Send + Sync + 'static) -> usize {
    let meddling: Vec<String> = std::env::vars().map(|(key, _)| key).filter(|key| key.starts_with("LOOM_")).collect();
    assert!(meddling.is_empty(), "unset {}: they change what is searched", meddling.join(", "));
    let executions = Arc::new(AtomicUsize::new(0));
    let mut builder = Builder::new();
    builder.preemption_bound = scope.preemptions;
    let counted = Arc::clone(&executions);
    builder.check(move || {
        let executed = counted.fetch_add(1, Ordering::Relaxed) + 1;
        assert!(executed <= scope.budget, "not explored to the end within {} executions", scope.budget);
        model();
    });
    let executed = executions.load(Ordering::Relaxed);
    let bound = scope.preemptions.map_or_else(|| "unbounded".to_owned(), |bound| format!("{bound} preemptions"));
    println!("{name}: {executed} executions, {bound}, to the end");
    executed
}
