//! Readiness: what replicas answer to the kubelet: with nothing to do, without rights, while the API server is away.
use super::dsl::{after, deliver, first, first_few, on, seconds};
use crate::{
    scenario::{ClusterShape, Expect, Scenario},
    workload::{Act, Payload::Deployment, Route},
};
use sim::{Effect, FaultKind};
use std::borrow::Cow;

const fn probe(every: u64, times: u32) -> Act {
    Act::Probe { every: seconds(every), times }
}

/// Replicas that have nothing to do prove by trials that they could store a signal.
pub const PROBED_IDLE: Scenario = Scenario {
    name: Cow::Borrowed("probed-idle"),
    story: Cow::Borrowed(
        "the kubelet asks replicas that have nothing to do, for minutes: all are ready at all times, and their \
         trials are few",
    ),
    cluster: ClusterShape { tail: seconds(120), ..ClusterShape::USUAL },
    acts: Cow::Borrowed(&[deliver(Deployment, 1, Route::RoundRobin), Act::AwaitAnswers, probe(5, 30)]),
    expect: Cow::Borrowed(&[Expect::AlwaysReady, Expect::AllAccepted]),
    weight: 5,
    ..Scenario::BLANK
};

/// A few calls that fail are not an outage.
pub const PROBED_BLIP: Scenario = Scenario {
    name: Cow::Borrowed("probed-blip"),
    story: Cow::Borrowed(
        "one call of each kind is answered 5xx or 429 while the kubelet asks: the replicas stay ready",
    ),
    acts: Cow::Borrowed(&[
        probe(2, 20),
        Act::Wait(seconds(10)),
        deliver(Deployment, 3, Route::RoundRobin),
        Act::AwaitAnswers,
    ]),
    triggers: Cow::Borrowed(&[
        after(3, on("POST", "leases"), Effect::Fault(FaultKind::ServiceUnavailable)),
        after(4, on("PATCH", "remediationrequests/status"), Effect::Fault(FaultKind::GatewayTimeout)),
        after(3, on("POST", "remediationrequests"), Effect::Fault(FaultKind::TooManyRequests)),
        after(3, on("PUT", "leases"), Effect::Fault(FaultKind::GatewayTimeout)),
    ]),
    expect: Cow::Borrowed(&[Expect::AlwaysReady, Expect::AllAccepted]),
    weight: 5,
    ..Scenario::BLANK
};

/// Each kind of call that is refused for good is a reason by itself.
macro_rules! refused {
    ($name:ident, $text:literal, $method:literal, $resource:literal, $reason:literal) => {
        #[doc = concat!("A replica that may not ", $reason, ".")]
        pub const $name: Scenario = Scenario {
            name: Cow::Borrowed($text),
            story: Cow::Borrowed(concat!(
                "for a while RBAC does not let replicas ",
                $reason,
                ": the kubelet gets the reason, and they are ready again",
            )),
            acts: Cow::Borrowed(&[probe(4, 20)]),
            triggers: Cow::Borrowed(&[first_few(4, on($method, $resource), Effect::Forbid)]),
            expect: Cow::Borrowed(&[Expect::UnreadyFor(Cow::Borrowed(concat!("cannot ", $reason)))]),
            weight: 3,
            ..Scenario::BLANK
        };
    };
}

refused!(MAY_NOT_PATCH, "may-not-patch", "PATCH", "remediationrequests/status", "patch remediationrequests/status");
refused!(MAY_NOT_CREATE, "may-not-create", "POST", "remediationrequests", "create remediationrequests");
refused!(MAY_NOT_GET, "may-not-get", "GET", "remediationrequests", "get remediationrequests");
refused!(MAY_NOT_LOCK, "may-not-lock", "POST", "leases", "create leases");
refused!(MAY_NOT_TAKE, "may-not-take", "PUT", "leases", "update leases");
refused!(MAY_NOT_LOOK, "may-not-look", "GET", "leases", "get leases");

/// An API server that does not answer writes for a while.
pub const PROBED_OUTAGE: Scenario = Scenario {
    name: Cow::Borrowed("probed-outage"),
    story: Cow::Borrowed(
        "leases cannot be written for a while: the replicas are not ready after ten seconds, and ready again once a \
         lease of their own could be written",
    ),
    acts: Cow::Borrowed(&[probe(4, 30)]),
    triggers: Cow::Borrowed(&[
        first(on("PUT", "leases"), Effect::Fault(FaultKind::ServiceUnavailable)),
        first_few(24, on("POST", "leases"), Effect::Fault(FaultKind::ServiceUnavailable)),
    ]),
    expect: Cow::Borrowed(&[Expect::UnreadyFor(Cow::Borrowed("cannot create leases"))]),
    weight: 5,
    ..Scenario::BLANK
};
