//! Installs the custom resource definition of the corpus on a server.
use crate::{
    client::{Client, Unanswered},
    users::Tokens,
};
use apiserver::Request;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;
use std::time::Duration;

/// Time within which a real server must serve a new definition.
const SERVED_TIMEOUT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Wait after the resource is served, until the other caches of a real server know it.
const CACHE_DELAY: Duration = Duration::from_secs(1);

/// Creates the definition unless its resource is served already, and waits until it is served.
///
/// # Errors
/// If the definition cannot be created, or its resource is not served in time.
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
    let end = client.elapsed() + SERVED_TIMEOUT;
    while status(client, tokens, Method::GET, &collection, Bytes::new()).await? != 200 {
        if client.elapsed() > end {
            return Err(Unanswered(format!(
                "{plural} are not served {} s after they were defined",
                SERVED_TIMEOUT.as_secs()
            )));
        }
        client.sleep(POLL_INTERVAL).await;
    }
    client.sleep(CACHE_DELAY).await;
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
    headers.insert(
        header::AUTHORIZATION,
        token.map_err(|_| Unanswered("the token is not a valid header value".to_owned()))?,
    );
    let request = Request { method, target: target.to_owned(), headers, body };
    Ok(client.send(request).await?.status)
}
