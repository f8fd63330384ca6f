//! A compiled ValidatingAdmissionPolicy, and its judgement of a write
//! (k8s.io/apiserver/pkg/admission/plugin/policy/validating/{plugin,validator}.go).
//!
//! What expressions cost is not estimated. The values of audit annotations are evaluated, because an error in one may
//! refuse the write; there is no audit log to publish them in.
use super::{
    conditions::{Conditions, Held, Inputs, failed, unusable},
    expressions::{self, Variables, Wanted, known_as, scope},
};
use crate::{
    base::{
        json::{list, text},
        status::Outcome,
    },
    cel::{Named, Program, Type, Value as Cel},
};
use serde_json::Value;

/// Longest message that an expression can make, in bytes.
const MESSAGE_MAX: usize = 5 * 1024;
/// The reason of a refusal that names none.
pub(super) const INVALID: &str = "Invalid";

/// A refusal by a policy, before a binding says what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) message: String,
    pub(super) reason: String,
    /// Whether it is the error of an audit annotation, which refuses whatever the binding says.
    pub(super) always: bool,
}

impl Refusal {
    fn error(message: String) -> Self {
        Self { message, reason: INVALID.to_owned(), always: false }
    }
}

/// A policy whose expressions are compiled.
#[derive(Debug)]
pub(crate) struct Policy {
    variables: Vec<(String, Program)>,
    conditions: Conditions,
    validations: Vec<Validation>,
    annotations: Vec<(String, Program)>,
    pub(super) has_params: bool,
    /// Whether an error lets the write pass.
    pub(super) fails_open: bool,
}

#[derive(Debug)]
struct Validation {
    expression: String,
    program: Program,
    message_expression: Option<Program>,
    message: String,
    reason: String,
}

impl Policy {
    /// Compiles the expressions of a valid policy.
    ///
    /// # Errors
    /// 501 for an expression that needs what is not simulated.
    pub(crate) fn compile(policy: &Value) -> Outcome<Self> {
        let spec = &policy["spec"];
        let has_params = spec.get("paramKind").is_some();
        let with = |authorizer: bool| Variables { params: has_params, authorizer };
        let compile = |source: &str, scope: &[(&str, Type)], wanted: Wanted| {
            expressions::compile(source, scope, wanted).map_err(unusable)
        };
        let mut variables: Vec<(String, Program)> = Vec::new();
        let mut known: Vec<(String, Type)> = Vec::new();
        for variable in list(spec, "variables") {
            let program = compile(text(variable, "expression"), &scope(with(true), Some(&known)), Wanted::Any)?;
            known.push((text(variable, "name").to_owned(), known_as(&program.result)));
            variables.push((text(variable, "name").to_owned(), program));
        }
        let (all, said) = (scope(with(true), Some(&known)), scope(with(false), Some(&known)));
        let validations = list(spec, "validations").iter().map(|validation| {
            let expression = text(validation, "expression");
            let message = text(validation, "messageExpression");
            let message = (!message.is_empty()).then(|| compile(message, &said, Wanted::Text)).transpose()?;
            let reason = text(validation, "reason");
            Ok(Validation {
                program: compile(expression, &all, Wanted::Bool)?,
                expression: expression.to_owned(),
                message_expression: message,
                message: text(validation, "message").trim().to_owned(),
                reason: if reason.is_empty() { INVALID } else { reason }.to_owned(),
            })
        });
        let annotations = list(spec, "auditAnnotations").iter().map(|annotation| {
            let expression = text(annotation, "valueExpression");
            Ok((expression.to_owned(), compile(expression, &all, Wanted::TextOrNull)?))
        });
        Ok(Self {
            validations: validations.collect::<Outcome<_>>()?,
            annotations: annotations.collect::<Outcome<_>>()?,
            conditions: Conditions::compile(spec, &all)?,
            variables,
            has_params,
            fails_open: text(spec, "failurePolicy") == "Ignore",
        })
    }

    /// The refusals of a write, with one set of parameters.
    pub(super) fn judge<'a>(&'a self, inputs: &Inputs<'a>) -> Vec<Refusal> {
        let named = || Program::named(&self.variables);
        match self.conditions.hold(inputs, &named()) {
            Held::Yes => {}
            Held::Failed(why) if !self.fails_open => return vec![Refusal::error(why)],
            Held::No | Held::Failed(_) => return Vec::new(),
        }
        let (globals, known) = (inputs.globals(true, true), named());
        let (unauthorized, said) = (inputs.globals(true, false), named());
        let error = |why: String, always: bool| (!self.fails_open).then(|| Refusal { always, ..Refusal::error(why) });
        let mut refusals = Vec::new();
        for validation in &self.validations {
            match validation.program.evaluate_with(&globals, &known) {
                Ok(Cel::Bool(true)) => {}
                Ok(_) => refusals.push(Refusal {
                    message: validation.message(&unauthorized, &said),
                    reason: validation.reason.clone(),
                    always: false,
                }),
                Err(why) => refusals.extend(error(failed(&validation.expression, &why.0), false)),
            }
        }
        for (expression, program) in &self.annotations {
            if let Err(why) = program.evaluate_with(&unauthorized, &said) {
                refusals.extend(error(failed(expression, &why.0), true));
            }
        }
        refusals
    }
}

impl Validation {
    fn message<'a>(&'a self, globals: &[Option<Cel<'a>>], named: &Named<'a>) -> String {
        let made = self.message_expression.as_ref().and_then(|message| message.evaluate_with(globals, named).ok());
        let made = made.and_then(|made| match made {
            Cel::String(text) => Some(text.trim().to_owned()),
            _ => None,
        });
        let usable = |text: &String| !text.is_empty() && text.len() <= MESSAGE_MAX && !text.contains('\n');
        match made.filter(usable) {
            Some(made) => made,
            None if self.message.is_empty() => format!("failed expression: {}", self.expression.trim()),
            None => self.message.clone(),
        }
    }
}
