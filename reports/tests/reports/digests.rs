//! The digest of a report: what changes it, what does not, and which reports have none.
use crate::race;
use model::Verdict;
use reports::{RunReport, digest, digest::NotVerified, exit_code::*};

fn of(change: impl FnOnce(&mut RunReport)) -> Result<String, NotVerified> {
    let mut report = race::held();
    change(&mut report);
    digest(&report)
}

#[test]
fn every_claim_changes_the_digest() {
    let digests = [
        of(|_| ()),
        of(|report| report.command = "exhaust".to_owned()),
        of(|report| report.version = "0.1.0+other".to_owned()),
        of(|report| _ = report.scenarios.pop()),
        of(|report| report.scenarios[0].name = "pair".to_owned()),
        of(|report| report.scenarios[0].protocol = "none".to_owned()),
        of(|report| report.scenarios[0].runs += 1),
        of(|report| report.scenarios[0].invariants[0].checked += 1),
        of(|report| report.scenarios[0].faults[0].delivered += 1),
    ];
    let mut digests: Vec<String> = digests.into_iter().map(|digest| digest.expect("it held")).collect();
    assert!(digests.iter().all(|digest| digest.starts_with("sha256:") && digest.len() == 71), "{digests:?}");
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), 9);
}

#[test]
fn time_and_place_leave_the_digest() {
    let elsewhere = of(|report| {
        (report.wall_seconds, report.runs_per_second, report.started) = (9.0, 1.0, None);
        report.program = Some("elsewhere/lockstep".to_owned());
        report.scenarios[0].wall_seconds = 7.0;
        report.scenarios.reverse();
    });
    assert_eq!(elsewhere, of(|_| ()));
}

#[test]
fn reports_that_verify_nothing_have_none() {
    assert_eq!(digest(&race::violated()), Err(NotVerified(SAFETY)));
    assert_eq!(of(|report| report.verdict = Verdict::Inconclusive), Err(NotVerified(INCONCLUSIVE)));
    assert_eq!(of(|report| report.complete = false), Err(NotVerified(INCONCLUSIVE)));
    assert_eq!(of(|report| report.interrupted = true), Err(NotVerified(INCONCLUSIVE)));
    assert_eq!(of(|report| report.unmet = vec!["a fault".to_owned()]), Err(NotVerified(UNMET)));
    assert_eq!(of(|report| report.scenarios.clear()), Err(NotVerified(INCONCLUSIVE)));
}
