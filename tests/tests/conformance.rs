//! The simulated API server answers the recorded cases as kube-apiserver 1.36.3 did.
//!
//! `conformance/not_yet.txt` names what it does not answer so yet, each with a reason. The list holds in both directions: a case
//! on it that passes is an error too, so that it can only shrink.
use sim::apiserver::{
    Registry,
    conformance::{self, Case},
};
use std::{path::Path, sync::Arc};

fn corpus() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/conformance"))
}

fn registry() -> Arc<Registry> {
    let definition = conformance::definition(corpus()).expect("the corpus has its definition");
    Arc::new(Registry::builtin().with_crd(&definition).expect("the definition compiles"))
}

#[test]
fn recorded_cases_are_answered_alike() {
    let cases = conformance::load(corpus()).expect("the corpus is readable");
    let not_yet = conformance::known_gaps(corpus()).expect("not_yet.txt is part of the corpus");
    let registry = registry();
    let mut passed = 0;
    let mut problems = Vec::new();
    for case in &cases {
        match (conformance::check(&registry, case), not_yet.get(&case.name)) {
            (Ok(()), None) => passed += 1,
            (Ok(()), Some(reason)) => problems.push(format!("{} passes: take it off the list ({reason})", case.name)),
            (Err(difference), None) => problems.push(format!("{}: {difference}", case.name)),
            (Err(_), Some(_)) => {}
        }
    }
    println!("{passed} of {} cases pass", cases.len());
    assert!(problems.is_empty(), "{}\n{} problems", problems.join("\n"), problems.len());
    assert_eq!(passed + not_yet.len(), cases.len(), "not_yet.txt names cases that the corpus does not have");
}

#[test]
fn played_case_differs_from_foreign_answers() {
    let cases = conformance::load(corpus()).expect("the corpus is readable");
    let find = |name: &str| cases.iter().find(|c| c.name == name).expect("the corpus has this case");
    let swapped: Case = find("leases/second-create").with_answers_of(find("leases/create-get"));
    assert!(conformance::check(&registry(), &swapped).is_err());
}
