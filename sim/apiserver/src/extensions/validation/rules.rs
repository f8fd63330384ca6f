//! Validation of CEL rules in a schema: they must be non-empty, compile, and refer to an old value only where one
//! exists (k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation). Their cost is not estimated.
use super::{
    paths,
    place::{Found, Place},
};
use crate::{
    base::{
        field_error::FieldError,
        json::{list, text},
    },
    schema::cel::{self, RuleError},
};
use serde_json::{Value, json};

const REASONS: [&str; 4] = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// Checks the rules of a node; compiles them only if no other error was found.
pub(super) fn validate(schema: &Value, path: &str, place: &Place<'_>, found: &mut Found) {
    let rules = list(schema, "x-kubernetes-validations");
    for (index, rule) in rules.iter().enumerate() {
        words(schema, rule, &format!("{path}.x-kubernetes-validations[{index}]"), &mut found.schema);
    }
    if !place.rules || !found.schema.is_empty() {
        return;
    }
    for (index, rule) in rules.iter().enumerate() {
        compile(schema, rule, &format!("{path}.x-kubernetes-validations[{index}]"), place, &mut found.rules);
    }
}

fn words(schema: &Value, rule: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let (said, message) = (text(rule, "rule"), text(rule, "message"));
    let broken = |text: &str| text.trim().contains(['\n', '\r']);
    let field = |member: &str| format!("{path}.{member}");
    if said.trim().is_empty() {
        errors.push(FieldError::required(field("rule"), "rule is not specified"));
    } else if !message.is_empty() && message.trim().is_empty() {
        errors.push(FieldError::invalid(field("message"), &message.into(), "must be non-empty if specified"));
    } else if broken(message) {
        errors.push(FieldError::invalid(field("message"), &message.into(), "must not contain line breaks"));
    } else if broken(said) && message.trim().is_empty() {
        errors.push(FieldError::required(field("message"), "message must be specified if rule contains line breaks"));
    }
    let expression = text(rule, "messageExpression");
    if !expression.is_empty() && expression.trim().is_empty() {
        let detail = "messageExpression must be non-empty if specified";
        errors.push(FieldError::required(field("messageExpression"), detail));
    }
    if let Some(reason) = rule.get("reason").filter(|reason| !REASONS.iter().any(|known| *reason == known)) {
        let known = REASONS.map(Value::from);
        errors.push(FieldError::not_supported(field("reason"), reason, &known.each_ref()));
    }
    let below = text(rule, "fieldPath");
    if below.is_empty() {
        return;
    }
    let mut wrong = |detail: &str| errors.push(FieldError::invalid(field("fieldPath"), &below.into(), detail));
    if below.trim().is_empty() {
        wrong("must be non-empty if specified");
    }
    if broken(below) {
        wrong("must not contain line breaks");
    }
    if matches!(paths::find(schema, below), paths::Found::Nothing) {
        wrong("must be a valid path");
    }
}

fn compile(schema: &Value, rule: &Value, path: &str, place: &Place<'_>, errors: &mut Vec<FieldError>) {
    let said = rule.get("rule").unwrap_or(&Value::Null);
    let wrong = |member: &str, why: &str| {
        FieldError::invalid_hidden(format!("{path}.{member}"), format!("{}: {why}", shown(rule)))
    };
    let (uses_old, error) = match cel::compile_one(schema, rule, place.is_root) {
        Ok(compiled) => (compiled.is_transition(), None),
        Err(RuleError::Rule(why)) => (false, Some(wrong("rule", &why))),
        Err(RuleError::MessageExpression(why)) => {
            let alone = json!({"rule": said, "optionalOldSelf": rule.get("optionalOldSelf")});
            let uses_old = cel::compile_one(schema, &alone, place.is_root).is_ok_and(|rule| rule.is_transition());
            (uses_old, Some(wrong("messageExpression", &why)))
        }
        // The definition as a whole is not simulated.
        Err(RuleError::Missing(_)) => return,
    };
    if let (false, Some(optional)) = (uses_old, rule.get("optionalOldSelf")) {
        let detail = "may not be set if oldSelf is not used in rule";
        errors.push(FieldError::invalid(format!("{path}.optionalOldSelf"), optional, detail));
    }
    errors.extend(error);
    if let (true, Some(above)) = (uses_old, &place.uncorrelated) {
        let detail = format!("oldSelf cannot be used on the uncorrelatable portion of the schema within {above}");
        errors.push(FieldError::invalid(format!("{path}.rule"), said, detail));
    }
}

/// A rule in Go's form, with Go's escapes.
fn shown(rule: &Value) -> String {
    let said = |member: &str| {
        let text = Value::from(text(rule, member)).to_string();
        text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
    };
    let null = |member: &str| rule.get(member).unwrap_or(&Value::Null);
    format!(
        "{{\"Rule\":{},\"Message\":{},\"MessageExpression\":{},\"Reason\":{},\"FieldPath\":{},\"OptionalOldSelf\":{}}}",
        said("rule"),
        said("message"),
        said("messageExpression"),
        null("reason"),
        said("fieldPath"),
        null("optionalOldSelf"),
    )
}
