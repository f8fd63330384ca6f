//! Tokens of service accounts: JSON web tokens that the server signs and reads
//! (k8s.io/kubernetes/pkg/serviceaccount/{claims,jwt}.go).
//!
//! They are signed with a fixed key, by HMAC instead of RSA: nobody but this server can check a signature, and equal
//! requests of two runs get equal tokens. A real server publishes its keys for others; here those paths answer 501.
use crate::{
    access::user::{AUTHENTICATED, SERVICE_ACCOUNT, User},
    base::{
        go_text::quoted,
        json::{list, text},
        object::{self, Object},
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Issuer of all tokens, and the audience of the API server itself.
pub(crate) const ISSUER: &str = "https://kubernetes.default.svc";
/// Member of the payload with Kubernetes' own claims.
const PRIVATE: &str = "kubernetes.io";
const KEY: &[u8] = b"a key that only this simulated server has";
const HEADER: &str = r#"{"alg":"HS256","kid":"simulated"}"#;
/// Tolerance for clocks, and for objects whose deletion has begun.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// Contents of a new token.
pub(crate) struct Claims<'a> {
    pub(crate) account: &'a Object,
    pub(crate) audiences: &'a [Value],
    pub(crate) now: Timestamp,
    /// Seconds until the token expires.
    pub(crate) seconds: i64,
    /// Unique id of the token.
    pub(crate) id: String,
    /// The object that the token is bound to: `pod`, `secret` or `node`.
    pub(crate) bound: Option<(&'static str, &'a Object)>,
    /// The node of the bound pod.
    pub(crate) node: Option<Value>,
}

fn reference(object: &Object) -> Value {
    json!({"name": &*object.name, "uid": object.uid()})
}

/// Signs a token.
pub(crate) fn sign(claims: &Claims<'_>) -> String {
    let (namespace, name) = (&*claims.account.namespace, &*claims.account.name);
    let mut private = json!({"namespace": namespace, "serviceaccount": reference(claims.account)});
    if let Some((kind, object)) = claims.bound {
        private[kind] = reference(object);
    }
    if let Some(node) = &claims.node {
        private["node"] = node.clone();
    }
    let now = claims.now.as_second();
    let payload = json!({
        "aud": claims.audiences,
        "exp": now.saturating_add(claims.seconds),
        "iat": now,
        "iss": ISSUER,
        "jti": claims.id,
        PRIVATE: private,
        "nbf": now,
        "sub": format!("{SERVICE_ACCOUNT}{namespace}:{name}"),
    });
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(payload.to_string()));
    let signature = URL_SAFE_NO_PAD.encode(hmac(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let pad = |byte: u8| {
        let mut block = [byte; BLOCK];
        block.iter_mut().zip(KEY).for_each(|(slot, key)| *slot ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

/// An object by its plural, namespace and name.
pub(crate) type Lookup<'a> = dyn Fn(&str, &str, &str) -> Option<Arc<Object>> + 'a;

/// The user of a token for one of these audiences, and the audiences that it has in common with them.
///
/// # Errors
/// None for a text that is not a token of this server; otherwise the reason why it is not valid.
pub(crate) fn authenticate(
    token: &str,
    wanted: &[&str],
    now: Timestamp,
    lookup: &Lookup<'_>,
) -> Result<(User, Vec<String>), Option<String>> {
    let claims = payload(token)?;
    let own: Vec<&str> = list(&claims, "aud").iter().filter_map(Value::as_str).collect();
    let common: Vec<String> = own.iter().filter(|own| wanted.contains(own)).map(|own| (*own).to_owned()).collect();
    if common.is_empty() {
        let shown = |list: &[&str]| list.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" ");
        return Err(Some(format!(
            "token audiences [{}] is invalid for the target audiences [{}]",
            shown(&own),
            shown(wanted)
        )));
    }
    let second = |member: &str| claims.get(member).and_then(Value::as_i64).unwrap_or_default();
    let (early, late) = ((now - LEEWAY).as_second(), (now + LEEWAY).as_second());
    if late < second("nbf") {
        return Err(Some("service account token is not valid yet".to_owned()));
    }
    if early > second("exp") {
        return Err(Some("service account token has expired".to_owned()));
    }
    let user = user(&claims, now, lookup).map_err(Some)?;
    // In the order in which they were asked for.
    let common = wanted.iter().filter(|wanted| common.iter().any(|own| own == *wanted)).map(|text| (*text).to_owned());
    Ok((user, common.collect()))
}

/// The payload of a token of this server.
fn payload(token: &str) -> Result<Value, Option<String>> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { return Err(None) };
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let claims: Value = decoded(payload).and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or(None)?;
    let parses = decoded(header).is_some_and(|bytes| serde_json::from_slice::<Map<String, Value>>(&bytes).is_ok());
    let Some(signature) = decoded(signature).filter(|_| parses && text(&claims, "iss") == ISSUER) else {
        return Err(None);
    };
    let signed = &token[..header.len() + 1 + payload.len()];
    if signature != hmac(signed.as_bytes()) {
        return Err(Some("go-jose/go-jose: error in cryptographic primitive".to_owned()));
    }
    Ok(claims)
}

/// The service account of a token, if it and the object that the token is bound to still exist.
fn user(claims: &Value, now: Timestamp, lookup: &Lookup<'_>) -> Result<User, String> {
    let private = &claims[PRIVATE];
    let namespace = text(private, "namespace");
    let (name, uid) = (text(&private["serviceaccount"], "name"), text(&private["serviceaccount"], "uid"));
    let account = lookup("serviceaccounts", namespace, name)
        .ok_or_else(|| format!("serviceaccounts {} not found", quoted(name)))?;
    if account.uid() != uid {
        return Err(format!("service account UID ({}) does not match claim ({uid})", account.uid()));
    }
    if was_deleted(&account, now) {
        return Err(format!("service account {namespace}/{name} has been deleted"));
    }
    let mut extra = vec![("credential-id", format!("JTI={}", text(claims, "jti")))];
    for (kind, plural, place) in [("secret", "secrets", namespace), ("pod", "pods", namespace), ("node", "nodes", "")] {
        let Some(bound) = private.get(kind) else { continue };
        // A pod's node is only noted.
        if kind != "node" || private.get("pod").is_none() {
            check_bound(kind, bound, lookup(plural, place, text(bound, "name")), now)?;
        }
        match kind {
            "pod" => extra.extend([("pod-name", text(bound, "name").into()), ("pod-uid", text(bound, "uid").into())]),
            "node" => {
                extra.extend([("node-name", text(bound, "name").into()), ("node-uid", text(bound, "uid").into())])
            }
            _ => {}
        }
    }
    let all = SERVICE_ACCOUNT.trim_end_matches(':');
    let extra = extra.into_iter().filter(|(_, value)| !value.is_empty());
    Ok(User {
        name: format!("{SERVICE_ACCOUNT}{namespace}:{name}"),
        uid: uid.to_owned(),
        groups: vec![format!("{all}s"), format!("{all}s:{namespace}"), AUTHENTICATED.to_owned()],
        extra: extra.map(|(key, value)| (format!("authentication.kubernetes.io/{key}"), vec![value])).collect(),
    })
}

fn check_bound(kind: &str, claim: &Value, found: Option<Arc<Object>>, now: Timestamp) -> Result<(), String> {
    let invalidated = || "service account token has been invalidated".to_owned();
    let found = found.ok_or_else(invalidated)?;
    let wanted = text(claim, "uid");
    if found.uid() != wanted {
        return Err(format!("{kind} UID ({}) does not match service account {kind} ref claim ({wanted})", found.uid()));
    }
    if was_deleted(&found, now) { Err(invalidated()) } else { Ok(()) }
}

/// Whether an object's deletion began longer ago than the leeway.
fn was_deleted(object: &Object, now: Timestamp) -> bool {
    let at = object::meta_str(&object.value, "deletionTimestamp");
    at.parse::<Timestamp>().is_ok_and(|at| at < now - LEEWAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 has other keys: this value is of Python's `hmac.new(KEY, b"message", "sha256")`.
    #[test]
    fn signature_is_an_hmac() {
        let hex: String = hmac(b"message").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "2c28be5968cc1bcb51e811782dcf9f5b9d2e435ea7168a99aa2db4c2b5bb4b11");
    }
}
