//! The authorizer of an expression: questions about the rights of a user, put together step by step
//! (k8s.io/apiserver/pkg/cel/library/authz.go).
use std::fmt;

/// An action of a user, apart from its verb: on a path, or on a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Check {
    /// Namespace and name of the service account that is the user; otherwise it is the requestor.
    pub(crate) account: Option<(String, String)>,
    pub(crate) path: String,
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) subresource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// Whether it is allowed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) allowed: bool,
    pub(crate) reason: String,
}

/// Answers a check of a verb.
pub(crate) type Ask<'a> = &'a dyn Fn(&Check, &str) -> Answer;

/// The stage of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Authorizer,
    Path,
    Group,
    Resource,
}

/// A question, and who answers it.
#[derive(Clone)]
pub(crate) struct Asking<'a> {
    pub(super) ask: Ask<'a>,
    pub(super) stage: Stage,
    pub(super) check: Check,
}

impl fmt::Debug for Asking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").field("stage", &self.stage).field("check", &self.check).finish_non_exhaustive()
    }
}
