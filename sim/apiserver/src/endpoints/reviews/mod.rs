//! Reviews: questions about access that are created, answered at once and never stored
//! (k8s.io/kubernetes/pkg/registry/{authentication,authorization}).
//!
//! The answer comes from the same source as the decisions about requests: the stored roles, the hook, or neither, which
//! allows everything.
use crate::{
    access::{
        authorizer::{Attributes, Decision, Verdict},
        rbac::{Rbac, rule::Rule},
        user::User,
    },
    base::{
        field_error::FieldError,
        object,
        request::Answer,
        status::{self, Outcome, Subject},
        timestamp,
    },
    codec::decode,
    request::call::Call,
    server::state::ApiServer,
    validation,
};
use serde_json::{Value, json};

mod access;
mod token;

impl ApiServer {
    /// Handles POST of a review.
    pub(crate) fn review(&self, call: &Call<'_>) -> Outcome<Answer> {
        validation::options::validate_write(&call.options, "CreateOptions")?;
        let decoded = decode::object(call.kind, call.body_encoding()?, call.body)?;
        let warnings = decode::field_validation(call.kind, &call.options.field_validation, decoded.complaints)?;
        let mut value = decoded.value;
        decode::check_namespace(call.kind, call.namespace, &mut value)?;
        object::metadata_mut(&mut value).remove("managedFields");
        let anonymous = User::anonymous();
        let user = call.user.unwrap_or(&anonymous);
        let status = match call.kind.kind.as_str() {
            "TokenReview" => {
                let lookup = |plural: &str, namespace: &str, name: &str| self.lookup(plural, namespace, name);
                token::review(self.tokens(), &value["spec"], call.now, &lookup)?
            }
            "SelfSubjectReview" => {
                value = own_review(call, json!({"creationTimestamp": timestamp::seconds(call.now)}));
                json!({"userInfo": user})
            }
            "SelfSubjectRulesReview" => {
                let status = self.rules_review(user, &value["spec"])?;
                value = own_review(call, json!({}));
                value["spec"] = json!({});
                status
            }
            kind => {
                check_access(kind, &value, call)?;
                let subject = if kind == "SelfSubjectAccessReview" { user.clone() } else { access::subject(&value) };
                let attributes = access::attributes(&value["spec"], call.actor, call.headers);
                access::status(&self.verdict(&subject, &attributes))
            }
        };
        if !matches!(call.kind.kind.as_str(), "SelfSubjectReview" | "SelfSubjectRulesReview") {
            self.own_fields(call, None, &mut value);
        }
        value["status"] = status;
        Ok(call.value_answer(201, &value, &warnings))
    }

    /// The decision about such a request of this user.
    fn verdict(&self, user: &User, attributes: &Attributes<'_>) -> Verdict {
        let attributes = Attributes { user: Some(user), ..*attributes };
        let refused = |verdict: &Decision| !matches!(verdict, Decision::Allow);
        if self.authorizer.as_ref().is_some_and(|hook| refused(&hook(&attributes))) {
            return Verdict::default();
        }
        match self.tokens() {
            Some(_) => Rbac::new(&self.store, &self.registry).authorize(user, &attributes),
            None => Verdict { allowed: true, reason: String::new() },
        }
    }

    /// The rules for a user in a namespace. Without roles everything is allowed; a hook cannot list what it allows.
    fn rules_review(&self, user: &User, spec: &Value) -> Outcome<Value> {
        let namespace = spec.get("namespace").and_then(Value::as_str).unwrap_or_default();
        if namespace.is_empty() {
            return Err(status::bad_request("no namespace on request"));
        }
        if self.tokens().is_none() {
            let all = json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
            let paths = json!([{"verbs": ["*"], "nonResourceURLs": ["*"]}]);
            let hooked = self.authorizer.is_some();
            return Ok(json!({"resourceRules": all, "nonResourceRules": paths, "incomplete": hooked}));
        }
        let (rules, errors) = Rbac::new(&self.store, &self.registry).rules_for(user, namespace);
        let (resources, paths): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| !rule.resources.is_empty());
        let shown = |rules: Vec<_>| rules.into_iter().map(Rule::to_value).collect::<Value>();
        let paths = paths.into_iter().filter(|rule| !rule.urls.is_empty()).collect();
        let mut status =
            json!({"resourceRules": shown(resources), "nonResourceRules": shown(paths), "incomplete": false});
        if !errors.is_empty() {
            status["evaluationError"] = errors.into();
        }
        Ok(status)
    }
}

/// A review about its own sender, which returns nothing of the body.
fn own_review(call: &Call<'_>, metadata: Value) -> Value {
    json!({"apiVersion": call.kind.api_version, "kind": call.kind.kind, "metadata": metadata})
}

/// Validates an access review.
///
/// # Errors
/// 422; these errors do not name a kind.
fn check_access(kind: &str, value: &Value, call: &Call<'_>) -> Outcome<()> {
    let mut errors: Vec<FieldError> = Vec::new();
    access::validate(kind, value, &mut errors);
    if errors.is_empty() {
        return Ok(());
    }
    Err(status::invalid(Subject { group: &call.kind.group, kind: "" }, "", &errors))
}
