//! Who may do what: the stored roles, a hook that the caller supplies, and the answers to those who may not
//! (k8s.io/apiserver/pkg/authorization, pkg/endpoints/handlers/responsewriters/errors.go).
//!
//! Neither is asked unless somebody sets it: without tokens and without a hook everything is allowed, at no cost.
use super::{
    authentication::User,
    request_info::RequestInfo,
    status::{self, Status, Subject},
};
use http::HeaderMap;

/// What a request wants.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    /// As given to [`ApiServer::handle`](super::ApiServer::handle).
    pub actor: u32,
    /// Whose rights are in question, where it is known: the requestor, or the subject of an access review.
    pub user: Option<&'a User>,
    /// The request's headers: its token and its user agent.
    pub headers: &'a HeaderMap,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; lower-case method for a bare path.
    pub verb: &'a str,
    /// Empty for core resources and bare paths.
    pub group: &'a str,
    /// Plural; empty for a bare path.
    pub resource: &'a str,
    /// `status`, or empty.
    pub subresource: &'a str,
    /// Empty for cluster-scoped requests.
    pub namespace: &'a str,
    /// Empty for collections and creations.
    pub name: &'a str,
    /// The path.
    pub path: &'a str,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is handled.
    Allow,
    /// 403 in the name of this user.
    Deny {
        /// E.g. `system:serviceaccount:kubernaut:gateway`.
        user: String,
    },
    /// 401: the token is unknown.
    Unauthenticated,
}

/// The hook.
pub type Authorizer = Box<dyn Fn(&Attributes<'_>) -> Decision + Send>;

/// Whether something is allowed, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) allowed: bool,
    /// Which binding allows it, or what was wrong with the bindings; often empty.
    pub(crate) reason: String,
}

impl Attributes<'_> {
    /// The answer to one who is refused.
    pub(crate) fn refusal(&self, user: &str, reason: &str) -> Box<Status> {
        let Self { verb, group, resource, subresource, namespace, name, path, .. } = self;
        let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        if resource.is_empty() {
            return status::forbidden_path(&format!("User {user:?} cannot {verb} path {path:?}{reason}"));
        }
        let slash = if subresource.is_empty() { "" } else { "/" };
        let scope = if namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {namespace:?}")
        };
        let what = format!("resource \"{resource}{slash}{subresource}\" in API group {group:?}");
        let subject = Subject { group, kind: resource };
        status::forbidden(subject, name, &format!("User {user:?} cannot {verb} {what} {scope}{reason}"))
    }

    /// [`Self::refusal`] in the name of these attributes' own user.
    pub(crate) fn refuse(&self, reason: &str) -> Box<Status> {
        self.refusal(self.user.map_or("", |user| &user.name), reason)
    }
}

/// The attributes of a request to a resource.
pub(crate) fn resource_attributes<'a>(
    actor: u32,
    headers: &'a HeaderMap,
    verb: &'a str,
    info: &'a RequestInfo<'_>,
    path: &'a str,
) -> Attributes<'a> {
    let namespace =
        if info.resource == "namespaces" && info.namespace.is_empty() { &info.name } else { &info.namespace };
    Attributes {
        actor,
        user: None,
        headers,
        verb,
        group: info.group,
        resource: info.resource,
        subresource: info.subresource,
        namespace,
        name: &info.name,
        path,
    }
}
