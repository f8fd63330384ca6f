//! A compiled MutatingAdmissionPolicy, and what it makes of an object
//! (k8s.io/apiserver/pkg/admission/plugin/policy/mutating/{compilation.go,patch}).
use super::{
    conditions::{Conditions, Held, Inputs, failed, unusable},
    expressions::{self, Variables, Wanted, known_as, mutation_scope, scope},
};
use crate::{
    apply::json_patch,
    base::{
        json::{list, text},
        status::Outcome,
    },
    cel::{Message, Program, Type, Value as Cel},
    codec::json::operations::Operation,
    registry::kind::Kind,
    structured_merge::validate::Duplicates,
};
use serde_json::Value;

/// A policy whose expressions are compiled.
#[derive(Debug)]
pub(crate) struct Mutation {
    variables: Vec<(String, Program)>,
    conditions: Conditions,
    patches: Vec<Patch>,
    pub(super) has_params: bool,
    /// Whether an error lets the write pass.
    pub(super) fails_open: bool,
    /// Whether it is asked again after later changes of the object.
    pub(super) may_be_asked_again: bool,
}

#[derive(Debug)]
struct Patch {
    expression: String,
    program: Program,
    /// Whether the expression makes an object to apply, instead of a JSON patch.
    applies: bool,
}

impl Mutation {
    /// Compiles the expressions of a valid policy.
    ///
    /// # Errors
    /// 501 for an expression that needs what is not simulated.
    pub(crate) fn compile(policy: &Value) -> Outcome<Self> {
        let spec = &policy["spec"];
        let params = spec.get("paramKind").is_some();
        let conditions = |known: &[(String, Type)]| scope(Variables { params, authorizer: true }, Some(known));
        let compile = |source: &str, scope: &[(&str, Type)], wanted: Wanted| {
            expressions::compile(source, scope, wanted).map_err(unusable)
        };
        let mut variables: Vec<(String, Program)> = Vec::new();
        let mut known: Vec<(String, Type)> = Vec::new();
        for variable in list(spec, "variables") {
            let program = compile(text(variable, "expression"), &conditions(&known), Wanted::Any)?;
            known.push((text(variable, "name").to_owned(), known_as(&program.result)));
            variables.push((text(variable, "name").to_owned(), program));
        }
        let scope = mutation_scope(params, Some(&known));
        let patches = list(spec, "mutations").iter().map(|mutation| {
            let applies = text(mutation, "patchType") == "ApplyConfiguration";
            let member = if applies { "applyConfiguration" } else { "jsonPatch" };
            let expression = text(&mutation[member], "expression");
            let wanted = if applies { Wanted::Object } else { Wanted::Patches };
            Ok(Patch { program: compile(expression, &scope, wanted)?, expression: expression.to_owned(), applies })
        });
        Ok(Self {
            patches: patches.collect::<Outcome<_>>()?,
            conditions: Conditions::compile(spec, &conditions(&known))?,
            variables,
            has_params: params,
            fails_open: text(spec, "failurePolicy") == "Ignore",
            may_be_asked_again: text(spec, "reinvocationPolicy") == "IfNeeded",
        })
    }

    /// The number of its patches.
    pub(super) fn len(&self) -> usize {
        self.patches.len()
    }

    /// Whether its conditions hold.
    pub(super) fn holds<'a>(&'a self, inputs: &Inputs<'a>) -> Held {
        self.conditions.hold(inputs, &Program::named(&self.variables))
    }

    /// The object after one of its patches.
    ///
    /// # Errors
    /// The reason why it cannot be patched.
    pub(super) fn patched<'a>(&'a self, index: usize, inputs: &Inputs<'a>, kind: &Kind) -> Result<Value, String> {
        let patch = &self.patches[index];
        let (globals, named) = (inputs.globals(true, true), Program::named(&self.variables));
        let made = patch.program.evaluate_with(&globals, &named);
        let made = made.map_err(|why| failed(&patch.expression, &why.0))?;
        let live = inputs.object.cloned().unwrap_or_default();
        match made {
            Cel::Message(object) if patch.applies => applied(&live, &object, kind),
            Cel::List(operations) => {
                let operations = operations.values().map_err(|why| failed(&patch.expression, &why.0))?;
                let operations = operations.iter().map(operation).collect::<Result<Vec<_>, _>>()?;
                with_operations(live, &operations)
            }
            other => Err(format!("unsupported return type from ApplyConfiguration expression: {}", other.type_name())),
        }
    }
}

/// An object with a configuration merged into it; nobody owns the new fields.
fn applied(live: &Value, object: &Message<'_>, kind: &Kind) -> Result<Value, String> {
    object.check_names().map_err(|why| format!("type mismatch: {why}"))?;
    let fields = object.fields.iter().map(|(name, value)| Ok(((*name).to_owned(), value.to_json()?)));
    let fields = fields.collect::<Result<serde_json::Map<_, _>, String>>();
    let mut config = Value::Object(fields.map_err(|why| format!("invalid return type: {why}"))?);
    for member in ["apiVersion", "kind"] {
        config[member] = live[member].clone();
    }
    let wrong = |why: String| format!("error applying patch: {why}");
    let root = kind.types.root(kind.root_type);
    let untyped = |why: &dyn std::fmt::Display| wrong(format!("failed to convert patch object to typed object: {why}"));
    if let Some(why) = root.null(&config) {
        return Err(untyped(&why));
    }
    root.validate(&config, Duplicates::Refused).map_err(|why| untyped(&why))?;
    let atomics = root.atomics(&config);
    if !atomics.is_empty() {
        let why = format!("may not mutate atomic arrays, maps or structs: {}", atomics.join(", "));
        return Err(wrong(format!("invalid ApplyConfiguration: {why}")));
    }
    root.merge(live, &config).map_err(|why| wrong(format!("failed to merge patch: {why}")))
}

fn operation(made: &Cel<'_>) -> Result<Operation, String> {
    let Cel::Message(message) = made else {
        let found = made.type_name();
        return Err(format!("type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch: {found}"));
    };
    if let Some(Cel::Message(object)) = message.field("value") {
        object.check_names().map_err(|why| format!("type mismatch: {why}"))?;
    }
    let unfit = |why| format!("JSONPath valueExpression evaluated to a type that could not marshal to JSON: {why}");
    Ok(Operation {
        op: Some(message.text("op").to_owned()),
        path: Some(message.text("path").to_owned()),
        from: Some(message.text("from")).filter(|from| !from.is_empty()).map(str::to_owned),
        value: message.field("value").map(Cel::to_json).transpose().map_err(unfit)?,
    })
}

/// An object after the operations; as it was if one of them tests for something else.
fn with_operations(live: Value, operations: &[Operation]) -> Result<Value, String> {
    let mut patched = live.clone();
    for operation in operations {
        let mut next = patched.clone();
        if json_patch::apply(&mut next, std::slice::from_ref(operation)).is_err() {
            return match json_patch::failure(&mut patched, operation) {
                None => Ok(live),
                Some(why) => Err(format!("JSON Patch: {why}")),
            };
        }
        patched = next;
    }
    Ok(patched)
}
