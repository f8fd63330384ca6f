//! Admission policies and their bindings (k8s.io/kubernetes/pkg/apis/admissionregistration/{v1/defaults.go,
//! validation/validation.go}).
use super::{
    check::{self, label_selector},
    rules,
};
use crate::{
    admission::expressions::{self, Uncompiled, Variables, Wanted, known_as, mutation_scope, scope},
    base::{
        field_error::FieldError,
        json::{list, text},
        names::{self, NameRule},
    },
    cel::{Program, RESERVED, Type},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub(super) const FAILURE_POLICIES: [&str; 2] = ["Fail", "Ignore"];
const MATCH_POLICIES: [&str; 2] = ["Equivalent", "Exact"];
const REASONS: [&str; 3] = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
const ACTIONS: [&str; 3] = ["Audit", "Deny", "Warn"];
const CONDITIONS_MAX: usize = 64;
const ANNOTATIONS_MAX: usize = 20;
/// Longest expression of an audit annotation, in bytes.
const VALUE_MAX: usize = 5 * 1024;

/// Fills in the defaults of a policy or a binding.
pub(super) fn default(object: &mut Map<String, Value>) {
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if !spec.contains_key("policyName") {
        spec.entry("failurePolicy").or_insert_with(|| "Fail".into());
    }
    for member in ["matchConstraints", "matchResources"] {
        let Some(resources) = spec.get_mut(member).and_then(Value::as_object_mut) else { continue };
        resources.entry("matchPolicy").or_insert_with(|| "Equivalent".into());
        resources.entry("namespaceSelector").or_insert_with(|| json!({}));
        resources.entry("objectSelector").or_insert_with(|| json!({}));
        for rules in ["resourceRules", "excludeResourceRules"] {
            let rules = resources.get_mut(rules).and_then(Value::as_array_mut).into_iter().flatten();
            for rule in rules.filter_map(Value::as_object_mut) {
                rule.entry("scope").or_insert_with(|| "*".into());
            }
        }
    }
}

/// Validates a policy, except its metadata; only its status if the status is written.
pub(super) fn validate(policy: &Value, old: Option<&Value>, subresource: &str, errors: &mut Vec<FieldError>) {
    if subresource == "status" {
        return status(policy, errors);
    }
    let spec = &policy["spec"];
    let mut expressions = Expressions::new(spec, errors);
    check::one_of(spec, "/failurePolicy", "spec.", &FAILURE_POLICIES, expressions.errors);
    validate_scope(spec, expressions.errors);
    expressions.conditions_and_variables(spec, old);
    let (validations, annotations) = (list(spec, "validations"), list(spec, "auditAnnotations"));
    if validations.is_empty() && annotations.is_empty() {
        let why = "validations or auditAnnotations must contain at least one item";
        expressions.errors.push(FieldError::required("spec.validations", why));
        expressions.errors.push(FieldError::required("spec.auditAnnotations", why));
    }
    for (index, validation) in validations.iter().enumerate() {
        expressions.validation(validation, &format!("spec.validations[{index}]"));
    }
    expressions.annotations(policy, annotations);
}

/// Validates which parameters and which writes a policy is about.
pub(super) fn validate_scope(spec: &Value, errors: &mut Vec<FieldError>) {
    if let Some(kind) = spec.get("paramKind") {
        param_kind(kind, errors);
    }
    let Some(resources) = spec.get("matchConstraints") else {
        return errors.push(FieldError::required("spec.matchConstraints", ""));
    };
    match_resources(resources, "spec.matchConstraints", errors);
    if list(resources, "resourceRules").is_empty() {
        errors.push(FieldError::required("spec.matchConstraints.resourceRules", ""));
    }
}

/// The expressions of a policy while they are compiled, each over the variables before it.
pub(super) struct Expressions<'e> {
    params: bool,
    /// The types of the variables; None if the policy has none.
    known: Option<Vec<(String, Type)>>,
    pub(super) errors: &'e mut Vec<FieldError>,
}

impl<'e> Expressions<'e> {
    pub(super) fn new(spec: &Value, errors: &'e mut Vec<FieldError>) -> Self {
        let known = (!list(spec, "variables").is_empty()).then(Vec::new);
        Self { params: spec.get("paramKind").is_some(), known, errors }
    }

    /// Compiles an expression; its error shows `shown`.
    fn compile(&mut self, source: &str, shown: &str, authorizer: bool, wanted: Wanted, path: &str) -> Option<Program> {
        let scope = scope(Variables { params: self.params, authorizer }, self.known.as_deref());
        self.compile_in(source, shown, &scope, wanted, path)
    }

    fn compile_in(
        &mut self,
        source: &str,
        shown: &str,
        scope: &[(&str, Type)],
        wanted: Wanted,
        path: &str,
    ) -> Option<Program> {
        match expressions::compile(source, scope, wanted) {
            Ok(program) => Some(program),
            Err(why) => {
                self.errors.extend(uncompiled(why, shown, path));
                None
            }
        }
    }

    /// Compiles an expression that makes an object or a patch.
    pub(super) fn mutation(&mut self, expression: &str, wanted: Wanted, path: &str) {
        let scope = mutation_scope(self.params, self.known.as_deref());
        self.compile_in(expression, expression, &scope, wanted, path);
    }

    /// Compiles the conditions, unless they are those of before, and the variables.
    pub(super) fn conditions_and_variables(&mut self, spec: &Value, old: Option<&Value>) {
        let same = |member: &str| old.is_some_and(|old| old["spec"].get(member) == spec.get(member));
        if !(same("paramKind") && same("matchConditions")) {
            conditions(spec, "spec.matchConditions", self.params, self.errors);
        }
        for (index, variable) in list(spec, "variables").iter().enumerate() {
            self.variable(variable, &format!("spec.variables[{index}]"));
        }
    }

    fn variable(&mut self, variable: &Value, path: &str) {
        let (name, expression) = (text(variable, "name"), text(variable, "expression"));
        let field = format!("{path}.name");
        if name.trim().is_empty() {
            self.errors.push(FieldError::required(field, "name is not specified"));
        } else if !is_identifier(name) {
            self.errors.push(FieldError::invalid(field, &name.into(), "must be a valid CEL identifier"));
        }
        let field = format!("{path}.expression");
        if expression.trim().is_empty() {
            return self.errors.push(FieldError::required(field, "expression is not specified"));
        }
        let program = self.compile(expression, expression, true, Wanted::Any, &field);
        // One that does not compile can be anything.
        let of = program.map_or(Type::Dyn, |program| known_as(&program.result));
        self.known.get_or_insert_default().push((name.to_owned(), of));
    }

    fn validation(&mut self, validation: &Value, path: &str) {
        let field = |member: &str| format!("{path}.{member}");
        let expression = text(validation, "expression");
        if expression.trim().is_empty() {
            self.errors.push(FieldError::required(field("expression"), "expression is not specified"));
        } else {
            self.compile(expression, expression, true, Wanted::Bool, &field("expression"));
        }
        let empty = "must be non-empty if specified";
        let made = text(validation, "messageExpression");
        if !made.is_empty() && made.trim().is_empty() {
            self.errors.push(FieldError::invalid(field("messageExpression"), &made.into(), empty));
        } else if !made.is_empty() {
            self.compile(made, made, false, Wanted::Text, &field("messageExpression"));
        }
        let message = text(validation, "message");
        if !message.is_empty() && message.trim().is_empty() {
            self.errors.push(FieldError::invalid(field("message"), &message.into(), empty));
        } else if message.trim().contains(['\n', '\r']) {
            let why = "must not contain line breaks";
            self.errors.push(FieldError::invalid(field("message"), &message.into(), why));
        }
        check::one_of(validation, "/reason", &format!("{path}."), &REASONS, self.errors);
    }

    fn annotations(&mut self, policy: &Value, annotations: &[Value]) {
        if annotations.len() > ANNOTATIONS_MAX {
            let why = format!("must not have more than {ANNOTATIONS_MAX} auditAnnotations");
            let shown = annotations.iter().map(shown_annotation).collect();
            self.errors.push(FieldError::invalid("spec.auditAnnotations", &shown, why));
        }
        let mut keys = BTreeSet::new();
        for (index, annotation) in annotations.iter().enumerate() {
            let path = format!("spec.auditAnnotations[{index}]");
            let key = text(annotation, "key");
            self.annotation(policy, annotation, &path);
            if !keys.insert(key) {
                self.errors.push(FieldError::duplicate(format!("{path}.key"), &key.into()));
            }
        }
    }

    fn annotation(&mut self, policy: &Value, annotation: &Value, path: &str) {
        let (key, field) = (text(annotation, "key"), format!("{path}.key"));
        let name = text(&policy["metadata"], "name");
        if name.is_empty() {
            self.errors.push(FieldError::invalid(field, &key.into(), "requires metadata.name be non-empty"));
        } else {
            qualified(&format!("{name}/{key}"), &field, self.errors);
        }
        let expression = text(annotation, "valueExpression");
        let (trimmed, field) = (expression.trim(), format!("{path}.valueExpression"));
        if trimmed.is_empty() {
            self.errors.push(FieldError::required(field, "valueExpression is not specified"));
        } else if trimmed.len() > VALUE_MAX {
            let why = format!("must not exceed {VALUE_MAX} bytes in length");
            self.errors.push(FieldError::required(field, &why));
        } else {
            self.compile(trimmed, expression, true, Wanted::TextOrNull, &field);
        }
    }
}

/// An annotation in Go's form.
fn shown_annotation(annotation: &Value) -> Value {
    json!({"Key": text(annotation, "key"), "ValueExpression": text(annotation, "valueExpression")})
}

/// The error of an expression; none for one that needs what is not simulated, because then the object as a whole is
/// refused.
fn uncompiled(why: Uncompiled, shown: &str, path: &str) -> Option<FieldError> {
    match why {
        Uncompiled::Invalid(why) => Some(FieldError::invalid(path, &shown.into(), why)),
        Uncompiled::Internal(why) => Some(FieldError::internal(path, why)),
        Uncompiled::Missing(_) => None,
    }
}

/// Validates the matchConditions of a policy or a webhook.
pub(super) fn conditions(of: &Value, path: &str, params: bool, errors: &mut Vec<FieldError>) {
    let conditions = list(of, "matchConditions");
    if conditions.len() > CONDITIONS_MAX {
        errors.push(FieldError::too_many(path, conditions.len(), CONDITIONS_MAX as u64));
    }
    let scope = scope(Variables { params, authorizer: true }, None);
    let mut names = BTreeSet::new();
    for (index, condition) in conditions.iter().enumerate() {
        let (name, expression) = (text(condition, "name"), text(condition, "expression").trim());
        let field = format!("{path}[{index}].expression");
        if expression.is_empty() {
            errors.push(FieldError::required(field, ""));
        } else if let Err(why) = expressions::compile(expression, &scope, Wanted::Bool) {
            errors.extend(uncompiled(why, expression, &field));
        }
        let field = format!("{path}[{index}].name");
        if name.is_empty() {
            errors.push(FieldError::required(field, ""));
            continue;
        }
        qualified(name, &field, errors);
        if !names.insert(name) {
            errors.push(FieldError::duplicate(field, &name.into()));
        }
    }
}

fn qualified(name: &str, field: &str, errors: &mut Vec<FieldError>) {
    let problems = names::qualified_name(name).into_iter();
    errors.extend(problems.map(|why| FieldError::invalid(field, &name.into(), why)));
}

fn is_identifier(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    starts && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric()) && !RESERVED.contains(&name)
}

fn param_kind(kind: &Value, errors: &mut Vec<FieldError>) {
    let (api_version, name) = (text(kind, "apiVersion"), text(kind, "kind"));
    let field = "spec.paramKind.apiVersion";
    let mut wrong = |shown: &str, why: String| errors.push(FieldError::invalid(field, &shown.into(), why));
    let (group, version) = match api_version.split_once('/') {
        _ if api_version == "/" => ("", ""),
        Some(parts) => parts,
        None => ("", api_version),
    };
    if api_version.is_empty() {
        errors.push(FieldError::required(field, ""));
    } else if version.contains('/') {
        wrong(api_version, format!("unexpected GroupVersion string: {api_version}"));
    } else {
        let group_problems = if group.is_empty() { Vec::new() } else { NameRule::Subdomain.check(group) };
        if !group_problems.is_empty() {
            wrong(group, group_problems.join(","));
        }
        let version_problems = NameRule::ServiceLabel.check(version);
        if version.is_empty() {
            wrong(api_version, "version must be specified".to_owned());
        } else if !version_problems.is_empty() {
            wrong(version, version_problems.join(","));
        }
    }
    let field = "spec.paramKind.kind";
    let problems = NameRule::ServiceLabel.check(&name.to_lowercase());
    if name.is_empty() {
        errors.push(FieldError::required(field, ""));
    } else if !problems.is_empty() {
        let why = format!("may have mixed case, but should otherwise match: {}", problems.join(","));
        errors.push(FieldError::invalid(field, &name.into(), why));
    }
}

fn match_resources(resources: &Value, path: &str, errors: &mut Vec<FieldError>) {
    check::one_of(resources, "/matchPolicy", &format!("{path}."), &MATCH_POLICIES, errors);
    for member in ["namespaceSelector", "objectSelector"] {
        label_selector(resources.get(member), &format!("{path}.{member}"), errors);
    }
    for member in ["resourceRules", "excludeResourceRules"] {
        for (index, rule) in list(resources, member).iter().enumerate() {
            let path = format!("{path}.{member}[{index}]");
            let mut known = BTreeSet::new();
            for (index, name) in list(rule, "resourceNames").iter().enumerate() {
                let field = format!("{path}.resourceNames[{index}]");
                check::name(name.as_str().unwrap_or_default(), NameRule::PathSegment, &field, errors);
                if !known.insert(name.as_str().unwrap_or_default()) {
                    errors.push(FieldError::duplicate(field, name));
                }
            }
            rules::validate(rule, &path, errors);
        }
    }
}

fn status(policy: &Value, errors: &mut Vec<FieldError>) {
    let warnings =
        policy.pointer("/status/typeChecking").map_or(&[][..], |checked| list(checked, "expressionWarnings"));
    for (index, warning) in warnings.iter().enumerate() {
        let field = |member: &str| format!("status.typeChecking.expressionWarnings[{index}].{member}");
        if text(warning, "warning").is_empty() {
            errors.push(FieldError::required(field("warning"), ""));
        }
        if text(warning, "fieldRef").trim().is_empty() {
            errors.push(FieldError::required(field("fieldRef"), ""));
        }
    }
}

/// Validates a binding, except its metadata.
pub(super) fn validate_binding(binding: &Value, errors: &mut Vec<FieldError>) {
    let spec = &binding["spec"];
    validate_bound(spec, errors);
    validate_actions(spec, errors);
}

/// Validates which policy a binding is for, with which parameters and for which writes.
pub(super) fn validate_bound(spec: &Value, errors: &mut Vec<FieldError>) {
    let name = text(spec, "policyName");
    if name.is_empty() {
        errors.push(FieldError::required("spec.policyName", ""));
    } else {
        check::name(name, NameRule::Subdomain, "spec.policyName", errors);
    }
    if let Some(wanted) = spec.get("paramRef") {
        param_ref(wanted, errors);
    }
    if let Some(resources) = spec.get("matchResources") {
        match_resources(resources, "spec.matchResources", errors);
    }
}

fn validate_actions(spec: &Value, errors: &mut Vec<FieldError>) {
    let actions = list(spec, "validationActions");
    let known = ACTIONS.map(Value::from);
    for (index, action) in actions.iter().enumerate() {
        let field = format!("spec.validationActions[{index}]");
        if !known.contains(action) {
            errors.push(FieldError::not_supported(field.as_str(), action, &known.each_ref()));
        }
        if actions[..index].contains(action) {
            errors.push(FieldError::duplicate(field, action));
        }
    }
    let has = |action: &str| actions.iter().any(|found| found == action);
    if has("Deny") && has("Warn") {
        let why = "must not contain both Deny and Warn (repeating the same validation failure information in the API \
            response and headers serves no purpose)";
        errors.push(FieldError::invalid("spec.validationActions", &spec["validationActions"], why));
    }
    if actions.is_empty() {
        errors.push(FieldError::required("spec.validationActions", "at least one validation action is required"));
    }
}

fn param_ref(wanted: &Value, errors: &mut Vec<FieldError>) {
    let (name, selector) = (text(wanted, "name"), wanted.get("selector"));
    let both = "name and selector are mutually exclusive";
    if !name.is_empty() {
        check::name(name, NameRule::PathSegment, "spec.paramRef.name", errors);
        if selector.is_some() {
            errors.push(FieldError::forbidden("spec.paramRef.name", both));
        }
    }
    if selector.is_some() {
        label_selector(selector, "spec.paramRef.selector", errors);
        if !name.is_empty() {
            errors.push(FieldError::forbidden("spec.paramRef.selector", both));
        }
    }
    if name.is_empty() && selector.is_none() {
        errors.push(FieldError::required("spec.paramRef", "one of name or selector must be specified"));
    }
    let field = "spec.paramRef.parameterNotFoundAction";
    match text(wanted, "parameterNotFoundAction") {
        "Deny" | "Allow" => {}
        "" => errors.push(FieldError::required(field, "")),
        other => {
            let known = ["Deny", "Allow"].map(Value::from);
            errors.push(FieldError::not_supported(field, &other.into(), &known.each_ref()));
        }
    }
}
