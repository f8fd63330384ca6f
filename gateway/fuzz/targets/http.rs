//! A whole replica behind one connection, on a simulated cluster whose calls fail as the input says: never a panic,
//! never a 2xx without a commit, never a count that no signal made, and never a call to another path.
#![no_main]
use gateway_fuzz::{
    cluster::SENDER,
    plan::Plan,
    replica::{Exchange, exchange},
};

fn has(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let plan = Plan::of(bytes);
    let exchanged = exchange(&plan);
    let Exchange { answers, commits } = &exchanged;
    let acknowledged: usize = answers.iter().filter(|answer| answer.is_success()).map(|a| a.acknowledged()).sum();
    let counted = usize::try_from(commits.occurrences).expect("few");
    // With a key of its own a delivery that is repeated is acknowledged again, and counted once.
    let keyed = has(plan.sent, "idempotency-key");
    let least = if keyed { acknowledged.min(1) } else { acknowledged };
    assert!(counted >= least, "{acknowledged} signals are acknowledged, {counted} are counted: {exchanged:?}");
    let all_answered = answers.iter().all(|answer| answer.status < 500);
    if plan.is_calm() && !keyed && all_answered {
        assert_eq!(counted, acknowledged, "{exchanged:?}");
    }
    for (fingerprint, created) in &commits.created {
        assert_eq!(*created, 1, "{fingerprint} has {created} requests: {exchanged:?}");
    }
    assert!(answers.iter().all(|answer| answer.status != 500), "{exchanged:?}");
    if plan.guarded && !has(plan.sent, SENDER) {
        assert!(counted == 0 && !answers.iter().any(|answer| answer.is_success()), "{exchanged:?}");
    }
});
