//! matchConditions of webhooks and policies (k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions), and the
//! values of an expression's variables (plugin/cel/activation.go).
use super::expressions::{self, Uncompiled, Wanted};
use crate::{
    base::{
        aggregate::aggregate,
        json::{list, text},
        status::{self, Outcome},
    },
    cel::{Ask, Check, Named, Program, Type, Value as Cel},
};
use serde_json::Value;

/// What the expressions about one write can see.
pub(super) struct Inputs<'a> {
    pub(super) object: Option<&'a Value>,
    pub(super) old: Option<&'a Value>,
    pub(super) request: &'a Value,
    pub(super) namespace: Option<&'a Value>,
    /// The parameters; None without a kind of parameters.
    pub(super) params: Option<Option<&'a Value>>,
    /// Answers questions about rights.
    pub(super) ask: Ask<'a>,
    /// The resource of the request, for such a question.
    pub(super) resource: Check,
}

impl<'a> Inputs<'a> {
    /// The values in the order of [`expressions::scope`]. Conditions do not see the namespace;
    /// messages and annotations do not see the authorizer, not even through variables.
    pub(super) fn globals(&self, namespace: bool, authorizer: bool) -> Vec<Option<Cel<'a>>> {
        let of = |value: Option<&'a Value>| Some(value.map_or(Cel::Null, Cel::of_any));
        let namespace = self.namespace.filter(|_| namespace);
        let mut globals = vec![of(self.object), of(self.old), of(namespace), of(Some(self.request))];
        globals.extend(self.params.map(of));
        globals.push(authorizer.then(|| Cel::authorizer(self.ask)));
        globals.push(authorizer.then(|| Cel::resource_check(self.ask, self.resource.clone())));
        // Named expressions are not a value.
        globals.push(None);
        globals
    }
}

/// The error of an evaluation.
pub(super) fn failed(expression: &str, why: &str) -> String {
    format!("expression '{expression}' resulted in error: {why}")
}

/// The refusal of an expression that was stored although it cannot be used: it needs what is not simulated.
pub(super) fn unusable(why: Uncompiled) -> Box<status::Status> {
    let (Uncompiled::Invalid(what) | Uncompiled::Internal(what) | Uncompiled::Missing(what)) = why;
    status::not_simulated(&what)
}

/// Whether conditions hold.
pub(super) enum Held {
    Yes,
    No,
    /// Some have no value, and none is false.
    Failed(String),
}

/// The compiled conditions.
#[derive(Debug)]
pub(super) struct Conditions(Vec<(String, Program)>);

impl Conditions {
    /// Compiles the matchConditions of an object.
    ///
    /// # Errors
    /// 501 for one that needs what is not simulated.
    pub(super) fn compile(of: &Value, scope: &[(&str, Type)]) -> Outcome<Self> {
        let conditions = list(of, "matchConditions").iter().map(|condition| {
            let expression = text(condition, "expression");
            let program = expressions::compile(expression, scope, Wanted::Bool).map_err(unusable)?;
            Ok((expression.to_owned(), program))
        });
        conditions.collect::<Outcome<_>>().map(Self)
    }

    /// Evaluates all of them: one that is false decides, whatever the others are.
    pub(super) fn hold<'a>(&'a self, inputs: &Inputs<'a>, named: &Named<'a>) -> Held {
        let globals = inputs.globals(false, true);
        let mut errors: Vec<String> = Vec::new();
        for (expression, program) in &self.0 {
            match program.evaluate_with(&globals, named) {
                Ok(Cel::Bool(false)) => return Held::No,
                Ok(_) => {}
                Err(why) => errors.push(failed(expression, &why.0)),
            }
        }
        aggregate(errors).map_or(Held::Yes, Held::Failed)
    }
}
