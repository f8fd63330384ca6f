//! Lives: RemediationRequests that end, alerts that resolve, and deliveries as their senders really make them.
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{
        Act,
        Payload::{self, Deployment, DeploymentResolved, Event, GroupOfThree, Nodes},
        Retry, Route,
    },
};
use std::borrow::Cow;

const fn deliver(what: Payload, copies: u32) -> Act {
    Act::Deliver { what, copies, to: Route::Any, retry: Retry::Alertmanager }
}

const fn orchestrate(of: Payload, phase: &'static str) -> Act {
    Act::Orchestrate { of, phase: Cow::Borrowed(phase) }
}

/// A fresh signal must not be absorbed by a finished remediation (Z1).
pub const ENDS_MEANWHILE: Scenario = Scenario {
    name: Cow::Borrowed("ends-meanwhile"),
    story: Cow::Borrowed(
        "the RemediationRequest ends while duplicates are on their way: each is counted on one that is active",
    ),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1),
        Act::AwaitAnswers,
        Act::OrchestrateMeanwhile {
            of: Deployment,
            phases: Cow::Borrowed(&[Cow::Borrowed("Pending"), Cow::Borrowed("Completed")]),
        },
        deliver(Deployment, 6),
    ]),
    expect: Cow::Borrowed(&[Expect::AllAccepted, Expect::Counted(Deployment, 7)]),
    weight: 80,
    ..Scenario::BLANK
};

/// Episodes follow each other under one name family.
pub const NEXT_EPISODE: Scenario = Scenario {
    name: Cow::Borrowed("next-episode"),
    story: Cow::Borrowed(
        "an alert comes back twice after its RemediationRequest has ended: three episodes, three RemediationRequests",
    ),
    cluster: ClusterShape { tail: ClusterShape::LONG_TAIL, ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[
        deliver(Deployment, 3),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        deliver(Deployment, 3),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Failed"),
        deliver(Deployment, 3),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(3), Expect::AllAccepted, Expect::Counted(Deployment, 9)]),
    weight: 40,
    ..Scenario::BLANK
};

/// The normal happy path makes the existing gateway open a second remediation (Z9).
pub const RESOLVED_AFTER_END: Scenario = Scenario {
    name: Cow::Borrowed("resolved-after-end"),
    story: Cow::Borrowed("the remediation ends and Alertmanager says resolved: nothing is created, nothing counted"),
    acts: Cow::Borrowed(&[
        deliver(Deployment, 1),
        Act::AwaitAnswers,
        deliver(DeploymentResolved, 1),
        Act::AwaitAnswers,
        orchestrate(Deployment, "Completed"),
        deliver(DeploymentResolved, 2),
    ]),
    expect: Cow::Borrowed(&[Expect::Requests(1), Expect::Counted(Deployment, 1)]),
    weight: 20,
    ..Scenario::BLANK
};

/// Two of the three alerts name Pods of one Deployment.
pub const GROUP_OF_THREE: Scenario = Scenario {
    name: Cow::Borrowed("group-of-three"),
    story: Cow::Borrowed(
        "a real Alertmanager group of three alerts, twice at once: two owners, two RemediationRequests",
    ),
    acts: Cow::Borrowed(&[deliver(GroupOfThree, 2)]),
    expect: Cow::Borrowed(&[Expect::Requests(2), Expect::AllAccepted, Expect::Counted(GroupOfThree, 4)]),
    weight: 40,
    ..Scenario::BLANK
};

/// Alerts and events of one owner meet in one RemediationRequest.
pub const MIXED_SOURCES: Scenario = Scenario {
    name: Cow::Borrowed("mixed-sources"),
    story: Cow::Borrowed("a Kubernetes Event, an alert on two Nodes and one on a Deployment at once"),
    acts: Cow::Borrowed(&[deliver(Event, 3), deliver(Nodes, 2), deliver(Deployment, 2)]),
    expect: Cow::Borrowed(&[Expect::Requests(4), Expect::AllAccepted, Expect::Counted(Event, 3)]),
    weight: 20,
    ..Scenario::BLANK
};
