//! Admission policies that mutate, and their bindings (k8s.io/kubernetes/pkg/apis/admissionregistration/validation).
use super::{
    admission_policies::{self, Expressions, FAILURE_POLICIES},
    check,
};
use crate::{
    admission::expressions::Wanted,
    base::{
        field_error::FieldError,
        json::{list, text},
    },
};
use serde_json::Value;

const OPERATIONS: [&str; 4] = ["*", "CONNECT", "CREATE", "UPDATE"];
const REINVOCATION_POLICIES: [&str; 2] = ["IfNeeded", "Never"];
const PATCH_TYPES: [&str; 2] = ["ApplyConfiguration", "JSONPatch"];

/// Validates a policy, except its metadata.
pub(super) fn validate(policy: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    let spec = &policy["spec"];
    let mut expressions = Expressions::new(spec, errors);
    check::one_of(spec, "/failurePolicy", "spec.", &FAILURE_POLICIES, expressions.errors);
    admission_policies::validate_scope(spec, expressions.errors);
    operations(spec, "matchConstraints", expressions.errors);
    expressions.conditions_and_variables(spec, old);
    let mutations = list(spec, "mutations");
    if mutations.is_empty() {
        let why = "mutations must contain at least one item";
        expressions.errors.push(FieldError::required("spec.mutations", why));
    }
    for (index, mutation) in mutations.iter().enumerate() {
        validate_mutation(mutation, &format!("spec.mutations[{index}]"), &mut expressions);
    }
    match text(spec, "reinvocationPolicy") {
        "" => errors.push(FieldError::required("spec.reinvocationPolicy", "")),
        _ => check::one_of(spec, "/reinvocationPolicy", "spec.", &REINVOCATION_POLICIES, errors),
    }
}

/// The object of a deletion cannot be changed.
fn operations(spec: &Value, member: &str, errors: &mut Vec<FieldError>) {
    let rules = spec.get(member).map_or(&[][..], |resources| list(resources, "resourceRules"));
    let known = OPERATIONS.map(Value::from);
    for operation in rules.iter().flat_map(|rule| list(rule, "operations")).filter(|found| !known.contains(found)) {
        let field = format!("spec.{member}.resourceRules.operations");
        errors.push(FieldError::not_supported(field, operation, &known.each_ref()));
    }
}

fn validate_mutation(mutation: &Value, path: &str, expressions: &mut Expressions<'_>) {
    let patch_type = text(mutation, "patchType");
    let (own, other, wanted) = match patch_type {
        "JSONPatch" => ("jsonPatch", "applyConfiguration", Wanted::Patches),
        "ApplyConfiguration" => ("applyConfiguration", "jsonPatch", Wanted::Object),
        "" => return expressions.errors.push(FieldError::required(format!("{path}.patchType"), "")),
        _ => {
            let known = PATCH_TYPES.map(Value::from);
            let field = format!("{path}.patchType");
            let error = FieldError::not_supported(field, &patch_type.into(), &known.each_ref());
            return expressions.errors.push(error);
        }
    };
    match mutation.get(own) {
        None => {
            let why = format!("must be specified when patchType is {patch_type}");
            expressions.errors.push(FieldError::required(format!("{path}.{own}"), &why));
        }
        Some(patch) => {
            let (expression, field) = (text(patch, "expression").trim(), format!("{path}.{own}.expression"));
            if expression.is_empty() {
                expressions.errors.push(FieldError::required(field, ""));
            } else {
                expressions.mutation(expression, wanted, &field);
            }
        }
    }
    if mutation.get(other).is_some() {
        let why = format!("must not be specified when patchType is {patch_type}");
        let shown = format!("{{{other}}}");
        expressions.errors.push(FieldError::invalid(format!("{path}.{other}"), &shown.into(), why));
    }
}

/// Validates a binding, except its metadata.
pub(super) fn validate_binding(binding: &Value, errors: &mut Vec<FieldError>) {
    let spec = &binding["spec"];
    admission_policies::validate_bound(spec, errors);
    operations(spec, "matchResources", errors);
}
