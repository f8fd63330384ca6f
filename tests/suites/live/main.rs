//! The gateway's own processes on a real kube-apiserver and etcd, judged by the oracle: bursts, episodes, steady load,
//! redeliveries and groups, while replicas are killed, paused past their leases and restarted, while the API server and
//! etcd restart, and while a proxy delays, drops and loses calls. The existing gateway's lock, run the same way, fails
//! by name. A pair of real Alertmanagers notifies gateways that are killed meanwhile.
//!
//! `LIVE_SECONDS=480 LIVE_RATE=220 cargo test -p tests --test live -- --nocapture every` strikes for longer, and prints
//! the numbers.
mod alertmanagers;
mod relay;
mod subject;

use model::verdict::Verdict;
use scenarios::live::{history, judge::judge, workload::Story};
use subject::{Run, kept};

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn every_invariant_holds_under_all_faults() {
    let run = Run { seconds: subject::setting("LIVE_SECONDS", 36), faults: "all", ..Run::SHIPPED };
    let (judged, history) = run.judged();
    println!("{:#?}", judged.figures);
    assert_eq!(judged.verdict, Verdict::Held, "{}", kept(&judged, &history));
    for name in &judged.header.faults {
        assert!(judged.figures.faults.contains_key(name), "{name} never took effect: {:?}", judged.figures.faults);
    }
    for needed in ["holder_crash_recovers", "one_holder", "occurrences_exact", "redelivered_begins_nothing"] {
        let checked = judged.findings.iter().find(|finding| finding.invariant == needed);
        assert!(checked.is_some_and(|finding| finding.checked > 0), "{needed} was never checked");
    }
}

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn existing_lock_fails_by_name() {
    let stories = &[Story::Burst, Story::Duplicates];
    let run = Run { protocol: "shipped-lease", seconds: 8, stories, tail: 2, ..Run::SHIPPED };
    let (judged, history) = run.judged();
    let violated: Vec<&str> =
        judged.findings.iter().filter(|finding| finding.violated > 0).map(|finding| finding.invariant).collect();
    for invariant in ["one_active_request", "occurrences_exact"] {
        assert!(violated.contains(&invariant), "{violated:?}: {}", kept(&judged, &history));
    }
    let read = history::read(&history).expect("the file of the history");
    assert_eq!(judge(&read), judged, "the same history has the same judgement");
    std::fs::remove_file(history).expect("it is there");
}

#[test]
#[cfg_attr(not(all(real_server, alertmanager)), ignore = "needs Go or KUBEBUILDER_ASSETS, and prometheus-alertmanager")]
fn alertmanager_pair_is_counted_exactly() {
    let run = Run { seconds: 25, faults: "kill", stories: &[Story::Steady], tail: 5, ..Run::SHIPPED };
    let (judged, history, relayed) = run.judged_with_alertmanagers();
    println!("{relayed:#?}");
    assert_eq!(judged.verdict, Verdict::Held, "{}", kept(&judged, &history));
    assert!(relayed.accepted >= 4, "both notify, and repeat: {relayed:?}");
    assert!(relayed.resolved >= 1, "the end of the alerts is sent: {relayed:?}");
    assert_eq!(relayed.peers.len(), 2, "each of the pair has notified: {relayed:?}");
}
