//! The differential search: generated sequences of requests, played on the simulated API server and on a real one.
//!
//! proptest draws a sequence. It becomes a case of the conformance corpus, and is played on a simulated cluster of its
//! own and then in a namespace of its own on the real server, many at a time. Answers are normalised and compared as
//! those of the corpus are. A difference is shrunk to a few requests and printed as a case, ready to be recorded.
use apiserver::Registry;
use conformance::{self, Case, Client, InProcess, Problem, Tokens, Unanswered};
use proptest::{
    prelude::*,
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
    sync::Arc,
};

mod bodies;
mod draft;
mod patches;
mod real;
mod requests;
mod sequence;
mod types;

pub use real::Real;

use draft::Draft;

/// Name of a case in the group of the corpus in which field ownership is compared.
const NAME: &str = "managedfields/found";

/// A sequence on which the servers differ, as short as it could be made.
#[derive(Debug, Clone)]
pub struct Found {
    /// Shrunk case.
    pub case: Value,
    /// First difference; *expected* is the real server's answer.
    pub problem: Problem,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{:#}", self.problem, self.case)
    }
}

/// Result of a search.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Sequences played on both servers.
    pub sequences: usize,
    /// Requests in those sequences, watches included.
    pub requests: usize,
    /// Differences that were found.
    pub found: Vec<Found>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sequences, {} requests, {} differences", self.sequences, self.requests, self.found.len())
    }
}

/// Limits of a search.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Total number of sequences.
    pub sequences: usize,
    /// Seed of all randomness.
    pub seed: u64,
    /// Number of sequences played at a time.
    pub concurrency: usize,
    /// Number of differences after which the search ends.
    pub differences: usize,
}

/// Changes the answers of the simulated server before they are compared, so that a test can see differences found.
pub type Tamper = fn(&mut Vec<Value>);

/// A search: a real server, and the simulated one's definitions.
#[derive(Debug, Clone)]
pub struct Search<C> {
    real: C,
    registry: Arc<Registry>,
    tamper: Option<Tamper>,
    /// Prefix that makes namespaces unique on a server that is searched more than once.
    run: String,
}

impl<C: Client + Clone> Search<C> {
    /// Prepares both servers.
    ///
    /// # Errors
    /// If the definition cannot be installed on the real server.
    ///
    /// # Panics
    /// If the corpus has no definition.
    pub async fn new(mut real: C, run: &str) -> Result<Self, Unanswered> {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance");
        let definition = conformance::definition(&corpus).expect("the corpus has its definition");
        conformance::install(&mut real, &Tokens::default(), &definition).await?;
        let registry = Registry::builtin().with_crd(&definition).expect("the definition compiles");
        Ok(Self { real, registry: Arc::new(registry), tamper: None, run: run.to_owned() })
    }

    /// Compares answers after `tamper` has changed them.
    #[must_use]
    pub fn with_tamper(self, tamper: Tamper) -> Self {
        Self { tamper: Some(tamper), ..self }
    }

    /// Draws and plays sequences, and shrinks each difference.
    ///
    /// # Panics
    /// If the real server does not answer.
    pub async fn run(&self, budget: &Budget) -> Outcome {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&budget.seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let drafts = prop::collection::vec(requests::draft(), 1..16);
        let mut outcome = Outcome::default();
        while outcome.sequences < budget.sequences && outcome.found.len() < budget.differences {
            let count = budget.concurrency.min(budget.sequences - outcome.sequences);
            let trees: Vec<_> =
                (0..count).map(|_| drafts.new_tree(&mut runner).expect("nothing is filtered")).collect();
            let played = trees.into_iter().enumerate().map(|(i, tree)| async move {
                let name = format!("{}-{}-{i}", self.run, outcome.sequences);
                let drafts = tree.current();
                let (case, verdict) = self.compare(&drafts, &name).await;
                (tree, name, case, verdict)
            });
            let played = futures::future::join_all(played).await;
            outcome.sequences += count;
            for (tree, name, case, verdict) in played {
                outcome.requests += requests_of(&case);
                if let Err(problem) = verdict
                    && outcome.found.len() < budget.differences
                {
                    outcome.found.push(self.shrink(tree, &name, Found { case, problem }).await);
                }
            }
        }
        outcome
    }

    /// Plays a sequence on both servers.
    async fn compare(&self, drafts: &[Draft], name: &str) -> (Value, Result<(), Problem>) {
        let (case, mut answers) = self.simulated(drafts).await;
        if let Some(tamper) = self.tamper {
            tamper(&mut answers);
        }
        // The real server's answers are the expected ones.
        let played = parse(&case);
        let mut real = self.real.clone();
        let expected = match conformance::play(&mut real, &Tokens::default(), &played, &format!("diff-{name}")).await {
            Ok(expected) => without_chance(expected),
            Err(unanswered) => return (case, Err(unanswered.into())),
        };
        let verdict = conformance::compare(&played.with_answers(expected), &answers);
        (case, verdict)
    }

    /// The case with as many events to wait for as the simulated server sends, and its answers.
    async fn simulated(&self, drafts: &[Draft]) -> (Value, Vec<Value>) {
        const MORE_THAN_COME: usize = 1000;
        let namespace = "diff-simulated";
        let trial = sequence::case(drafts, |_| MORE_THAN_COME);
        let mut client = InProcess::new(&self.registry);
        let answers = conformance::play(&mut client, &Tokens::default(), &parse(&trial), namespace).await;
        let answers = without_chance(answers.expect("a server in process answers"));
        let counts: BTreeMap<String, usize> = steps(&trial)
            .iter()
            .zip(&answers)
            .filter_map(|(step, answer)| Some((step.get("collect")?.as_str()?.to_owned(), events_of(answer))))
            .collect();
        let case = sequence::case(drafts, |watch| counts.get(watch).copied().unwrap_or_default());
        (case, answers)
    }

    /// Simplifies while the servers still differ. A difference that does not happen again stays as it was found.
    async fn shrink<T: ValueTree<Value = Vec<Draft>>>(&self, mut tree: T, name: &str, found: Found) -> Found {
        const ATTEMPTS: usize = 400;
        let mut best = found;
        let mut attempt = 0;
        loop {
            let (case, verdict) = self.compare(&tree.current(), &format!("{name}-{attempt}")).await;
            attempt += 1;
            let moved = match verdict {
                Err(problem) => {
                    best = Found { case, problem };
                    tree.simplify()
                }
                Ok(()) => tree.complicate(),
            };
            if !moved || attempt == ATTEMPTS {
                return best;
            }
        }
    }
}

fn parse(case: &Value) -> Case {
    Case::parse(NAME, &case.to_string()).unwrap_or_else(|e| panic!("a sequence is a case: {e}\n{case:#}"))
}

fn steps(case: &Value) -> &[Value] {
    case.get("steps").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Removes what the real server leaves to chance: when it sends a bookmark (except the one that ends the initial
/// events), and the order of several mistakes, which it finds while it walks a Go map.
fn without_chance(mut answers: Vec<Value>) -> Vec<Value> {
    for answer in &mut answers {
        if let Some(events) = answer.get_mut("events").and_then(Value::as_array_mut) {
            let marks_end = |event: &Value| event.pointer("/object/metadata/annotations").is_some();
            events.retain(|event| event.get("type") != Some(&json!("BOOKMARK")) || marks_end(event));
        }
        let causes = answer.pointer_mut("/body/details/causes").and_then(Value::as_array_mut);
        if let Some(causes) = causes.filter(|causes| causes.len() > 1) {
            causes.sort_by_key(Value::to_string);
            answer["body"]["message"] = Value::Null;
        }
        let message = answer.pointer("/body/message").and_then(Value::as_str);
        if let Some(message) = message.and_then(without_order) {
            answer["body"]["message"] = message;
        }
    }
    answers
}

/// The mistakes that apply finds, sorted. The walk stops at a member that is not declared, so which other mistakes are
/// named depends on chance: then only that one is kept.
fn without_order(message: &str) -> Option<Value> {
    let (head, mistakes) =
        message.split_once("): ").filter(|(head, _)| head.starts_with("failed to create typed patch object"))?;
    if mistakes.contains("field not declared in schema") {
        return Some(json!([head, "field not declared in schema"]));
    }
    let sorted: BTreeSet<_> = mistakes.lines().collect();
    Some(json!([head, sorted]))
}

fn requests_of(case: &Value) -> usize {
    steps(case).iter().filter(|step| step.get("collect").is_none()).count()
}

/// Number of events that a watch sent, bookmarks not counted.
fn events_of(answer: &Value) -> usize {
    let events = answer.get("events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    events.iter().filter(|event| event.get("type") != Some(&json!("BOOKMARK"))).count()
}
