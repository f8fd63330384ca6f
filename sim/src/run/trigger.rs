//! Triggers: faults that strike a given call for certain.
//!
//! For example: "the first POST of leases by replica 0 is executed, and the replica crashes before the answer".
use crate::{digest::mix, faults::FaultKind};
use std::time::Duration;

/// The calls that a trigger is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallPattern {
    /// `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, or [`CallPattern::ANY_WRITE`].
    pub method: &'static str,
    /// Plural of the resource, with the subresource of a call that has one: `leases`, `greetings/status`; or
    /// [`CallPattern::ANY_RESOURCE`].
    pub resource: &'static str,
    /// The replica whose calls are meant; None for all of them.
    pub replica: Option<usize>,
}

/// Effect of a trigger on a call, or around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// A fault of API calls.
    Fault(FaultKind),
    /// The call's replica crashes before the call is executed. Whether it still is, is a choice.
    CrashBefore {
        /// Time after which the replica starts again.
        restart: Duration,
    },
    /// The call is executed, and its replica crashes before the answer.
    CrashAfter {
        /// Time after which the replica starts again.
        restart: Duration,
    },
    /// The call's replica is paused after it sent the call; the call is held back for the same time.
    PauseBefore(Duration),
    /// The call is executed, and its replica is paused before it reads the answer.
    PauseAfter(Duration),
    /// The answer is a 504; the call, a write, is executed this much later.
    Late(Duration),
    /// A layer in between sends the call, a write, twice.
    Twice {
        /// Status of the layer's own answer, which it makes without sending the second copy; None for the server's
        /// answer to the second copy.
        answer: Option<u16>,
        /// Time after which the second copy is executed; with an answer of the layer's own, the first.
        after: Duration,
    },
    /// RBAC refuses the call: 403.
    Forbid,
}

impl Effect {
    /// The fault that it is counted as.
    pub const fn kind(self) -> FaultKind {
        match self {
            Effect::Fault(kind) => kind,
            Effect::CrashBefore { .. } | Effect::CrashAfter { .. } => FaultKind::Crash,
            Effect::PauseBefore(_) | Effect::PauseAfter(_) => FaultKind::Pause,
            Effect::Late(_) => FaultKind::LateWrite,
            Effect::Twice { .. } => FaultKind::SentTwice,
            Effect::Forbid => FaultKind::Refused,
        }
    }
}

/// A fault that strikes some calls for certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    /// The calls that it is about.
    pub on: CallPattern,
    /// Number of such calls that pass before it strikes.
    pub skip: u32,
    /// Number of calls that it strikes.
    pub times: u32,
    /// Effect on those calls.
    pub effect: Effect,
}

/// The triggers of a run, each with the number of its calls so far.
pub(crate) struct Triggers(Vec<(Trigger, u32)>);

impl Triggers {
    pub(crate) fn new(triggers: &[Trigger]) -> Self {
        Self(triggers.iter().map(|&trigger| (trigger, 0)).collect())
    }

    /// Digest of the numbers of calls so far.
    pub(crate) fn digest(&self) -> u64 {
        self.0.iter().fold(0, |sum, (_, calls)| mix((sum, calls)))
    }

    /// Counts a call, and gives what the first trigger that strikes it does.
    pub(crate) fn strike(&mut self, method: &http::Method, target: &str, replica: Option<usize>) -> Option<Effect> {
        let mut effect = None;
        for (trigger, calls) in &mut self.0 {
            if trigger.on.matches(method, target, replica) {
                *calls += 1;
                if *calls > trigger.skip && *calls <= trigger.skip.saturating_add(trigger.times) {
                    effect = effect.or(Some(trigger.effect));
                }
            }
        }
        effect
    }
}

impl CallPattern {
    /// As a method: any but `GET`.
    pub const ANY_WRITE: &'static str = "a write";
    /// As a resource: any, subresources included.
    pub const ANY_RESOURCE: &'static str = "any";

    fn matches(&self, method: &http::Method, target: &str, replica: Option<usize>) -> bool {
        let (plural, subresource) = match self.resource.split_once('/') {
            Some((plural, subresource)) => (plural, Some(subresource)),
            None => (self.resource, None),
        };
        let method_fits = match self.method {
            CallPattern::ANY_WRITE => method != http::Method::GET,
            one => one == method.as_str(),
        };
        method_fits
            && (self.replica.is_none() || self.replica == replica)
            && (self.resource == CallPattern::ANY_RESOURCE || resource(target) == (plural, subresource))
    }
}

/// Subresources of a namespace itself (k8s.io/apiserver/pkg/endpoints/request/requestinfo.go, namespaceSubresources).
const OF_NAMESPACES: [&str; 2] = ["status", "finalize"];

/// The plural and the subresource that a path is about: `/apis/g/v1/namespaces/a/greetings/x/status` is about
/// `greetings` and its `status`. A path outside the API's resources is its own plural.
pub(crate) fn resource(target: &str) -> (&str, Option<&str>) {
    let path = target.split('?').next().unwrap_or(target);
    let after_version = match path.strip_prefix("/apis/") {
        Some(rest) => rest.splitn(3, '/').nth(2),
        None => path.strip_prefix("/api/").and_then(|rest| rest.split_once('/').map(|(_, rest)| rest)),
    };
    let Some(rest) = after_version else { return (path, None) };
    let namespaced = rest.strip_prefix("namespaces/").and_then(|rest| rest.split_once('/'));
    let rest = match namespaced {
        Some((_, below)) if OF_NAMESPACES.contains(&below) => return ("namespaces", Some(below)),
        Some((_, below)) => below,
        None => rest,
    };
    let mut segments = rest.split('/');
    (segments.next().unwrap_or(rest), segments.nth(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_their_resource() {
        for (target, expected) in [
            ("/apis/coordination.k8s.io/v1/namespaces/a/leases/x", ("leases", None)),
            ("/apis/coordination.k8s.io/v1/namespaces/a/leases?watch=1", ("leases", None)),
            ("/apis/example.com/v1/namespaces/a/greetings/x/status?y", ("greetings", Some("status"))),
            ("/apis/example.com/v1/greetings", ("greetings", None)),
            ("/apis/example.com/v1/clusters/x/scale", ("clusters", Some("scale"))),
            ("/api/v1/namespaces/a/pods/p", ("pods", None)),
            ("/api/v1/namespaces/a/pods/p/log", ("pods", Some("log"))),
            ("/api/v1/nodes/n", ("nodes", None)),
            ("/api/v1/namespaces/a", ("namespaces", None)),
            ("/api/v1/namespaces/a/finalize", ("namespaces", Some("finalize"))),
            ("/apis", ("/apis", None)),
        ] {
            assert_eq!(resource(target), expected, "{target}");
        }
    }

    #[test]
    fn patterns_tell_an_object_from_its_subresource() {
        let pattern = |resource| CallPattern { method: "PATCH", resource, replica: None };
        let matches = |resource, target| pattern(resource).matches(&http::Method::PATCH, target, Some(1));
        let object = "/apis/example.com/v1/namespaces/a/greetings/x";
        let status = "/apis/example.com/v1/namespaces/a/greetings/x/status";
        assert!(matches("greetings", object) && matches("greetings/status", status));
        assert!(!matches("greetings", status) && !matches("greetings/status", object));
    }

    #[test]
    fn any_write_leaves_reads_alone() {
        let on = CallPattern { method: CallPattern::ANY_WRITE, resource: CallPattern::ANY_RESOURCE, replica: None };
        let status = "/apis/example.com/v1/namespaces/a/greetings/x/status";
        assert!(
            on.matches(&http::Method::PATCH, status, None) && on.matches(&http::Method::POST, "/api/v1/nodes", None)
        );
        assert!(!on.matches(&http::Method::GET, status, None));
    }

    #[test]
    fn every_trigger_counts_every_call() {
        let on = CallPattern { method: "POST", resource: "leases", replica: None };
        let trigger = |skip, effect| Trigger { on, skip, times: 1, effect };
        let mut triggers = Triggers::new(&[trigger(0, Effect::Forbid), trigger(1, Effect::Late(Duration::ZERO))]);
        let mut strike = || triggers.strike(&http::Method::POST, "/apis/coordination.k8s.io/v1/leases", None);
        assert_eq!([strike(), strike(), strike()], [Some(Effect::Forbid), Some(Effect::Late(Duration::ZERO)), None]);
    }
}
