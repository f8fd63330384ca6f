//! `lockstep digest`: what a build of the gateway may name.
use crate::{HELD, VIOLATED, place, run};

#[test]
fn same_runs_have_the_same_digest() {
    let place = place("same-runs");
    let digests = ["one", "two"].map(|folder| {
        assert_eq!(run(&place, &[&HELD[..], &["--report", folder]].concat()).0, Some(0));
        let (code, digest, errors) = run(&place, &["digest", &format!("{folder}/report.json")]);
        assert_eq!((code, &*errors), (Some(0), ""));
        digest
    });
    assert_eq!(digests[0], digests[1]);
    assert!(digests[0].starts_with("sha256:") && digests[0].trim_end().len() == 71, "{}", digests[0]);
}

#[test]
fn violated_report_has_no_digest() {
    let place = place("no-digest");
    assert_eq!(run(&place, &[&VIOLATED[..], &["--report", "bad"]].concat()).0, Some(2));
    let (code, digest, errors) = run(&place, &["digest", "bad/report.json"]);
    assert_eq!((code, &*digest), (Some(2), ""));
    assert!(errors.contains("verifies nothing"), "{errors}");
    let (code, digest, errors) = run(&place, &["digest", "absent.json"]);
    assert_eq!((code, &*digest), (Some(1), ""));
    assert!(errors.contains("cannot read absent.json"), "{errors}");
}
