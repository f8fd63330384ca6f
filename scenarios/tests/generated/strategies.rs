//! Strategies: generate a cluster, a workload, faults and choices.
//!
//! Every value that these strategies generate must be a valid scenario that the shipped protocol survives.
use proptest::{collection::vec, prelude::*};
use scenarios::{
    generated::Generated,
    scenario::ClusterShape,
    workload::{Act, Payload, Retry, Route, Suppression},
};
use std::{borrow::Cow, time::Duration};

/// A scenario, and the numbers that decide its run.
pub(crate) fn arb_scenario() -> impl Strategy<Value = (Generated, Vec<u32>)> {
    let faults = prop_oneof![Just("none"), Just("calm"), Just("stormy"), Just("hostile")];
    let generated = (arb_cluster(), vec(arb_act(), 1..6), faults).prop_map(|(cluster, acts, faults)| Generated {
        cluster,
        acts,
        faults: faults.to_owned(),
    });
    (generated, vec(any::<u32>(), 0..600))
}

fn arb_cluster() -> impl Strategy<Value = ClusterShape> {
    (1..=4_usize, 1..=3_usize).prop_map(|(replicas, servers)| ClusterShape { replicas, servers, ..ClusterShape::USUAL })
}

fn arb_payload() -> impl Strategy<Value = Payload> {
    prop_oneof![
        4 => Just(Payload::Deployment),
        1 => Just(Payload::DeploymentResolved),
        1 => Just(Payload::GroupOfThree),
        1 => Just(Payload::Nodes),
        1 => Just(Payload::Event),
        1 => (0..3_u16).prop_map(Payload::Distinct),
    ]
}

fn arb_phases() -> impl Strategy<Value = Vec<Cow<'static, str>>> {
    let live = prop_oneof![Just("Pending"), Just("Processing"), Just("Executing"), Just("Blocked")];
    let end = prop_oneof![Just("Completed"), Just("Failed"), Just("TimedOut"), Just("Cancelled")];
    (vec(live, 0..3), proptest::option::of(end)).prop_map(|(mut phases, end)| {
        phases.extend(end);
        phases.into_iter().map(Cow::Borrowed).collect()
    })
}

const COMPLETED: Cow<'static, str> = Cow::Borrowed("Completed");

fn arb_route() -> impl Strategy<Value = Route> {
    prop_oneof![Just(Route::RoundRobin), Just(Route::Any), Just(Route::Replica(0))]
}

fn arb_suppression() -> impl Strategy<Value = Suppression> {
    prop_oneof![
        1 => Just(Suppression::None),
        3 => (1..40_u64).prop_map(|time| Suppression::For(Duration::from_secs(time))),
        1 => Just(Suppression::Review),
    ]
}

fn arb_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        5 => (arb_payload(), 1..8_u32, arb_route())
            .prop_map(|(what, copies, to)| Act::Deliver { what, copies, to, retry: Retry::Alertmanager }),
        1 => Just(Act::AwaitAnswers),
        1 => (proptest::option::of(0..2_usize), 1..20_000_u64, 100..20_000_u64, 1..8_u32).prop_map(
            |(replica, every, restart, times)| Act::CrashEvery {
                replica,
                every: Duration::from_millis(every),
                restart: Duration::from_millis(restart),
                times,
            }
        ),
        1 => (1..40_000_u64).prop_map(|millis| Act::Wait(Duration::from_millis(millis))),
        1 => (arb_payload(), prop_oneof![Just("Completed"), Just("Executing")])
            .prop_map(|(of, phase)| Act::Orchestrate { of, phase: Cow::Borrowed(phase) }),
        2 => (arb_payload(), 1..5_u32, arb_route(), 0..3_u32)
            .prop_map(|(what, copies, to, again)| Act::Deliver { what, copies, to, retry: Retry::Keyed { again } }),
        1 => (arb_payload(), 1..4_u32, arb_route())
            .prop_map(|(what, copies, to)| Act::DeliverTwins { what, copies, to }),
        2 => (arb_payload(), arb_suppression(), 1..4_u32)
            .prop_map(|(of, suppression, times)| Act::EndMeanwhile { of, phase: COMPLETED, suppression, times }),
        1 => (arb_payload(), arb_suppression())
            .prop_map(|(of, suppression)| Act::End { of, phase: COMPLETED, suppression }),
        2 => (arb_payload(), arb_suppression()).prop_map(|(of, suppression)| Act::Suppress { of, suppression }),
        2 => (arb_payload(), arb_phases())
            .prop_map(|(of, phases)| Act::OrchestrateMeanwhile { of, phases: Cow::Owned(phases) }),
    ]
}
