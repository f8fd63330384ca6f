//! CEL validation rules of custom resources, through `kube`'s evaluator: compiled once, evaluated where their node is.
//!
//! Two shortcuts save time without changing an answer: a transition rule is skipped on create, as in the real server;
//! and `self == oldSelf` is not evaluated when the two values are equal as JSON, which implies that it holds.
use crate::base::{field_error::FieldError, path::Path};
use kube_cel::{CompiledSchema, Validator, compile_schema};
use serde_json::{Map, Value};

/// A compiled rule of one schema node.
#[derive(Debug)]
pub(crate) struct Rule {
    compiled: CompiledSchema,
    is_transition: bool,
    /// Whether a transition rule is evaluated on create too, with a null oldSelf.
    old_is_optional: bool,
    is_immutability: bool,
}

impl Rule {
    /// Whether the rule refers to the old value.
    pub(crate) fn is_transition(&self) -> bool {
        self.is_transition
    }
}

/// Compiles the rules of this node, not those of its children.
///
/// # Errors
/// The compiler's message about the first rule that does not compile.
pub(crate) fn compile(node: &Value) -> Result<Vec<Rule>, String> {
    let rules = node.get("x-kubernetes-validations").and_then(Value::as_array).into_iter().flatten();
    rules.map(|rule| compile_one(node, rule)).collect()
}

/// Compiles one rule of a node.
///
/// # Errors
/// The compiler's message.
pub(crate) fn compile_one(node: &Value, rule: &Value) -> Result<Rule, String> {
    let mut alone = without_rules(node);
    alone.insert("x-kubernetes-validations".into(), Value::Array(vec![rule.clone()]));
    let compiled = compile_schema(&Value::Object(alone));
    if let Some(error) = compiled.compilation_errors().first() {
        return Err(error.to_string());
    }
    let is_transition = compiled.validations.iter().flatten().any(|v| v.is_transition_rule);
    let text = rule.get("rule").and_then(Value::as_str).unwrap_or_default();
    let old_is_optional = rule.get("optionalOldSelf").and_then(Value::as_bool).unwrap_or_default();
    let is_immutability = matches!(text.trim(), "self == oldSelf" | "oldSelf == self");
    Ok(Rule { compiled, is_transition, old_is_optional, is_immutability })
}

/// The node without the rules below it, so that the evaluator knows the types of values and evaluates no rule twice.
/// Defaults are removed too: they have been applied already.
fn without_rules(node: &Value) -> Map<String, Value> {
    fn strip(value: &Value) -> Value {
        match value {
            Value::Object(map) => Value::Object(without(map)),
            Value::Array(list) => Value::Array(list.iter().map(strip).collect()),
            other => other.clone(),
        }
    }
    fn without(map: &Map<String, Value>) -> Map<String, Value> {
        let kept = map
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "x-kubernetes-validations" | "default" | "description"));
        kept.map(|(name, value)| (name.clone(), strip(value))).collect()
    }
    node.as_object().map(without).unwrap_or_default()
}

/// Evaluates rules; owns the function library.
pub(crate) struct Evaluator {
    validator: Validator,
}

impl std::fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Evaluator")
    }
}

impl Evaluator {
    pub(crate) fn new() -> Self {
        Self { validator: Validator::new() }
    }

    /// Evaluates one rule against the value of its node.
    pub(crate) fn evaluate(
        &self,
        rule: &Rule,
        value: &Value,
        old: Option<&Value>,
        path: &Path<'_>,
        errors: &mut Vec<FieldError>,
    ) {
        if rule.is_transition && old.is_none() && !rule.old_is_optional {
            return;
        }
        let unchanged = old == Some(value);
        // KEP-4008: only transition rules are checked against an unchanged value.
        if unchanged && (rule.is_immutability || !rule.is_transition) {
            return;
        }
        let Err(found) = self.validator.validate_compiled(&rule.compiled, value, old) else { return };
        for error in found.as_slice() {
            let below = error.field_path.trim_start_matches('.');
            let base = path.to_string();
            let field = match (base.is_empty(), below.is_empty()) {
                (_, true) => base,
                (true, false) => below.to_owned(),
                (false, false) => format!("{base}.{below}"),
            };
            errors.push(match error.reason.as_deref() {
                Some("FieldValueForbidden") => FieldError::forbidden(field, &error.message),
                Some("FieldValueRequired") => FieldError::required(field, &error.message),
                Some("FieldValueDuplicate") => FieldError::duplicate(field, value),
                _ => FieldError::invalid_hidden(field, &error.message),
            });
        }
    }
}
