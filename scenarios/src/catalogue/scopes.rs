//! Scopes: scenarios that are small enough to be searched exhaustively. The random campaign has larger ones.
use super::dsl::{deliver, end};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{
        Act,
        Payload::{Deployment, Distinct},
        Route, Suppression,
    },
};
use std::borrow::Cow;

/// Every scenario of this kind that the catalogue does not have.
pub static SCOPES: &[&Scenario] = &[&DUO, &TWO_BY_TWO, &TRIO, &TWO_EPISODES];

/// The smallest race of two replicas.
pub const DUO: Scenario = Scenario {
    name: Cow::Borrowed("duo"),
    story: Cow::Borrowed("2 replicas, 1 alert each, of one fingerprint"),
    cluster: ClusterShape { replicas: 2, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[deliver(Deployment, 2, Route::RoundRobin)]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 2)]),
    ..Scenario::BLANK
};

/// Two fingerprints at two replicas: each handles both at once.
pub const TWO_BY_TWO: Scenario = Scenario {
    name: Cow::Borrowed("two-by-two"),
    story: Cow::Borrowed("2 replicas, 2 fingerprints, an alert of each at each"),
    cluster: ClusterShape { replicas: 2, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[deliver(Distinct(1), 2, Route::RoundRobin), deliver(Distinct(2), 2, Route::RoundRobin)]),
    expect: Cow::Borrowed(&[
        Expect::Requests(2),
        Expect::AllAccepted,
        Expect::Counted(Distinct(1), 2),
        Expect::Counted(Distinct(2), 2),
    ]),
    ..Scenario::BLANK
};

/// The smallest race of three replicas.
pub const TRIO: Scenario = Scenario {
    name: Cow::Borrowed("trio"),
    story: Cow::Borrowed("3 replicas, 1 alert each, of one fingerprint"),
    cluster: ClusterShape { replicas: 3, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[deliver(Deployment, 3, Route::RoundRobin)]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::AllAccepted, Expect::Counted(Deployment, 3)]),
    ..Scenario::BLANK
};

/// The race at the beginning of the second episode: the lock and the name of the first are still there.
pub const TWO_EPISODES: Scenario = Scenario {
    name: Cow::Borrowed("two-episodes"),
    story: Cow::Borrowed("2 replicas, a request that has ended, and then one alert at each: the second episode"),
    cluster: ClusterShape { replicas: 2, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Replica(0)),
        Act::AwaitAnswers,
        end(Deployment, "Completed", Suppression::None),
        deliver(Deployment, 2, Route::RoundRobin),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted, Expect::Counted(Deployment, 3)]),
    ..Scenario::BLANK
};
