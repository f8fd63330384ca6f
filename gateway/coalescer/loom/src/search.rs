//! Runs a model over every interleaving within its bound, and counts them.
//!
//! Loom can be configured to stop after a time or a number of executions, and then ends as if it had finished. Neither
//! is set here, its environment variables are refused, and exceeding the budget panics: an unfinished search proves
//! nothing.
use loom::model::Builder;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Bounds of a search.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// How many preemptions one execution may have; `None` for any number.
    pub preemptions: Option<usize>,
    /// Most executions; a search that needs more fails.
    pub budget: usize,
}

/// Explores `model`; gives the number of executions.
///
/// # Panics
/// If the model panics in any execution, if the budget is exceeded, or if the environment would change the search.
pub fn explore(name: &str, scope: Scope, model: impl Fn() + Send + Sync + 'static) -> usize {
    let variables: Vec<String> = std::env::vars().map(|(key, _)| key).filter(|key| key.starts_with("LOOM_")).collect();
    assert!(variables.is_empty(), "unset {}: they change what is searched", variables.join(", "));
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
