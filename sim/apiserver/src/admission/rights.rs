//! Answers to the authorizer of expressions: the rights of the requestor or of a service account, by the stored roles
//! and the hook of the caller.
use super::matching::Subject;
use crate::{
    access::{
        authorizer::{Attributes, Decision},
        rbac::Rbac,
        user::{AUTHENTICATED, SERVICE_ACCOUNT, User},
    },
    cel::{Answer, Check},
};

/// The resource of a request, for a question about it.
pub(super) fn resource(subject: &Subject<'_>) -> Check {
    let call = subject.call;
    Check {
        group: call.kind.group.clone(),
        resource: call.kind.plural.clone(),
        subresource: call.subresource.to_owned(),
        namespace: subject.namespace_name().to_owned(),
        name: subject.name().to_owned(),
        ..Check::default()
    }
}

/// Whether a user has a right. Where nobody is authenticated, everything is allowed.
pub(super) fn answer(subject: &Subject<'_>, check: &Check, verb: &str) -> Answer {
    let call = subject.call;
    let account = check.account.as_ref().map(|(namespace, name)| service_account(namespace, name));
    let user = call.user.map(|user| account.as_ref().unwrap_or(user));
    let attributes = Attributes {
        actor: call.actor,
        user,
        headers: call.headers,
        verb,
        group: &check.group,
        resource: &check.resource,
        subresource: &check.subresource,
        namespace: &check.namespace,
        name: &check.name,
        path: &check.path,
    };
    let verdict = user.map(|user| Rbac::new(subject.store, subject.registry).authorize(user, &attributes));
    let allowed = verdict.as_ref().is_none_or(|verdict| verdict.allowed);
    let hooked = subject.authorizer.is_none_or(|hook| matches!(hook(&attributes), Decision::Allow));
    Answer { allowed: allowed && hooked, reason: verdict.map(|verdict| verdict.reason).unwrap_or_default() }
}

fn service_account(namespace: &str, name: &str) -> User {
    let group = SERVICE_ACCOUNT.trim_end_matches(':');
    let groups = [format!("{group}s"), format!("{group}s:{namespace}"), AUTHENTICATED.to_owned()];
    User { name: format!("{SERVICE_ACCOUNT}{namespace}:{name}"), groups: groups.to_vec(), ..User::default() }
}
