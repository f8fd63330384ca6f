//! The same choices give the same run: the hashes of all events are equal when a seed or a record runs again.
use scenarios::{
    campaign::{Plan, replay_of, run_seed},
    protocol_name::SHIPPED,
    runner::Prepared,
    strategies::StrategyName,
};
use sim::{
    Faults,
    engine::{Choices, Detail, Random, Recorded},
};
use tests::{run, subject};

#[test]
fn a_seed_is_one_run() {
    for scenario in ["burst", "group-of-three", "ends-meanwhile"] {
        let prepared = Prepared::new(subject(scenario, SHIPPED, Some(Faults::HOSTILE)), Detail::Lines);
        for seed in 0..10 {
            let first = prepared.run(Choices::new(Random::new(seed)), false).expect("a run");
            let second = prepared.run(Choices::new(Random::new(seed)), false).expect("a run");
            assert_eq!(first.hashes(), second.hashes(), "{scenario}, seed {seed}");
            assert_eq!(first.outcome.trace.into_lines(), second.outcome.trace.into_lines());
        }
    }
}

#[test]
fn ownership_of_fields_changes_nothing() {
    let subject = || subject("burst", SHIPPED, Some(Faults::HOSTILE));
    // Lines have bodies in their chain, and those do differ.
    let [without, with] = [subject(), subject()].map(|subject| Prepared::new(subject, Detail::Chain));
    let with = with.with_field_management();
    for seed in 0..5 {
        let plain = without.run(Choices::new(Random::new(seed)), false).expect("a run");
        let owned = with.run(Choices::new(Random::new(seed)), false).expect("a run");
        assert_eq!((plain.hashes(), plain.verdict), (owned.hashes(), owned.verdict), "seed {seed}");
        let objects = owned.stored.iter().map(|object| {
            let mut object = (**object).clone();
            let owners = object["metadata"].as_object_mut().and_then(|metadata| metadata.remove("managedFields"));
            assert!(owners.is_some(), "{object}");
            object
        });
        assert_eq!(
            plain.stored.iter().map(|object| (**object).clone()).collect::<Vec<_>>(),
            objects.collect::<Vec<_>>()
        );
    }
}

#[test]
fn groups_that_no_replica_reads_change_nothing() {
    for scenario in ["burst", "group-of-three", "mixed-sources"] {
        let subject = || subject(scenario, SHIPPED, Some(Faults::HOSTILE));
        let [some, every] = [subject(), subject()].map(|subject| Prepared::new(subject, Detail::Chain));
        let every = every.with_every_group();
        for seed in 0..5 {
            let [some, every] =
                [&some, &every].map(|prepared| prepared.run(Choices::new(Random::new(seed)), false).expect("a run"));
            assert_eq!((some.hashes(), some.verdict), (every.hashes(), every.verdict), "{scenario}, seed {seed}");
            assert_eq!(some.stored, every.stored, "{scenario}, seed {seed}");
        }
    }
}

#[test]
fn seeds_are_different_runs() {
    let prepared = Prepared::new(subject("burst", SHIPPED, None), Detail::Chain);
    let one = prepared.run(Choices::new(Random::new(1)), false).expect("a run");
    let two = prepared.run(Choices::new(Random::new(2)), false).expect("a run");
    assert_ne!(one.hashes().interleaving, two.hashes().interleaving);
}

#[test]
fn recorded_choices_are_the_run() {
    let prepared = Prepared::new(subject("burst", "shipped-lease", Some(Faults::STORMY)), Detail::Chain);
    let random = prepared.run(Choices::new(Random::new(3)), false).expect("a run");
    let hashes = random.hashes();
    let again = prepared.run(Choices::new(Recorded::new(random.outcome.choices)), false).expect("a run");
    assert_eq!(again.outcome.mismatch, None);
    assert_eq!(again.hashes(), hashes);
}

#[test]
fn a_replay_file_keeps_the_violation() {
    let subject = subject("burst", "shipped-lease", None);
    let tally = run(&subject, 40);
    let first = tally.violations.get("one_active_request").expect("the existing lock fails");
    assert_eq!(first.seed, run_seed(7, "burst", first.run));
    let replay: scenarios::replay::Replay = replay_of(&subject, first).to_text().parse().expect("its own text");
    let prepared = Prepared::new(replay.subject().expect("the scenario"), Detail::Chain);
    let again = prepared.run(replay.choices(), false).expect("a run");
    assert_eq!(again.hashes().chain, first.chain);
    assert!(again.violations().any(|violation| *violation == first.violation));
}

/// One thread and two make the same runs.
fn assert_jobs_do_not_matter(strategy: StrategyName) {
    let subject = subject("burst", "shipped-lease", None);
    let tally = |jobs| {
        let budget = scenarios::campaign::Budget {
            plan: Plan::each(1, 200),
            deadline: None,
            seed: 3,
            strategy,
            jobs,
            fail_fast: false,
            doublecheck: 5,
        };
        scenarios::campaign::run(std::slice::from_ref(&subject), &budget, &Default::default()).remove(0)
    };
    let (one, two) = (tally(1), tally(2));
    assert_eq!(one.api_calls, two.api_calls);
    assert_eq!(one.interleavings, two.interleavings);
    let runs = |tally: &scenarios::campaign::Tally| -> Vec<(&str, u64)> {
        tally.violations.iter().map(|(name, first)| (*name, first.run)).collect()
    };
    assert_eq!(runs(&one), runs(&two));
}

#[test]
fn jobs_do_not_change_what_is_found() {
    assert_jobs_do_not_matter(StrategyName::Random);
}

#[test]
fn jobs_do_not_change_what_is_learnt() {
    assert_jobs_do_not_matter(StrategyName::Portfolio);
}
