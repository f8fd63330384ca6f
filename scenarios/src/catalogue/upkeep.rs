//! Upkeep: leases that nothing needs any more.
use super::dsl::{deliver, interfere, orchestrate};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{Act, Interference, Payload::Deployment, Route},
};
use std::{borrow::Cow, time::Duration};

/// A lease outlives its request by minutes, and then goes.
pub const SWEPT_IN_THE_END: Scenario = Scenario {
    name: Cow::Borrowed("swept-in-the-end"),
    story: Cow::Borrowed(
        "a request ends and is deleted, and no alert comes for eleven minutes: its lease is deleted in the end",
    ),
    cluster: ClusterShape { tail: Duration::from_secs(660), ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        deliver(Deployment, 2, Route::RoundRobin),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        interfere(Interference::DeleteEnded),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(0), Expect::AllAccepted]),
    weight: 5,
    ..Scenario::BLANK
};
