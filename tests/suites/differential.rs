//! The simulated API server and a real one give the same answers to generated sequences of requests.
//!
//! `DIFFERENTIAL_SEQUENCES=5000 cargo test -p tests --test differential -- --nocapture` searches longer, another
//! `DIFFERENTIAL_SEED` elsewhere. The last line says what was searched and found.
use serde_json::{Value, json};
use tests::{
    differential::{Budget, Outcome, Real, Search},
    real_server::RealServer,
};

fn number(variable: &str, default: u64) -> u64 {
    let parse = |text: String| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number"));
    std::env::var(variable).map_or(default, parse)
}

fn described(outcome: &Outcome) -> String {
    let found: Vec<_> = outcome.found.iter().map(ToString::to_string).collect();
    format!("{}\n{outcome}", found.join("\n\n"))
}

async fn search(run: &str) -> Search<Real> {
    Search::new(Real::new(RealServer::shared()), run).await.expect("a real server")
}

#[tokio::test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn both_servers_answer_alike() {
    let budget = Budget {
        sequences: usize::try_from(number("DIFFERENTIAL_SEQUENCES", 300)).expect("a number of sequences"),
        seed: number("DIFFERENTIAL_SEED", 1),
        concurrency: 48,
        differences: 5,
    };
    let outcome = search("alike").await.run(&budget).await;
    println!("{outcome}");
    assert!(outcome.found.is_empty(), "{}", described(&outcome));
}

/// Answers 200 where 409 is right, like a server that ignores conflicts.
fn forget_conflicts(answers: &mut Vec<Value>) {
    for answer in answers {
        if answer.pointer("/body/reason") == Some(&json!("Conflict")) {
            answer["status"] = 200.into();
        }
    }
}

#[tokio::test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn deliberate_difference_is_found_and_shrunk() {
    let budget = Budget { sequences: 200, seed: 1, concurrency: 48, differences: 1 };
    let outcome = search("deliberate").await.with_tamper(forget_conflicts).run(&budget).await;
    let [found] = &outcome.found[..] else { panic!("{}", described(&outcome)) };
    assert!(found.problem.to_string().contains("/status: expected 409, got 200"), "{found}");
    let steps = found.case.pointer("/steps").and_then(Value::as_array).expect("a case has steps");
    assert!(steps.len() <= 3, "not shrunk: {found}");
}
