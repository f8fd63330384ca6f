//! The request of a review (`admission.k8s.io/v1` `AdmissionRequest`), as expressions see it
//! (k8s.io/apiserver/pkg/admission/plugin/cel/condition.go, CreateAdmissionRequest).
use super::{matching::Subject, webhook::Operation};
use crate::registry::kind::Kind;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// The request, in a review that shows the object as this kind.
pub(super) fn request(subject: &Subject<'_>, kind: &Kind) -> Value {
    let call = subject.call;
    let body = subject.write.body;
    let named = |kind: &Kind| {
        let kind = body.unwrap_or(kind);
        json!({"group": kind.group, "version": kind.version, "kind": kind.kind})
    };
    let resource = |kind: &Kind| json!({"group": kind.group, "version": kind.version, "resource": kind.plural});
    let mut request = json!({
        "kind": named(kind),
        "resource": resource(kind),
        "requestKind": named(call.kind),
        "requestResource": resource(call.kind),
        "operation": subject.write.operation.name(),
        "userInfo": call.user,
        "dryRun": subject.write.dry_run,
        "options": options(subject),
    });
    if call.user.is_none() {
        request["userInfo"] = json!({});
    }
    let texts = [
        ("subResource", call.subresource),
        ("requestSubResource", call.subresource),
        ("name", subject.name()),
        ("namespace", subject.namespace_name()),
    ];
    for (member, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        request[member] = text.into();
    }
    request
}

/// The whole review, as a webhook receives it, without the uid.
pub(super) fn review(subject: &Subject<'_>, kind: &Kind, version: &str) -> Value {
    let mut request = request(subject, kind);
    let [object, old] = subject.objects(kind);
    request["object"] = object.map_or(Value::Null, Cow::into_owned);
    request["oldObject"] = old.map_or(Value::Null, Cow::into_owned);
    json!({"kind": "AdmissionReview", "apiVersion": format!("admission.k8s.io/{version}"), "request": request})
}

/// The options of the operation.
fn options(subject: &Subject<'_>) -> Value {
    let (write, options) = (&subject.write, &subject.call.options);
    let kind = match write.operation {
        Operation::Create => "CreateOptions",
        Operation::Update => "UpdateOptions",
        Operation::Delete => "DeleteOptions",
    };
    let mut shown = Map::new();
    match write.options {
        Some(Value::Object(given)) => shown.extend(given.iter().map(|(name, value)| (name.clone(), value.clone()))),
        _ => {
            if options.is_dry_run() {
                shown.insert("dryRun".into(), options.dry_run.iter().map(|value| &**value).collect());
            }
            for (member, text) in
                [("fieldManager", &options.field_manager), ("fieldValidation", &options.field_validation)]
            {
                if !text.is_empty() {
                    shown.insert(member.into(), text.clone().into_owned().into());
                }
            }
        }
    }
    shown.insert("kind".into(), kind.into());
    shown.insert("apiVersion".into(), "meta.k8s.io/v1".into());
    Value::Object(shown)
}
