//! TokenReview: authenticates a token.
use crate::{
    access::authentication::token_table::TokenTable,
    base::status::{self, Outcome},
};
use serde_json::{Value, json};

/// The audience of the API server itself, the only one of static tokens.
const AUDIENCE: &str = "https://kubernetes.default.svc";

/// The status of a review.
///
/// # Errors
/// 400 without a token.
pub(crate) fn review(tokens: Option<&TokenTable>, spec: &Value) -> Outcome<Value> {
    let token = spec.get("token").and_then(Value::as_str).unwrap_or_default();
    if token.is_empty() {
        return Err(status::bad_request("token is required for TokenReview in authentication"));
    }
    let audiences = spec.get("audiences").and_then(Value::as_array);
    let meant = audiences.is_none_or(|list| list.iter().any(|audience| audience == AUDIENCE));
    let user = tokens.and_then(|tokens| tokens.user(token)).filter(|_| meant);
    Ok(match user {
        Some(user) => json!({"authenticated": true, "user": user, "audiences": [AUDIENCE]}),
        None => json!({"user": {}, "error": "invalid bearer token"}),
    })
}
