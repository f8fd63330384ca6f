//! Authentication: bearer tokens from a table, the anonymous user, impersonation
//! (k8s.io/apiserver/pkg/authentication/{token/tokenfile,request,group}).
//!
//! Client certificates, OIDC and service account tokens (JWT) are not simulated: a token table can name a service
//! account.
use crate::base::status::{self, Outcome};
use http::{HeaderMap, header};
use serde::Serialize;
use std::collections::BTreeMap;

mod impersonation;
mod token_table;

pub use token_table::{TokenFileError, TokenTable};

pub(crate) const MASTERS: &str = "system:masters";
pub(crate) const AUTHENTICATED: &str = "system:authenticated";
pub(crate) const UNAUTHENTICATED: &str = "system:unauthenticated";
const ANONYMOUS: &str = "system:anonymous";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// The user who makes a request (`authentication.k8s.io/v1` `UserInfo`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct User {
    /// User name, e.g. `system:serviceaccount:team:controller`.
    #[serde(rename = "username", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Unique id; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Groups in the order in which they were given, `system:authenticated` last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Further attributes from the authenticator.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Vec<String>>,
}

impl User {
    /// The user of a request without credentials.
    pub(crate) fn anonymous() -> Self {
        Self { name: ANONYMOUS.into(), groups: vec![UNAUTHENTICATED.into()], ..Self::default() }
    }

    pub(crate) fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|g| g == group)
    }

    pub(crate) fn is_service_account(&self, namespace: &str, name: &str) -> bool {
        service_account(&self.name) == Some((namespace, name))
    }

    fn join(&mut self, group: &str) {
        if !self.is_in(group) {
            self.groups.push(group.to_owned());
        }
    }
}

/// Namespace and name of the service account behind a user name.
fn service_account(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(SERVICE_ACCOUNT)?.split_once(':')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains(':')).then_some((namespace, name))
}

/// The user of a request.
///
/// # Errors
/// 401 for a bearer token that is not in the table.
pub(crate) fn authenticate(tokens: &TokenTable, headers: &HeaderMap) -> Outcome<User> {
    let Some(token) = bearer_token(headers) else { return Ok(User::anonymous()) };
    tokens.user(token).ok_or_else(status::unauthorized)
}

/// The bearer token; None for another scheme or an empty token.
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

pub(crate) use impersonation::impersonate;
