//! POST of a service account's subresource `token`
//! (k8s.io/kubernetes/pkg/registry/core/serviceaccount/storage/token.go).
use crate::base::go_text::quoted;
use crate::{
    access::authentication::service_account::{self, Claims, ISSUER},
    base::{
        field_error::FieldError,
        json::text,
        object::{self, Object},
        request::Answer,
        status::{self, Outcome, Subject},
        timestamp,
    },
    codec::decode,
    registry::{builtin, group::AUTHENTICATION},
    request::call::Call,
    server::state::ApiServer,
    validation,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;

const SUBJECT: Subject<'static> = Subject { group: AUTHENTICATION, kind: "TokenRequest" };
/// Lifetime of a token whose request names none, and the shortest and longest that one may name, in seconds.
const LIFETIME: i64 = 3600;
const SHORTEST: i64 = 600;
const LONGEST: i64 = 1 << 32;

impl ApiServer {
    pub(crate) fn request_token(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        validation::options::validate_write(&call.options, "CreateOptions")?;
        let kind = builtin::body_kind("TokenRequest");
        let decoded = decode::object(kind, call.body_encoding()?, call.body)?;
        let mut warnings = decode::field_validation(kind, &call.options.field_validation, decoded.complaints)?;
        match self.token(call, decoded.value, &mut warnings) {
            Ok(request) => Ok(call.value_answer(201, &request, &warnings)),
            Err(refusal) => Err(refusal.with_warnings(warnings)),
        }
    }

    fn token(&mut self, call: &Call<'_>, mut request: Value, warnings: &mut Vec<String>) -> Outcome<Value> {
        decode::check_namespace(call.kind, call.namespace, &mut request)?;
        self.admit_create(call, call.name)?;
        let named = object::meta_str(&request, "name");
        if !named.is_empty() && named != call.name {
            let detail = "must match the service account name if specified";
            let error = FieldError::invalid("metadata.name", &named.into(), detail);
            return Err(status::invalid(SUBJECT, call.name, &[error]));
        }
        let account = self.current(call)?.ok_or_else(|| call.not_found())?;
        let uid = object::meta_str(&request, "uid");
        if !uid.is_empty() && uid != account.uid() {
            let why = format!(
                "the UID in the token request ({uid}) does not match the UID of the service account ({})",
                account.uid()
            );
            return Err(status::conflict(SUBJECT, call.name, &why));
        }
        complete(call, &account, &mut request);
        let seconds = request.pointer("/spec/expirationSeconds").and_then(Value::as_i64).unwrap_or(LIFETIME);
        check_lifetime(seconds)?;
        self.plugins().review_body(call, builtin::body_kind("TokenRequest"), &request, None, warnings)?;
        let bound = self.bound_object(call, &request["spec"]["boundObjectRef"])?;
        let node = bound.as_ref().and_then(|(kind, pod)| self.node_of(kind, pod));
        let claims = Claims {
            account: &account,
            audiences: request["spec"]["audiences"].as_array().map(Vec::as_slice).unwrap_or_default(),
            now: call.now,
            seconds,
            id: self.ids.uid(),
            bound: bound.as_ref().map(|(kind, object)| (*kind, &**object)),
            node,
        };
        let token = service_account::sign(&claims);
        let expires = call.now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(call.now);
        request["status"] = json!({"token": token, "expirationTimestamp": timestamp::seconds(expires)});
        Ok(request)
    }

    /// The object that a token is to be bound to: its claim, and itself.
    fn bound_object(&self, call: &Call<'_>, reference: &Value) -> Outcome<Option<(&'static str, Arc<Object>)>> {
        if reference.is_null() {
            return Ok(None);
        }
        let (api_version, kind, name) =
            (text(reference, "apiVersion"), text(reference, "kind"), text(reference, "name"));
        let (group, version) = match api_version.matches('/').count() {
            0 => ("", api_version),
            1 => api_version.split_once('/').unwrap_or_default(),
            // Go takes a malformed version for none.
            _ => ("", ""),
        };
        let (claim, plural, namespace) = match (group, kind) {
            ("", "Pod") => ("pod", "pods", call.namespace),
            ("", "Secret") => ("secret", "secrets", call.namespace),
            ("", "Node") => ("node", "nodes", ""),
            _ => {
                let why = format!("cannot bind token to object of type {group}/{version}, Kind={kind}");
                return Err(status::bad_request(why));
            }
        };
        if name.is_empty() {
            return Err(status::bad_request("Name parameter required."));
        }
        let found = self.lookup(plural, namespace, name);
        let found = found.ok_or_else(|| status::not_found(Subject { group: "", kind: plural }, name))?;
        if claim == "pod" && found.value.pointer("/spec/serviceAccountName").and_then(Value::as_str) != Some(call.name)
        {
            return Err(status::bad_request(format!(
                "cannot bind token for serviceaccount {} to pod running with different serviceaccount name.",
                quoted(call.name)
            )));
        }
        let uid = text(reference, "uid");
        if !uid.is_empty() && uid != found.uid() {
            let why = format!(
                "the UID in the bound object reference ({uid}) does not match the UID in record. The object might \
                 have been deleted and then recreated"
            );
            return Err(status::conflict(Subject { group, kind }, name, &why));
        }
        Ok(Some((claim, found)))
    }

    /// The node of a bound pod, as a claim; without a uid if there is no such node.
    fn node_of(&self, claim: &str, pod: &Object) -> Option<Value> {
        let name = pod.value.pointer("/spec/nodeName").and_then(Value::as_str).filter(|_| claim == "pod")?;
        let node = self.lookup("nodes", "", name);
        (!name.is_empty()).then(|| match node {
            Some(node) => json!({"name": name, "uid": node.uid()}),
            None => json!({"name": name}),
        })
    }

    /// An object of the core group.
    pub(crate) fn lookup(&self, plural: &str, namespace: &str, name: &str) -> Option<Arc<Object>> {
        let kind = self.registry.find("", "v1", plural)?;
        self.store.get(kind.id, &kind.key(namespace, name)).cloned()
    }
}

/// Fills in what a request leaves out.
fn complete(call: &Call<'_>, account: &Object, request: &mut Value) {
    let meta = object::metadata_mut(request);
    meta.remove("managedFields");
    meta.insert("name".into(), (*account.name).into());
    meta.insert("uid".into(), account.uid().into());
    meta.insert("creationTimestamp".into(), timestamp::seconds(call.now).into());
    if !request["spec"].is_object() {
        request["spec"] = json!({});
    }
    let spec = &mut request["spec"];
    if spec["audiences"].as_array().is_none_or(Vec::is_empty) {
        spec["audiences"] = json!([ISSUER]);
    }
    if spec["expirationSeconds"].is_null() {
        spec["expirationSeconds"] = LIFETIME.into();
    }
    // Written even if it is not set.
    if spec.get("boundObjectRef").is_none() {
        spec["boundObjectRef"] = Value::Null;
    }
}

fn check_lifetime(seconds: i64) -> Outcome<()> {
    let detail = match seconds {
        ..SHORTEST => "may not specify a duration less than 10 minutes",
        SHORTEST..=LONGEST => return Ok(()),
        _ => "may not specify a duration larger than 2^32 seconds",
    };
    let error = FieldError::invalid("spec.expirationSeconds", &seconds.into(), detail);
    Err(status::invalid(SUBJECT, "", &[error]))
}
