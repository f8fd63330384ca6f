//! Finds the type of every node, or the reasons why there is none (cel-go, checker/checker.go).
use super::{
    ast::{Call, Expr, Field, Fold, Kind, Literal, operator},
    issue::Issue,
    parser::qualified,
    signatures::{self, Overload},
    types::{Bindings, Type, most_general},
};
use std::sync::Arc;

/// Variables of an expression and their types.
pub(crate) type Scope<'s> = [(&'s str, Type)];

/// An expression whose types are known.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) expr: Expr,
    /// The types of the nodes, by id.
    pub(crate) types: Vec<Type>,
    /// Names of the variables that are used.
    pub(crate) used: Vec<String>,
}

struct Checker<'s> {
    scope: &'s Scope<'s>,
    /// Variables of comprehensions, the innermost last.
    locals: Vec<(String, Type)>,
    bindings: Bindings,
    types: Vec<Type>,
    issues: Vec<Issue>,
    used: Vec<String>,
}

/// Checks an expression with `nodes` nodes.
///
/// # Errors
/// The errors found.
pub(super) fn check(mut expr: Expr, nodes: usize, scope: &Scope<'_>) -> Result<Checked, Vec<Issue>> {
    let mut checker = Checker {
        scope,
        locals: Vec::new(),
        bindings: Bindings::default(),
        types: vec![Type::Error; nodes],
        issues: Vec::new(),
        used: Vec::new(),
    };
    checker.check(&mut expr);
    if !checker.issues.is_empty() {
        return Err(checker.issues);
    }
    let types = checker.types.iter().map(|of| checker.bindings.resolve(of, true)).collect();
    Ok(Checked { expr, types, used: checker.used })
}

impl Checker<'_> {
    fn issue(&mut self, at: usize, message: String) {
        self.issues.push(Issue::new(at, message));
    }

    fn undeclared(&mut self, at: usize, name: &str) -> Type {
        self.issue(at, format!("undeclared reference to '{name}' (in container '')"));
        Type::Error
    }

    fn mismatch(&mut self, at: usize, expected: &Type, found: &Type) {
        let expected = self.bindings.resolve(expected, false);
        let found = self.bindings.resolve(found, false);
        self.issue(at, format!("expected type '{expected}' but found '{found}'"));
    }

    fn check(&mut self, expr: &mut Expr) -> Type {
        let (id, at) = (expr.id, expr.at);
        let found = match &mut expr.kind {
            Kind::Literal(literal) => literal_type(literal),
            Kind::Ident(name) => match self.identifier(name.trim_start_matches('.')) {
                Some(found) => found,
                None => self.undeclared(at, &name.clone()),
            },
            Kind::Select(..) => self.select(expr),
            Kind::Has(operand, field) => {
                self.field(at, operand, &field.clone(), false);
                Type::Bool
            }
            Kind::Call(_) => self.call(expr),
            Kind::List(items) => {
                let mut joined = None;
                for item in items {
                    let found = self.check(&mut item.value);
                    let found = self.item(&item.value, found, item.optional);
                    joined = Some(self.join(joined, found));
                }
                Type::list(joined.unwrap_or_else(|| self.bindings.fresh()))
            }
            Kind::Map(entries) => {
                let (mut keys, mut values) = (None, None);
                for entry in entries {
                    let key = self.check(&mut entry.key);
                    keys = Some(self.join(keys, key));
                    let value = self.check(&mut entry.value);
                    let value = self.item(&entry.value, value, entry.optional);
                    values = Some(self.join(values, value));
                }
                let keys = keys.unwrap_or_else(|| self.bindings.fresh());
                let values = values.unwrap_or_else(|| self.bindings.fresh());
                Type::Map(Arc::new(keys), Arc::new(values))
            }
            Kind::Message(name, fields) => self.message(at, &name.clone(), fields),
            Kind::Fold(fold) => self.fold(fold),
        };
        self.types[id] = found.clone();
        found
    }

    fn identifier(&mut self, name: &str) -> Option<Type> {
        if let Some((_, found)) = self.locals.iter().rev().find(|(local, _)| local == name) {
            return Some(found.clone());
        }
        if let Some((_, found)) = self.scope.iter().find(|(known, _)| *known == name) {
            self.used.push(name.to_owned());
            return Some(found.clone());
        }
        signatures::named(name).or_else(|| self.below(name)).map(Type::of_type)
    }

    /// The type of a field of an open object type, by its path: `Object.spec`.
    fn below(&self, name: &str) -> Option<Type> {
        let (root, _) = name.split_once('.')?;
        let (_, found) = self.scope.iter().find(|(known, _)| *known == root)?;
        let Type::Type(of) = found else { return None };
        matches!(&**of, Type::Object(object) if object.open).then(|| Type::open(name))
    }

    fn message(&mut self, at: usize, name: &str, fields: &mut [Field]) -> Type {
        let name = name.trim_start_matches('.');
        let Some(found) = self.identifier(name) else { return self.undeclared(at, name) };
        let found = match found {
            Type::Type(of) if matches!(*of, Type::Object(_)) => Type::clone(&of),
            Type::Type(of) => {
                self.issue(at, format!("'{}' is not a message type", of.declared()));
                Type::Error
            }
            other => {
                self.issue(at, format!("'{}' is not a type", other.declared()));
                Type::Error
            }
        };
        for field in fields {
            let value = self.check(&mut field.value);
            let value = self.item(&field.value, value, field.optional);
            let Type::Object(of) = &found else { continue };
            let wanted = match of.fields.get(&field.name) {
                Some(wanted) => wanted.clone(),
                None if of.open => Type::Dyn,
                // The one closed type of messages finds every field, but not its type.
                None => {
                    let (name, value) = (&field.name, self.bindings.resolve(&value, false));
                    let why = format!("expected type of field '{name}' is '' but provided type is '{value}'");
                    self.issue(field.at, why);
                    continue;
                }
            };
            if !self.bindings.assign(&value, &wanted) {
                let (name, value) = (&field.name, self.bindings.resolve(&value, false));
                let why = format!("expected type of field '{name}' is '{wanted}' but provided type is '{value}'");
                self.issue(field.at, why);
            }
        }
        found
    }

    /// The overloads of a function; that of patches exists only where there are patches.
    fn overloads(&self, name: &str) -> Option<&'static [Overload]> {
        let patches = || self.scope.iter().any(|(known, _)| *known == "JSONPatch");
        signatures::overloads(name).filter(|_| name != "jsonpatch.escapeKey" || patches())
    }

    fn select(&mut self, expr: &mut Expr) -> Type {
        // A qualified name is looked for first.
        if let Some(name) = qualified(expr) {
            let variable = self.scope.iter().find(|(known, _)| *known == name).map(|(_, found)| found.clone());
            if variable.is_some() {
                self.used.push(name.clone());
            }
            let named = || signatures::named(&name).or_else(|| self.below(&name)).map(Type::of_type);
            if let Some(found) = variable.or_else(named) {
                expr.kind = Kind::Ident(name);
                return found;
            }
        }
        let at = expr.at;
        let Kind::Select(operand, field) = &mut expr.kind else { return Type::Error };
        let found = self.field(at, operand, &field.clone(), false);
        self.bindings.resolve(&found, false)
    }

    fn field(&mut self, at: usize, operand: &mut Expr, field: &str, optional: bool) -> Type {
        let operand = self.check(operand);
        let (target, was_optional) = self.bindings.resolve(&operand, false).unwrapped();
        let found = match &target {
            Type::Map(_, value) => Type::clone(value),
            Type::Object(object) => match object.fields.get(field) {
                Some(found) => found.clone(),
                None if object.open => Type::Dyn,
                None => {
                    self.issue(at, format!("undefined field '{field}'"));
                    Type::Error
                }
            },
            Type::Param(_) => {
                self.bindings.assign(&Type::Dyn, &target);
                Type::Dyn
            }
            Type::Dyn | Type::Error => Type::Dyn,
            other => {
                self.issue(at, format!("type '{other}' does not support field selection"));
                Type::Dyn
            }
        };
        if optional || was_optional { Type::optional(found) } else { found }
    }

    fn call(&mut self, expr: &mut Expr) -> Type {
        let at = expr.at;
        let Kind::Call(call) = &mut expr.kind else { return Type::Error };
        if call.function == operator::OPT_SELECT {
            let Call { args, .. } = call;
            let Some(Kind::Literal(Literal::String(field))) = args.get(1).map(|arg| arg.kind.clone()) else {
                return Type::Error;
            };
            let name = &mut args[1];
            self.types[name.id] = Type::String;
            let found = self.field(at, &mut args[0], &field, true);
            return self.bindings.resolve(&found, false);
        }
        for arg in &mut call.args {
            self.check(arg);
        }
        let Some(target) = &mut call.target else {
            let name = call.function.trim_start_matches('.').to_owned();
            return match self.overloads(&name) {
                Some(overloads) => self.resolve(at, &name, overloads, None, &call.args),
                None => self.undeclared(at, &name),
            };
        };
        if let Some(prefix) = qualified(target) {
            let name = format!("{prefix}.{}", call.function);
            if let Some(overloads) = self.overloads(&name) {
                call.function.clone_from(&name);
                call.target = None;
                return self.resolve(at, &name, overloads, None, &call.args);
            }
        }
        let target = self.check(target);
        let name = call.function.clone();
        match self.overloads(&name) {
            Some(overloads) => self.resolve(at, &name, overloads, Some(target), &call.args),
            None => self.undeclared(at, &name),
        }
    }

    fn resolve(&mut self, at: usize, name: &str, overloads: &[Overload], target: Option<Type>, args: &[Expr]) -> Type {
        let is_member = target.is_some();
        if matches!(name, operator::AND | operator::OR) {
            return self.logical(args);
        }
        let types: Vec<Type> = target.into_iter().chain(args.iter().map(|arg| self.types[arg.id].clone())).collect();
        let mut result: Option<Type> = None;
        for overload in overloads.iter().filter(|overload| overload.member == is_member) {
            let params: Vec<Type> = (0..overload.params).map(|_| self.bindings.fresh()).collect();
            let wanted: Vec<Type> = overload.args.iter().map(|arg| instance(arg, &params)).collect();
            if !self.bindings.assign_all(&types, &wanted) {
                continue;
            }
            let found = self.bindings.resolve(&instance(&overload.result, &params), false);
            result = Some(match result {
                None => found,
                Some(before) if before == Type::Dyn || before == found => before,
                Some(_) => Type::Dyn,
            });
        }
        if let Some(found) = result {
            return found;
        }
        let mut shown: Vec<String> = types.iter().map(|of| self.bindings.resolve(of, true).to_string()).collect();
        let target = if is_member { format!("{}.", shown.remove(0)) } else { String::new() };
        let signature = format!("{target}({})", shown.join(", "));
        self.issue(at, format!("found no matching overload for '{name}' applied to '{signature}'"));
        Type::Error
    }

    fn logical(&mut self, args: &[Expr]) -> Type {
        let mut result = Type::Bool;
        for arg in args {
            let found = self.types[arg.id].clone();
            if !self.bindings.assign(&found, &Type::Bool) {
                self.mismatch(arg.at, &Type::Bool, &found);
                result = Type::Error;
            }
        }
        result
    }

    /// The type of an item of a list or map; an optional one is unwrapped.
    fn item(&mut self, value: &Expr, found: Type, optional: bool) -> Type {
        if !optional {
            return found;
        }
        let (inner, was_optional) = found.unwrapped();
        if !was_optional && inner != Type::Dyn {
            self.mismatch(value.at, &Type::optional(inner.clone()), &inner);
        }
        inner
    }

    fn join(&mut self, previous: Option<Type>, current: Type) -> Type {
        let Some(previous) = previous else { return current };
        // Literals of several types are refused later, where they are not the arguments of `format`.
        if self.bindings.assign(&previous, &current) { most_general(&previous, &current) } else { Type::Dyn }
    }

    fn fold(&mut self, fold: &mut Fold) -> Type {
        let range = self.check(&mut fold.range);
        let accumulator = self.check(&mut fold.init);
        let range = self.bindings.resolve(&range, false);
        let before = self.locals.len();
        self.locals.push((fold.accumulator.clone(), accumulator.clone()));
        let (first, second) = match &range {
            Type::List(of) if fold.second.is_some() => (Type::Int, Type::clone(of)),
            Type::List(of) => (Type::clone(of), Type::Error),
            Type::Map(key, value) => (Type::clone(key), Type::clone(value)),
            Type::Dyn | Type::Error | Type::Param(_) => {
                self.bindings.assign(&Type::Dyn, &range);
                (Type::Dyn, Type::Dyn)
            }
            other => {
                let message = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)"
                );
                self.issue(fold.range.at, message);
                (Type::Error, Type::Error)
            }
        };
        let inner = self.locals.len();
        self.locals.push((fold.variable.clone(), first));
        if let Some(name) = &fold.second {
            self.locals.push((name.clone(), second));
        }
        for (part, wanted) in [(&mut fold.condition, Type::Bool), (&mut fold.step, accumulator)] {
            let found = self.check(part);
            if !self.bindings.assign(&wanted, &found) {
                self.mismatch(part.at, &wanted, &found);
            }
        }
        self.locals.truncate(inner);
        let result = self.check(&mut fold.result);
        self.locals.truncate(before);
        self.bindings.resolve(&result, false)
    }
}

fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Null,
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Uint(_) => Type::Uint,
        Literal::Double(_) => Type::Double,
        Literal::String(_) => Type::String,
        Literal::Bytes(_) => Type::Bytes,
    }
}

/// A signature's type with parameters of its own.
fn instance(of: &Type, params: &[Type]) -> Type {
    let below = |of: &Type| Arc::new(instance(of, params));
    match of {
        Type::Param(number) => params.get(*number as usize).cloned().unwrap_or(Type::Dyn),
        Type::List(of) => Type::List(below(of)),
        Type::Optional(of) => Type::Optional(below(of)),
        Type::Type(of) => Type::Type(below(of)),
        Type::Map(key, value) => Type::Map(below(key), below(value)),
        other => other.clone(),
    }
}
