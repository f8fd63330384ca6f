//! Explanations name the cause: of mutants and baselines, the cause is known by how they were made.
//!
//! `CAUSES` has for each what the explanation must contain: the calls of the critical pair, or the fault. Where the
//! failure has several causes, any of the given words will do. The score is printed.
use scenarios::{
    campaign::known_failures::{self, KnownFailure},
    explain::{Explanation, explain},
    shrink::{Limits, shrink},
};

/// Protocol, scenario, and the words of which one must be in the critical pair, the sentence or the needed faults.
const CAUSES: &[(&str, &str, &[&str])] = &[
    ("none", "pair", &["list remediationrequests"]),
    ("planned-lease", "burst", &["list remediationrequests", "leases"]),
    ("shipped-lease", "burst", &["list remediationrequests"]),
    ("shipped-lease", "same-replica", &["list remediationrequests"]),
    ("mutant-mark-read-apart", "late-count", &["status update", "remediationrequests/status"]),
    ("mutant-unconditional-count", "count-contention", &["remediationrequests/status"]),
    ("mutant-counts-on-the-ended", "ends-meanwhile", &["remediationrequests/status"]),
    ("mutant-5xx-is-definite", "api-errors", &["false-5xx", "late-write", "sent-twice", "429", "504", "500"]),
    ("mutant-no-mark", "lost-count", &["answer to", "lost-answer"]),
    ("mutant-conflict-is-uncounted", "counts-sent-twice", &["sent twice", "sent-twice"]),
    ("mutant-429-is-uncounted", "counts-sent-twice", &["sent twice", "sent-twice"]),
    ("mutant-new-name-per-attempt", "lost-create", &["create", "lost"]),
    ("mutant-expiry-is-the-fence", "holder-pause", &["create remediationrequests", "pause"]),
    ("mutant-unconditional-take", "ends-meanwhile", &["leases"]),
    ("mutant-orphans-kept", "crash-before-release", &["crash"]),
    ("mutant-waits-though-ended", "crash-then-ended", &["crash"]),
    ("mutant-batch-counts-one", "burst", &["in order", "deployments", "deliver"]),
    ("mutant-never-released", "next-episode", &["in order and without faults"]),
    ("mutant-restless-sweeper", "next-episode", &["in order and without faults"]),
    ("mutant-twins-not-merged", "keyed-at-once", &["in order", "deliver", "deployments"]),
];

fn explained(known: &KnownFailure, with_odds: bool) -> Explanation {
    let replay = known.find(2_500).expect("a run that shows it");
    let shrunk = shrink(&replay, &Limits { runs: 250, deadline: None }).expect("a smaller run");
    explain(&shrunk, None, with_odds).expect("a run").expect("it fails")
}

/// Everything that names the cause.
fn words(explanation: &Explanation) -> String {
    let pair = explanation.pair.iter().map(|(one, other)| format!("{one} | {other}"));
    let faults = explanation.faults.iter().filter(|fault| fault.needed).map(|fault| fault.fault.clone());
    pair.chain(faults).fold(explanation.sentence.clone(), |words, part| words + " | " + &part)
}

#[test]
fn the_cause_is_named() {
    let all = known_failures::all().expect("their scenarios exist");
    let (mut right, mut wrong) = (0, Vec::new());
    for (protocol, scenario, causes) in CAUSES {
        let same = |known: &&KnownFailure| {
            known.subject.protocol.to_string() == *protocol && known.subject.scenario.name == *scenario
        };
        let words = words(&explained(all.iter().find(same).expect("a known failure"), false));
        if causes.iter().any(|cause| words.contains(cause)) {
            right += 1;
        } else {
            wrong.push(format!("{protocol} in {scenario}: {words}"));
        }
    }
    println!("the cause is named in {right} of {} explanations", CAUSES.len());
    assert!(right * 10 >= CAUSES.len() * 9, "{right} of {}:\n{}", CAUSES.len(), wrong.join("\n"));
}

#[test]
fn the_neighbour_of_a_race_holds() {
    let all = known_failures::all().expect("their scenarios exist");
    let explanation = explained(&all[0], true);
    let neighbour = explanation.neighbour.expect("a neighbour");
    assert!(neighbour.run.violations.is_empty());
    let (first, second) = explanation.pair.expect("a pair");
    let at = |step| neighbour.run.position(step).expect("the step");
    assert!(at(&second) < at(&first), "they are swapped");
    let timelines = [Some(explanation.timeline), explanation.passing];
    assert!(timelines.iter().flatten().all(|timeline| timeline.pair.len() == 2), "ringed in both");
    let odds = explanation.odds;
    assert!(odds.last().is_some_and(|last| last.failed == last.of), "{odds:?}");
    assert!(odds.first().is_some_and(|first| first.failed < first.of), "{odds:?}");
}
