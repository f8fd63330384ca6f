//! The simulated API server answers the recorded cases as kube-apiserver 1.36.3 did.
//!
//! `conformance/not_yet.txt` names the cases that it does not answer so yet, each with a reason. The list holds in both
//! directions: a listed case that passes is an error too, so the list can only shrink.
use apiserver::{ApiServer, Registry};
use conformance::{
    self, Case, Problem, Tokens,
    fidelity::{self, Absence},
};
use serve::{Remote, Server, Trust};
use std::{path::Path, sync::Arc};
use tests::real_server::{ADMIN_TOKEN, Options, RealServer};
use tokio::task::JoinSet;

/// Number of served clusters that share the cases. Most of their time is waiting.
const CLUSTERS: usize = 8;

/// Number of real servers, each with its own etcd, that share the cases.
const REAL_SERVERS: usize = 2;

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

fn names(cases: &[Case]) -> Vec<String> {
    cases.iter().map(|case| case.name.clone()).collect()
}

/// The problems of every case that is to pass, played one after the other on one server.
async fn play(mut client: Remote, cases: Vec<Case>) -> Vec<(String, Problem)> {
    let mut problems = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let group = case.name.split('/').next().unwrap_or_default();
        let namespace = format!("conf-{at}-{group}");
        if let Err(problem) = conformance::check_on(&mut client, &Tokens::default(), case, &namespace).await {
            problems.push((case.name.clone(), problem));
        }
    }
    problems
}

#[tokio::test]
async fn served_cluster_answers_alike() {
    let not_yet = conformance::known_gaps(corpus()).expect("not_yet.txt is part of the corpus");
    let mut cases = conformance::load(corpus()).expect("the corpus is readable");
    cases.retain(|case| !not_yet.contains_key(&case.name));
    let registry = registry();
    let (mut servers, mut players) = (JoinSet::new(), JoinSet::new());
    for share in cases.chunks(cases.len().div_ceil(CLUSTERS)) {
        let mut api = ApiServer::new(Arc::clone(&registry), 1, 7);
        conformance::admit_users(&mut api);
        let server = Server::bind(api, ([127, 0, 0, 1], 0).into()).await.expect("a free port");
        let url = server.url();
        let client = Remote::new(&url, Some(&url), Trust::Authority(server.certificate_authority())).expect("a client");
        servers.spawn(server.run(std::future::pending()));
        players.spawn(play(client, share.to_vec()));
    }
    let problems: Vec<_> = players.join_all().await.into_iter().flatten().collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

#[tokio::test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn real_server_still_answers_so() {
    let cases = conformance::load(corpus()).expect("the corpus is readable");
    let mut players = JoinSet::new();
    let planes: Vec<_> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..REAL_SERVERS).map(|_| scope.spawn(start_real_server)).collect();
        starting.into_iter().map(|plane| plane.join().expect("a real server")).collect()
    });
    for (at, plane) in planes.iter().enumerate() {
        let client = Remote::new(&plane.url(0), Some(plane.etcd_url()), Trust::Anyone).expect("a client");
        // Cases that wait for long stand side by side.
        let share = cases.iter().skip(at).step_by(REAL_SERVERS).cloned().collect();
        players.spawn(play_on_real_server(client, share));
    }
    let problems: Vec<_> = players.join_all().await.into_iter().flatten().collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

fn start_real_server() -> RealServer {
    let mut plane = RealServer::start(&Options::default()).expect("a real server");
    // A server on an empty store remembers the first version, which cases want forgotten.
    plane.kill_server(0);
    plane.start_server(0).expect("the server again");
    plane
}

async fn play_on_real_server(mut client: Remote, cases: Vec<Case>) -> Vec<(String, Problem)> {
    let tokens = Tokens { admin: ADMIN_TOKEN.to_owned(), ..Tokens::default() };
    let definition = conformance::definition(corpus()).expect("the corpus has its definition");
    conformance::install(&mut client, &tokens, &definition).await.expect("the definition is served");
    play(client, cases).await
}

#[test]
fn every_case_belongs_to_behaviours() {
    let cases = names(&conformance::load(corpus()).expect("the corpus is readable"));
    let patterns = || fidelity::BEHAVIOURS.iter().flat_map(|behaviour| behaviour.cases);
    let is_shown = |name: &String| patterns().any(|pattern| fidelity::matches(pattern, name));
    let homeless: Vec<_> = cases.iter().filter(|name| !is_shown(name)).collect();
    assert!(homeless.is_empty(), "name these in a behaviour of sim/src/fidelity: {homeless:?}");
    let names_none = |pattern: &&&str| !cases.iter().any(|name| fidelity::matches(pattern, name));
    let empty: Vec<_> = patterns().filter(names_none).collect();
    assert!(empty.is_empty(), "these name no recorded case: {empty:?}");
    let root = corpus().join("../..");
    let tests = fidelity::BEHAVIOURS.iter().flat_map(|behaviour| behaviour.tests);
    assert_eq!(tests.filter(|test| !root.join(test).is_file()).collect::<Vec<_>>(), Vec::<&&str>::new());
}

/// What an absence answers instead is shown by a case or a test that exists.
#[test]
fn every_refusal_of_an_absence_is_shown() {
    let cases = names(&conformance::load(corpus()).expect("the corpus is readable"));
    let is_refusal = |absence: &&Absence| ["501", "error", "fail"].iter().any(|word| absence.instead.contains(word));
    let bare: Vec<_> =
        fidelity::ABSENCES.iter().filter(is_refusal).filter(|absence| absence.shown.is_empty()).collect();
    assert!(bare.is_empty(), "name a case or a test that shows these: {bare:#?}");
    let exists = |shown: &str| match shown.split_once(": ") {
        None => cases.iter().any(|case| fidelity::matches(shown, case)),
        Some((file, function)) => {
            let text = std::fs::read_to_string(corpus().join("../..").join(file)).unwrap_or_default();
            text.contains(&format!("fn {function}("))
        }
    };
    let lost: Vec<_> =
        fidelity::ABSENCES.iter().flat_map(|absence| absence.shown).filter(|shown| !exists(shown)).collect();
    assert!(lost.is_empty(), "these cases and tests do not exist: {lost:#?}");
}

#[test]
fn fidelity_document_is_current() {
    let document = std::fs::read_to_string(corpus().join("../../docs/fidelity.md")).expect("the document is there");
    let cases = names(&conformance::load(corpus()).expect("the corpus is readable"));
    let gaps = conformance::known_gaps(corpus()).expect("not_yet.txt is part of the corpus");
    let fresh = fidelity::write_parts(&document, &cases, &gaps).expect("its parts are known");
    assert!(fresh == document, "docs/fidelity.md is stale: run `lockstep fidelity --write-doc docs/fidelity.md`");
}
