//! Scripted faults: "the first lease POST of replica 0 is executed and the replica crashes before the answer".
use crate::faults::FaultKind;
use std::time::Duration;

/// Which calls a trigger is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallPattern {
    /// `GET`, `POST`, `PUT`, `PATCH`, `DELETE`.
    pub method: &'static str,
    /// The plural, with the subresource where it has one: `leases`, `remediationrequests/status`.
    pub resource: &'static str,
    /// Only calls of this replica.
    pub replica: Option<usize>,
}

/// What happens to the call, or around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// A fault of calls.
    Fault(FaultKind),
    /// The call's replica crashes before the call is executed; the call is executed or not, as chosen.
    CrashBefore {
        /// The replica starts again after this long.
        restart: Duration,
    },
    /// The call is executed and its replica crashes before the answer.
    CrashAfter {
        /// The replica starts again after this long.
        restart: Duration,
    },
    /// The call's replica stands still with the call handed over and not yet executed; the call is held back as long.
    PauseBefore(Duration),
    /// The call is executed; its replica stands still before it reads the answer.
    PauseAfter(Duration),
    /// The answer is a 504; the call, a write, is executed this much later.
    Late(Duration),
    /// RBAC refuses it: 403.
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
            Effect::Forbid => FaultKind::Refused,
        }
    }
}

/// What happens at which call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    /// Which calls.
    pub on: CallPattern,
    /// How many of them pass first.
    pub skip: u32,
    /// How many it happens to.
    pub times: u32,
    /// What happens.
    pub effect: Effect,
}

impl CallPattern {
    /// Whether this call is meant.
    pub(crate) fn matches(&self, method: &http::Method, target: &str, replica: Option<usize>) -> bool {
        self.method == method.as_str()
            && (self.replica.is_none() || self.replica == replica)
            && resource(target) == self.resource
    }
}

/// The plural (and subresource) that a path is about: `/apis/g/v1/namespaces/a/leases/x` is about `leases`.
pub(crate) fn resource(target: &str) -> &str {
    let path = target.split('?').next().unwrap_or(target);
    let after_version = match path.strip_prefix("/apis/") {
        Some(rest) => rest.splitn(3, '/').nth(2),
        None => path.strip_prefix("/api/").and_then(|rest| rest.split_once('/').map(|(_, rest)| rest)),
    };
    let Some(rest) = after_version else { return path };
    let rest = match rest.strip_prefix("namespaces/").and_then(|rest| rest.split_once('/')) {
        Some((_, namespaced)) => namespaced,
        None => rest,
    };
    let (plural, below) = rest.split_once('/').unwrap_or((rest, ""));
    match below.split_once('/') {
        // The plural and its subresource are not adjacent in the path: only the one that matters here is spelled out.
        Some((_, "status")) if plural == "remediationrequests" => "remediationrequests/status",
        _ => plural,
    }
}

#[cfg(test)]
mod tests {
    use super::resource;

    #[test]
    fn paths_name_their_resource() {
        for (target, expected) in [
            ("/apis/coordination.k8s.io/v1/namespaces/a/leases/x", "leases"),
            ("/apis/coordination.k8s.io/v1/namespaces/a/leases?watch=1", "leases"),
            ("/apis/kubernaut.ai/v1alpha1/namespaces/a/remediationrequests/x/status?y", "remediationrequests/status"),
            ("/apis/kubernaut.ai/v1alpha1/remediationrequests", "remediationrequests"),
            ("/api/v1/namespaces/a/pods/p", "pods"),
            ("/api/v1/nodes/n", "nodes"),
            ("/apis", "/apis"),
        ] {
            assert_eq!(resource(target), expected, "{target}");
        }
    }
}
