//! The gateway's own processes on a real kube-apiserver and etcd, judged by the oracle: bursts, episodes, steady load,
//! redeliveries and groups, while replicas are killed, paused past their leases and restarted, while the API server and
//! etcd restart, and while a proxy delays, drops and loses calls. The existing gateway's lock, run the same way, fails
//! by name, also on the simulated side. A pair of real Alertmanagers notifies gateways that are killed meanwhile.
//! Certificates and tokens are rotated. The command line is tried against clusters that it did not start. Latency is
//! measured on a small scale.
//!
//! `LIVE_SECONDS=480 LIVE_RATE=220 cargo test -p tests --test live -- --nocapture every` strikes for longer, and prints
//! the numbers.
mod alertmanagers;
mod command;
mod gateways;
mod latency;
mod relay;
mod subject;

use model::{oracle::Violation, verdict::Verdict};
use scenarios::{
    live::{
        history,
        judge::{Judgement, judge},
        proxy::COLD_CACHE,
        workload::Story,
    },
    transfer::{Script, attempt},
};
use subject::{Run, kept};

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn every_invariant_holds_under_all_faults() {
    let faults = "kill,pause,terminate,restart-apiserver,restart-etcd,proxy";
    let run = Run { seconds: subject::setting("LIVE_SECONDS", 36), faults, ..Run::SHIPPED };
    let (judged, history) = run.judged();
    println!("{:#?}", judged.figures);
    assert_eq!(judged.verdict, Verdict::Held, "{}", kept(&judged, &history));
    for name in &judged.header.faults {
        assert!(judged.figures.faults.contains_key(name), "{name} never took effect: {:?}", judged.figures.faults);
    }
    assert!(judged.figures.faults.contains_key(COLD_CACHE), "no watch met a cold cache: {:?}", judged.figures.faults);
    for needed in ["holder_crash_recovers", "one_holder", "occurrences_exact", "redelivered_begins_nothing"] {
        let checked = judged.findings.iter().find(|finding| finding.invariant == needed);
        assert!(checked.is_some_and(|finding| finding.checked > 0), "{needed} was never checked");
    }
}

/// The old certificate and the old tokens are refused, the new ones accepted, and no signal is lost meanwhile.
#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn rotated_credentials_lose_no_signal() {
    let run =
        Run { seconds: 70, faults: "rotate,kill", stories: &[Story::Steady, Story::Burst], tail: 5, ..Run::SHIPPED };
    let (judged, history) = run.judged();
    println!("{:#?}", judged.figures);
    assert_eq!(judged.verdict, Verdict::Held, "{}", kept(&judged, &history));
    for name in &judged.header.faults {
        assert!(judged.figures.faults.contains_key(name), "{name} never took effect: {:?}", judged.figures.faults);
    }
    assert_eq!(judged.figures.refused, 0, "a signal was refused: {}", kept(&judged, &history));
}

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn existing_lock_fails_by_name() {
    let stories = &[Story::Burst, Story::Duplicates];
    // Long enough for a burst to race on a busy machine too.
    let run = Run { protocol: "shipped-lease", seconds: 20, stories, tail: 2, ..Run::SHIPPED };
    let (judged, history) = run.judged();
    let violated: Vec<&str> =
        judged.findings.iter().filter(|finding| finding.violated > 0).map(|finding| finding.invariant).collect();
    for invariant in ["one_active_request", "occurrences_exact"] {
        assert!(violated.contains(&invariant), "{violated:?}: {}", kept(&judged, &history));
    }
    let read = history::read(&history).expect("the file of the history");
    assert_eq!(judge(&read), judged, "the same history has the same judgement");
    let script = Script::of(&read, violation(&judged)).expect("a fingerprint with known writers");
    let trial = attempt(&script, "shipped-lease".parse().expect("a protocol"), "one_active_request", 300);
    let trial = trial.expect("runs");
    assert!(trial.how.is_some(), "the simulation does not show it in {} runs: {script:?}", trial.runs);
    println!("the simulation violates one_active_request too: {:?} of {} runs", trial.how, trial.runs);
    std::fs::remove_file(history).expect("it is there");
}

fn violation(judged: &Judgement) -> &Violation {
    let all = judged.findings.iter().flat_map(|finding| &finding.violations);
    all.into_iter().find(|violation| violation.invariant == "one_active_request").expect("it is violated")
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
