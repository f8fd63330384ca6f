//! Lifecycle: RemediationRequests that end, alerts that resolve, and deliveries as their senders really make them.
use super::dsl::{deliver, meanwhile, orchestrate};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{
        Act,
        Payload::{Deployment, DeploymentResolved, Event, GroupOfThree, Nodes},
        Route,
    },
};
use std::borrow::Cow;

/// A new signal must not be counted on a remediation that has ended (Z1).
pub const ENDS_MEANWHILE: Scenario = Scenario {
    name: Cow::Borrowed("ends-meanwhile"),
    story: Cow::Borrowed(
        "the RemediationRequest ends while duplicates are on their way: each is counted on an active one",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Any),
        Act::AwaitAnswers,
        meanwhile!(Deployment, "Pending", "Completed"),
        deliver(Deployment, 6, Route::Any),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 7)]),
    weight: 80,
    ..Scenario::BLANK
};

/// Episodes follow each other under names that differ by their number.
pub const NEXT_EPISODE: Scenario = Scenario {
    name: Cow::Borrowed("next-episode"),
    story: Cow::Borrowed(
        "an alert fires again twice after its RemediationRequest has ended: three episodes, three RemediationRequests",
    ),
    cluster: ClusterShape { tail: ClusterShape::LONG_TAIL, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        deliver(Deployment, 3, Route::Any),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        deliver(Deployment, 3, Route::Any),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Failed"),
        deliver(Deployment, 3, Route::Any),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(3), Expect::AllAccepted, Expect::Counted(Deployment, 9)]),
    weight: 40,
    ..Scenario::BLANK
};

/// The normal course of events, which makes the existing gateway open a second remediation (Z9).
pub const RESOLVED_AFTER_END: Scenario = Scenario {
    name: Cow::Borrowed("resolved-after-end"),
    story: Cow::Borrowed(
        "the remediation ends and Alertmanager reports the alert resolved: nothing is created or counted",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1, Route::Any),
        Act::AwaitAnswers,
        deliver(DeploymentResolved, 1, Route::Any),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        deliver(DeploymentResolved, 2, Route::Any),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::Counted(Deployment, 1)]),
    weight: 20,
    ..Scenario::BLANK
};

/// Two of the three alerts are about Pods of one Deployment.
pub const GROUP_OF_THREE: Scenario = Scenario {
    name: Cow::Borrowed("group-of-three"),
    story: Cow::Borrowed(
        "a real Alertmanager group of three alerts, delivered twice at once: two owners, two RemediationRequests",
    ),
    acts: Cow::Borrowed(&[deliver(GroupOfThree, 2, Route::Any)]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted, Expect::Counted(GroupOfThree, 4)]),
    weight: 40,
    ..Scenario::BLANK
};

/// Alerts and events of one owner are counted on one RemediationRequest.
pub const MIXED_SOURCES: Scenario = Scenario {
    name: Cow::Borrowed("mixed-sources"),
    story: Cow::Borrowed("a Kubernetes Event, an alert on two Nodes and one on a Deployment at once"),
    acts: Cow::Borrowed(&[
        deliver(Event, 3, Route::Any),
        deliver(Nodes, 2, Route::Any),
        deliver(Deployment, 2, Route::Any),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(4), Expect::AllAccepted, Expect::Counted(Event, 3)]),
    weight: 20,
    ..Scenario::BLANK
};
