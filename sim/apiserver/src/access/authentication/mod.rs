//! Authentication: bearer tokens from a table, the anonymous user, impersonation
//! (k8s.io/apiserver/pkg/authentication/{token/tokenfile,request,group}).
//!
//! Client certificates and OIDC are not simulated.
use super::user::User;
use crate::base::status::{self, Outcome};
use http::{HeaderMap, header};
use jiff::Timestamp;
use service_account::{ISSUER, Lookup};
use token_table::TokenTable;

pub(crate) mod impersonation;
pub(crate) mod service_account;
pub(crate) mod token_table;

/// The user of a request.
///
/// # Errors
/// 401 for a bearer token that is neither in the table nor a valid one of a service account.
pub(crate) fn authenticate(
    tokens: &TokenTable,
    headers: &HeaderMap,
    now: Timestamp,
    lookup: &Lookup<'_>,
) -> Outcome<User> {
    let Some(token) = bearer_token(headers) else { return Ok(User::anonymous()) };
    let account = || service_account::authenticate(token, &[ISSUER], now, lookup).ok().map(|(user, _)| user);
    tokens.user(token).or_else(account).ok_or_else(status::unauthorized)
}

/// The bearer token; None for another scheme or an empty token.
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
