//! CEL validation rules of custom resources (k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel): compiled once,
//! evaluated where their node is.
//!
//! Two shortcuts save time without changing an answer: `self == oldSelf` is not evaluated when the two values are equal
//! as JSON, which implies that it holds; nor is a rule without `oldSelf` on an unchanged value, whose error would
//! only be a warning.
use crate::{
    base::{field_error::FieldError, path::Path},
    cel::{Decl, Program, Refused, Type, Value as Cel},
};
use serde_json::Value;
use std::sync::Arc;

/// Longest message that an expression can make, in bytes.
const MESSAGE_MAX: usize = 5 * 1024;

/// A compiled rule of one schema node.
#[derive(Debug)]
pub(crate) struct Rule {
    program: Program,
    message: Option<Program>,
    /// The text of the message, or of the rule.
    fallback: String,
    /// The text of the rule or its message, as evaluation errors name it.
    named: String,
    reason: Option<String>,
    /// The member that the error is about.
    field: String,
    decl: Arc<Decl>,
    /// The type of the node, which errors of evaluation show.
    kind: String,
    is_transition: bool,
    /// Whether a transition rule is evaluated on create too, without an old value.
    old_is_optional: bool,
    is_immutability: bool,
}

/// Why a rule cannot be used, and the member of the rule that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RuleError {
    Rule(String),
    MessageExpression(String),
    /// A function of Kubernetes that is not simulated.
    Missing(String),
}

impl std::fmt::Display for RuleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Rule(why) | Self::MessageExpression(why) | Self::Missing(why)) = self;
        f.write_str(why)
    }
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
pub(crate) fn compile(node: &Value, is_resource: bool) -> Result<Vec<Rule>, RuleError> {
    let rules = node.get("x-kubernetes-validations").and_then(Value::as_array).into_iter().flatten();
    let mut decl = None;
    rules.map(|rule| compile_with(node, rule, is_resource, &mut decl)).collect()
}

/// Compiles one rule of a node.
///
/// # Errors
/// The compiler's message.
pub(crate) fn compile_one(node: &Value, rule: &Value, is_resource: bool) -> Result<Rule, RuleError> {
    compile_with(node, rule, is_resource, &mut None)
}

fn compile_with(
    node: &Value,
    rule: &Value,
    is_resource: bool,
    decl: &mut Option<Arc<Decl>>,
) -> Result<Rule, RuleError> {
    let decl = decl.get_or_insert_with(|| Arc::new(Decl::of(node, is_resource))).clone();
    let text = |member: &str| rule.get(member).and_then(Value::as_str).unwrap_or_default();
    let kind = decl
        .type_of("selfType")
        .ok_or_else(|| RuleError::Rule("failed to convert to declType for CEL validation rules".to_owned()))?;
    let old_is_optional = rule.get("optionalOldSelf").and_then(Value::as_bool).unwrap_or_default();
    let old = if old_is_optional { Type::optional(kind.clone()) } else { kind.clone() };
    let scope = [("self", kind), ("oldSelf", old)];
    let program = Program::compile(text("rule"), &scope).map_err(|refused| match refused {
        Refused::Issues(issues) => RuleError::Rule(format!("compilation failed: {issues}")),
        Refused::Constant(why) => RuleError::Rule(format!("program instantiation failed: {why}")),
        Refused::Missing(what) => RuleError::Missing(what),
    })?;
    if program.result != Type::Bool {
        return Err(RuleError::Rule("cel expression must evaluate to a bool".to_owned()));
    }
    let message = message_expression(text("messageExpression"), &scope)?;
    let (said, words) = (text("rule").trim(), text("message").trim());
    let named = if text("message").is_empty() { said } else { words }.to_owned();
    Ok(Rule {
        is_transition: program.uses("oldSelf"),
        program,
        message,
        fallback: if text("message").is_empty() { format!("failed rule: {said}") } else { words.to_owned() },
        named,
        reason: rule.get("reason").and_then(Value::as_str).map(str::to_owned),
        field: normalised(text("fieldPath"), node),
        decl,
        kind: node.get("type").and_then(Value::as_str).unwrap_or_default().to_owned(),
        old_is_optional,
        is_immutability: matches!(said, "self == oldSelf" | "oldSelf == self"),
    })
}

fn message_expression(text: &str, scope: &[(&str, Type)]) -> Result<Option<Program>, RuleError> {
    if text.is_empty() {
        return Ok(None);
    }
    let program = Program::compile(text, scope).map_err(|refused| match refused {
        Refused::Issues(issues) => {
            RuleError::MessageExpression(format!("messageExpression compilation failed: {issues}"))
        }
        Refused::Constant(why) => {
            RuleError::MessageExpression(format!("messageExpression instantiation failed: {why}"))
        }
        Refused::Missing(what) => RuleError::Missing(what),
    })?;
    if program.result != Type::String {
        return Err(RuleError::MessageExpression("messageExpression must evaluate to a string".to_owned()));
    }
    Ok(Some(program))
}

impl Rule {
    /// Evaluates the rule against the value of its node.
    pub(super) fn evaluate(&self, value: &Value, old: Option<&Value>, path: &Path<'_>, errors: &mut Vec<FieldError>) {
        let old = old.filter(|old| !old.is_null());
        if value.is_null() || (self.is_transition && old.is_none() && !self.old_is_optional) {
            return;
        }
        // KEP-4008: only transition rules are checked against an unchanged value.
        if old == Some(value) && (self.is_immutability || !self.is_transition) {
            return;
        }
        let refused = |detail: String| FieldError::invalid(path.to_string(), &Value::from(self.kind.as_str()), detail);
        let globals = match self.globals(value, old) {
            Ok(globals) => globals,
            Err(why) => {
                errors.push(refused(format!("{why} evaluating rule: {}", self.named)));
                return;
            }
        };
        match self.program.evaluate(&globals) {
            Ok(Cel::Bool(true)) => {}
            Ok(_) => self.failed(value, &globals, &path.to_string(), errors),
            Err(why) => {
                let detail = if why.0.starts_with("no such overload") {
                    let what =
                        "call arguments did not match a supported operator, function or macro signature for rule";
                    format!("'{}': {what}: {}", why.0, self.named)
                } else {
                    format!("{} evaluating rule: {}", why.0, self.named)
                };
                errors.push(refused(detail));
            }
        }
    }

    fn globals<'v>(&'v self, value: &'v Value, old: Option<&'v Value>) -> Result<[Option<Cel<'v>>; 2], String> {
        let read = |json: &'v Value| Cel::of_json(json, &self.decl).map_err(|why| why.0);
        let old = old.map(read).transpose()?;
        let old = if self.old_is_optional { Some(old.map_or(Cel::Optional(None), Cel::some)) } else { old };
        Ok([Some(read(value)?), old])
    }

    fn failed(&self, value: &Value, globals: &[Option<Cel<'_>>], field: &str, errors: &mut Vec<FieldError>) {
        let made = self.message.as_ref().and_then(|message| match message.evaluate(globals) {
            Ok(Cel::String(text)) => Some(text.trim().to_owned()),
            _ => None,
        });
        let usable = |text: &String| !text.is_empty() && text.len() <= MESSAGE_MAX && !text.contains('\n');
        let detail = made.filter(usable).unwrap_or_else(|| self.fallback.clone());
        let below = self.field.as_str();
        let field = match (field.is_empty(), below.is_empty()) {
            (_, true) => field.to_owned(),
            (true, false) => below.to_owned(),
            (false, false) => format!("{field}.{below}"),
        };
        let is_compound = matches!(self.kind.as_str(), "object" | "array");
        errors.push(match self.reason.as_deref() {
            Some("FieldValueForbidden") => FieldError::forbidden(field, &detail),
            Some("FieldValueRequired") => FieldError::required(field, &detail),
            Some("FieldValueDuplicate") if is_compound => FieldError::duplicate_hidden(field),
            Some("FieldValueDuplicate") => FieldError::duplicate(field, value),
            _ if is_compound => FieldError::invalid_hidden(field, &detail),
            _ => FieldError::invalid(field, value, &detail),
        });
    }
}

/// A path into a node as errors show it: members of objects after a point, keys of maps in brackets.
fn normalised(path: &str, node: &Value) -> String {
    let (mut node, mut rest, mut shown) = (node, path, String::new());
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix("['").and_then(|inner| inner.split_once("']")) {
            Some(step) => step,
            None => {
                let inner = rest.trim_start_matches('.');
                inner.split_at(inner.find(['.', '[']).unwrap_or(inner.len()))
            }
        };
        let member = node["properties"].get(name);
        match member {
            Some(_) if shown.is_empty() => shown.push_str(name),
            Some(_) => shown.push_str(&format!(".{name}")),
            None => shown.push_str(&format!("[{name}]")),
        }
        node = member.unwrap_or(&node["additionalProperties"]);
        // A path that goes nowhere has been refused with the definition.
        if after.len() == rest.len() {
            break;
        }
        rest = after;
    }
    shown
}
