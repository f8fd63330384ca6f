//! What the corpus needs before its first case: the custom resource, and the users on a simulated server.
use super::{
    Tokens,
    client::{Client, Unanswered},
};
use apiserver::{ApiServer, Request, TokenTable};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// How long a real server may take until it serves a new definition.
const PATIENCE: Duration = Duration::from_secs(30);
const EVERY: Duration = Duration::from_millis(100);
/// After discovery has it, other caches follow.
const SETTLE: Duration = Duration::from_secs(1);

/// Creates the definition where the resource is not served yet, and waits until it is.
///
/// # Errors
/// If it cannot be created, or is not served in time.
pub async fn install<C: Client>(client: &mut C, tokens: &Tokens, definition: &Value) -> Result<(), Unanswered> {
    let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let plural = text("/spec/names/plural");
    let collection = format!("/apis/{}/{}/{plural}", text("/spec/group"), text("/spec/versions/0/name"));
    if status(client, tokens, Method::GET, &collection, Bytes::new()).await? == 200 {
        return Ok(());
    }
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let made = status(client, tokens, Method::POST, definitions, definition.to_string().into()).await?;
    if made != 201 && made != 409 {
        return Err(Unanswered(format!(
            "the definition of {plural} cannot be created: {made}; is the token an administrator's?"
        )));
    }
    let end = client.elapsed() + PATIENCE;
    while status(client, tokens, Method::GET, &collection, Bytes::new()).await? != 200 {
        if client.elapsed() > end {
            return Err(Unanswered(format!("{plural} are not served {} s after their definition", PATIENCE.as_secs())));
        }
        client.sleep(EVERY).await;
    }
    client.sleep(SETTLE).await;
    Ok(())
}

async fn status<C: Client>(
    client: &mut C,
    tokens: &Tokens,
    method: Method,
    target: &str,
    body: Bytes,
) -> Result<u16, Unanswered> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let token = HeaderValue::try_from(format!("Bearer {}", tokens.admin));
    headers.insert(header::AUTHORIZATION, token.map_err(|_| Unanswered("the token is no header's value".to_owned()))?);
    let request = Request { method, target: target.to_owned(), headers, body };
    Ok(client.send(request).await?.status)
}

/// The recorded cluster's token file.
const TOKENS: &str = "conf-admin-token,admin,admin-uid,\"system:masters\"\nconf-user-token,conf-user,conf-user-uid\n";

/// Lets the users in that the corpus needs, as the recorded cluster did.
///
/// # Panics
/// If the server's registry lacks the kinds of RBAC.
pub fn admit_users(api: &mut ApiServer) {
    let tokens = TokenTable::parse(TOKENS).expect("a constant table parses");
    api.set_tokens(tokens, Timestamp::UNIX_EPOCH).expect("the bootstrap roles are accepted");
}
