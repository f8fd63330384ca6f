//! TokenReview: authenticates a token (k8s.io/kubernetes/pkg/registry/authentication/tokenreview).
use crate::{
    access::authentication::{
        service_account::{self, ISSUER, Lookup},
        token_table::TokenTable,
    },
    base::{
        json::{list, text},
        status::{self, Outcome},
    },
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The status of a review.
///
/// # Errors
/// 400 without a token.
pub(crate) fn review(tokens: Option<&TokenTable>, spec: &Value, now: Timestamp, lookup: &Lookup<'_>) -> Outcome<Value> {
    let token = text(spec, "token");
    if token.is_empty() {
        return Err(status::bad_request("token is required for TokenReview in authentication"));
    }
    let mut wanted: Vec<&str> = list(spec, "audiences").iter().filter_map(Value::as_str).collect();
    if wanted.is_empty() {
        // Of the API server itself, the only audience of static tokens.
        wanted.push(ISSUER);
    }
    let listed = tokens.and_then(|tokens| tokens.user(token)).filter(|_| wanted.contains(&ISSUER));
    if let Some(user) = listed {
        return Ok(json!({"authenticated": true, "user": user, "audiences": [ISSUER]}));
    }
    Ok(match service_account::authenticate(token, &wanted, now, lookup) {
        Ok((user, audiences)) => json!({"authenticated": true, "user": user, "audiences": audiences}),
        Err(None) => json!({"user": {}, "error": "invalid bearer token"}),
        Err(Some(why)) => json!({"user": {}, "error": format!("[invalid bearer token, {why}]")}),
    })
}
