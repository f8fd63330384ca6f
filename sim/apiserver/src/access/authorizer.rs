//! Authorization: the stored roles, a hook that the caller supplies, and the refusals
//! (k8s.io/apiserver/pkg/authorization, pkg/endpoints/handlers/responsewriters/errors.go).
//!
//! Both are optional: without tokens and without a hook everything is allowed, at no cost.
use super::user::User;
use crate::base::{
    go_text::quoted,
    status::{self, Status, Subject},
};
use http::HeaderMap;

/// The attributes of a request that authorization looks at.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    /// The actor given to [`ApiServer::handle`](crate::ApiServer::handle).
    pub actor: u32,
    /// The user whose rights are checked, if known: the requestor, or the subject of an access review.
    pub user: Option<&'a User>,
    /// The request's headers: its token and its user agent.
    pub headers: &'a HeaderMap,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; the method in lower case for
    /// a non-resource path.
    pub verb: &'a str,
    /// The API group; empty for core resources and non-resource paths.
    pub group: &'a str,
    /// The resource's plural; empty for a non-resource path.
    pub resource: &'a str,
    /// `status` or another subresource; empty for the object itself.
    pub subresource: &'a str,
    /// The namespace; empty for cluster-scoped requests.
    pub namespace: &'a str,
    /// The object's name; empty for collections and creations.
    pub name: &'a str,
    /// The URL path.
    pub path: &'a str,
}

/// The decision about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The request is handled.
    Allow,
    /// The request is answered with 403, which names this user.
    Deny {
        /// User name, e.g. `system:serviceaccount:team:controller`.
        user: String,
    },
    /// The request is answered with 401: the token is unknown.
    Unauthenticated,
}

/// The function that decides about every request.
pub type Authorizer = Box<dyn Fn(&Attributes<'_>) -> Decision + Send>;

/// Whether a request is allowed, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) allowed: bool,
    /// The binding that allows it, or errors in the bindings; often empty.
    pub(crate) reason: String,
}

/// The text without what could be a tag (responsewriters/errors.go, `sanitizer`).
fn sanitized(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Attributes<'_> {
    /// The 403 for this user.
    pub(crate) fn refusal(&self, user: &str, reason: &str) -> Box<Status> {
        let Self { verb, group, resource, subresource, namespace, name, path, .. } = self;
        let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        if resource.is_empty() {
            let why = format!("User {} cannot {verb} path {}", quoted(user), quoted(path));
            return status::forbidden_path(&format!("{}{reason}", sanitized(&why)));
        }
        let slash = if subresource.is_empty() { "" } else { "/" };
        let scope = if namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {}", quoted(namespace))
        };
        let what = format!("resource \"{resource}{slash}{subresource}\" in API group {group}", group = quoted(group));
        let subject = Subject { group, kind: resource };
        let why = format!("User {} cannot {verb} {what} {scope}", quoted(user));
        status::forbidden(subject, name, &format!("{}{reason}", sanitized(&why)))
    }

    /// [`Self::refusal`] for the user of these attributes.
    pub(crate) fn refuse(&self, reason: &str) -> Box<Status> {
        self.refusal(self.user.map_or("", |user| &user.name), reason)
    }
}
