//! Authorization of a request: the stored roles, and the hook of the caller (k8s.io/apiserver/pkg/endpoints/filters).
use crate::{
    access::{
        authentication::{self, impersonation::impersonate},
        authorizer::{Attributes, Decision},
        rbac::{
            Rbac,
            escalation::{self, Grant},
        },
        user::User,
    },
    base::{
        actor::ADMIN,
        request::Request,
        status::{self, Outcome},
    },
    registry::group::RBAC,
    request::{call::Call, request_info::RequestInfo},
    server::state::ApiServer,
};
use http::HeaderMap;
use serde_json::Value;

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

impl ApiServer {
    /// Authenticates and authorizes a request; None without authentication.
    pub(crate) fn admit(&self, attributes: &Attributes<'_>) -> Outcome<Option<User>> {
        if attributes.actor == ADMIN {
            return Ok(None);
        }
        let Some(tokens) = self.tokens() else {
            self.ask_hook(attributes)?;
            return Ok(None);
        };
        let lookup = |plural: &str, namespace: &str, name: &str| self.lookup(plural, namespace, name);
        let requestor = authentication::authenticate(tokens, attributes.headers, self.now, &lookup)?;
        let attributes = Attributes { user: Some(&requestor), ..*attributes };
        let check = |wanted: &Attributes<'_>| self.check_roles(wanted);
        let impersonated = impersonate(&attributes, &check)?;
        let attributes = Attributes { user: Some(impersonated.as_ref().unwrap_or(&requestor)), ..attributes };
        self.check_roles(&attributes)?;
        self.ask_hook(&attributes)?;
        Ok(Some(impersonated.unwrap_or(requestor)))
    }

    fn ask_hook(&self, attributes: &Attributes<'_>) -> Outcome<()> {
        let Some(hook) = &self.authorizer else { return Ok(()) };
        match hook(attributes) {
            Decision::Allow => Ok(()),
            Decision::Deny { user } => Err(attributes.refusal(&user, "")),
            Decision::Unauthenticated => Err(status::unauthorized()),
        }
    }

    fn check_roles(&self, attributes: &Attributes<'_>) -> Outcome<()> {
        let Some(user) = attributes.user else { return Ok(()) };
        let verdict = Rbac::new(&self.store, &self.registry).authorize(user, attributes);
        if verdict.allowed { Ok(()) } else { Err(attributes.refuse(&verdict.reason)) }
    }

    /// Checks that a user grants only rights that he has himself.
    pub(crate) fn check_grant(&self, call: &Call<'_>, value: &Value, old: Option<&Value>) -> Outcome<()> {
        let (Some(user), RBAC) = (call.user, call.kind.group.as_str()) else { return Ok(()) };
        let request = Attributes {
            actor: call.actor,
            user: call.user,
            headers: call.headers,
            verb: "",
            group: RBAC,
            resource: &call.kind.plural,
            subresource: call.subresource,
            namespace: call.namespace,
            name: call.name,
            path: "",
        };
        let grant = Grant { kind: call.kind, user, request: &request, value, old };
        escalation::check(&Rbac::new(&self.store, &self.registry), &grant)
    }
}

pub(crate) fn bare_attributes<'a>(actor: u32, request: &'a Request, verb: &'a str, path: &'a str) -> Attributes<'a> {
    Attributes {
        actor,
        user: None,
        headers: &request.headers,
        verb,
        group: "",
        resource: "",
        subresource: "",
        namespace: "",
        name: "",
        path,
    }
}
