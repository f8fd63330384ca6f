//! Baseline protocols are known to be wrong: a harness that does not catch them, by the invariants that they break,
//! proves nothing about the shipped protocol.
use tests::{run, subject, violations};

fn caught(scenario: &str, protocol: &str, runs: u64, invariants: &[&str]) {
    let tally = run(&subject(scenario, protocol, None), runs);
    for invariant in invariants {
        assert!(
            tally.violations.contains_key(*invariant),
            "{protocol} does not break {invariant} in {runs} runs of {scenario}; it breaks\n{}",
            violations(&tally)
        );
    }
}

#[test]
fn no_lock_creates_twice() {
    caught("pair", "none", 60, &["one_active_request"]);
}

#[test]
fn who_trusts_a_cache_travels_back() {
    caught("time-travel", "cached-list", 60, &["one_active_request"]);
    let tally = run(&subject("time-travel", "none", None), 60);
    assert!(
        !tally.violations.contains_key("one_active_request"),
        "a consistent LIST sees the last one\n{}",
        violations(&tally)
    );
}

#[test]
fn the_planned_lease_is_caught() {
    caught("burst", "planned-lease", 60, &["one_active_request"]);
}

#[test]
fn the_shipped_lease_creates_twice_and_miscounts() {
    caught("burst", "shipped-lease", 60, &["one_active_request", "occurrences_exact"]);
}

#[test]
fn the_shipped_lease_fails_on_one_replica() {
    caught("same-replica", "shipped-lease", 60, &["one_active_request"]);
}

#[test]
fn the_shipped_lease_lies_about_counts() {
    caught("count-contention", "shipped-lease", 60, &["occurrences_exact", "reply_tells_truth"]);
}

#[test]
fn the_other_options_are_caught() {
    caught("pair", "memory-mutex", 60, &["one_active_request"]);
    caught("next-episode", "named-request", 20, &["accepted_means_active"]);
    caught("pair", "cleanup", 60, &["one_active_request"]);
    caught("holder-pause", "redis-setnx", 60, &["one_active_request"]);
}

#[test]
fn locks_of_crates_are_caught() {
    for protocol in ["kube-leader-election", "kubert", "kube-coordinate", "kube-lease-manager"] {
        caught("same-replica", protocol, 60, &["one_active_request"]);
    }
}
