//! Evaluates a plan (cel-go, interpreter/interpretable.go).
//!
//! `&&`, `||` and the comprehensions built of them ignore an error if the other side decides.
use super::{
    decl::ListKind,
    plan::{FoldNode, Node, Step},
    value::{Fault, List, Message, Outcome, Value, fault, no_overload},
};
use crate::base::{go_number::general, go_text::quoted};
use std::{cell::RefCell, rc::Rc};

/// Expressions that others use by name, as the variables of admission policies
/// (k8s.io/apiserver/pkg/admission/plugin/cel/composition.go). Each is evaluated at its first use, over the same
/// variables as the expression that uses it, and can use those before it.
pub(crate) struct Named<'a> {
    nodes: Vec<(&'a str, &'a Node)>,
    known: RefCell<Vec<Option<Outcome<'a>>>>,
}

impl<'a> Named<'a> {
    pub(super) fn new(nodes: Vec<(&'a str, &'a Node)>) -> Self {
        let known = RefCell::new(vec![None; nodes.len()]);
        Self { nodes, known }
    }

    /// The value of an expression; None for an unknown name. Of a repeated name the last one counts.
    fn value(&self, name: &str, globals: &[Option<Value<'a>>]) -> Option<Outcome<'a>> {
        let at = self.nodes.iter().rposition(|(known, _)| *known == name)?;
        if let Some(known) = &self.known.borrow()[at] {
            return Some(known.clone());
        }
        // One that uses itself finds this.
        self.known.borrow_mut()[at] = Some(fault(format!("no such key: {name}")));
        let found = Frame::new(globals, Some(self)).value(self.nodes[at].1);
        self.known.borrow_mut()[at] = Some(found.clone());
        Some(found)
    }
}

/// The values of the variables.
pub(super) struct Frame<'f, 'a> {
    pub(super) globals: &'f [Option<Value<'a>>],
    named: Option<&'f Named<'a>>,
    locals: Vec<Outcome<'a>>,
}

impl<'f, 'a> Frame<'f, 'a> {
    pub(super) fn new(globals: &'f [Option<Value<'a>>], named: Option<&'f Named<'a>>) -> Self {
        Self { globals, named, locals: Vec::new() }
    }

    pub(super) fn value(&mut self, node: &'a Node) -> Outcome<'a> {
        match node {
            Node::Literal(literal) => Ok(literal.into()),
            Node::Type(name) => Ok(Value::Type(name.as_str().into())),
            Node::Global { place, name } => match &self.globals[*place] {
                Some(value) => Ok(value.clone()),
                None => fault(format!("no such attribute(s): {name}")),
            },
            Node::Local(place) => self.locals[*place].clone(),
            Node::Named { name, presence } => {
                let found = self.named.and_then(|named| named.value(name, self.globals));
                let found = found.unwrap_or_else(|| fault(format!("no such key: {name}")));
                let failed =
                    |why: Fault| Fault(format!("composited variable {} fails to evaluate: {}", quoted(name), why.0));
                found.map_err(failed).map(|value| if *presence { Value::Bool(true) } else { value })
            }
            Node::Select { operand, field } => {
                let operand = self.value(operand)?;
                self.select(&operand, field)
            }
            Node::Has { operand, field } => {
                let operand = self.value(operand)?;
                has(&operand, field)
            }
            Node::OptSelect { operand, field } => {
                let operand = self.value(operand)?;
                optional(&operand, &Value::text(field.as_str()))
            }
            Node::Index { operand, index, optional: is_optional } => {
                let operand = self.value(operand)?;
                let index = self.value(index)?;
                match (&operand, is_optional) {
                    (_, true) | (Value::Optional(_), _) => optional(&operand, &index),
                    _ => item(&operand, &index)?.map_or_else(|| missing(&operand, &index), Ok),
                }
            }
            Node::Logical { decides, sides } => self.logical(*decides, sides),
            Node::Conditional(parts) => match self.value(&parts[0])? {
                Value::Bool(true) => self.value(&parts[1]),
                Value::Bool(false) => self.value(&parts[2]),
                _ => no_overload(),
            },
            Node::NotStrictlyFalse(inner) => {
                let is_false = matches!(self.value(inner), Ok(Value::Bool(false)));
                Ok(Value::Bool(!is_false))
            }
            Node::Alternative { optional, other, is_value } => match self.value(optional)? {
                Value::Optional(None) => self.value(other),
                Value::Optional(Some(inner)) if *is_value => Ok(Value::clone(&inner)),
                some @ Value::Optional(_) => Ok(some),
                _ => no_overload(),
            },
            Node::Matches { text, pattern } => match self.value(text)? {
                Value::String(text) => Ok(Value::Bool(pattern.is_match(&text))),
                _ => no_overload(),
            },
            Node::Call { name, native, args } => self.call(name, *native, args),
            Node::List(items) => self.list(items),
            Node::Map(entries) => self.map(entries),
            Node::Message { name, fields } => self.message(name, fields),
            Node::Fold(fold) => self.fold(fold),
        }
    }

    fn call(&mut self, name: &str, native: super::functions::native::Native, args: &'a [Node]) -> Outcome<'a> {
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            values.push(self.value(arg)?);
        }
        native(&values).map_err(|why| if why.0 == "no such overload" { unfit(name, &values) } else { why })
    }

    fn select(&self, operand: &Value<'a>, field: &str) -> Outcome<'a> {
        let key = Value::text(field.to_owned());
        match operand {
            Value::Optional(_) => optional(operand, &key),
            Value::Map(_) | Value::Object(..) | Value::Message(_) => {
                operand.find(&key)?.map_or_else(|| missing(operand, &key), Ok)
            }
            _ => missing(operand, &key),
        }
    }

    fn logical(&mut self, decides: bool, sides: &'a [Node; 2]) -> Outcome<'a> {
        let left = self.value(&sides[0]);
        if matches!(&left, Ok(Value::Bool(value)) if *value == decides) {
            return left;
        }
        let right = self.value(&sides[1]);
        if matches!(&right, Ok(Value::Bool(value)) if *value == decides) {
            return right;
        }
        match (left, right) {
            (Ok(Value::Bool(_)), Ok(Value::Bool(_))) => Ok(Value::Bool(!decides)),
            (Err(why), _) | (Ok(Value::Bool(_)), Err(why)) => Err(why),
            _ => no_overload(),
        }
    }

    fn list(&mut self, items: &'a [(Node, bool)]) -> Outcome<'a> {
        let mut values = Vec::with_capacity(items.len());
        for (item, is_optional) in items {
            match (self.value(item)?, is_optional) {
                (Value::Optional(inner), true) => values.extend(inner.map(|inner| Value::clone(&inner))),
                (_, true) => return fault("cannot initialize optional list element from non-optional value"),
                (value, false) => values.push(value),
            }
        }
        Ok(Value::list(values))
    }

    fn map(&mut self, entries: &'a [(Node, Node, bool)]) -> Outcome<'a> {
        let mut values: Vec<(Value<'a>, Value<'a>)> = Vec::with_capacity(entries.len());
        for (key, value, is_optional) in entries {
            let key = self.value(key)?;
            let value = match (self.value(value)?, is_optional) {
                (Value::Optional(None), true) => continue,
                (Value::Optional(Some(inner)), true) => Value::clone(&inner),
                (other, true) => {
                    let (key, kind) = (key.to_string(), other.type_name());
                    return fault(format!("cannot initialize optional entry '{key}' from non-optional value {kind}"));
                }
                (value, false) => value,
            };
            match values.iter_mut().find(|(known, _)| known.equals(&key)) {
                Some((_, slot)) => *slot = value,
                None => values.push((key, value)),
            }
        }
        Ok(Value::Map(Rc::new(values)))
    }

    fn message(&mut self, name: &'a str, fields: &'a [(String, Node, bool)]) -> Outcome<'a> {
        let mut values = Vec::with_capacity(fields.len());
        for (field, value, is_optional) in fields {
            match (self.value(value)?, is_optional) {
                (Value::Optional(inner), true) => {
                    values.extend(inner.map(|inner| (field.as_str(), Value::clone(&inner))));
                }
                (other, true) => {
                    let kind = other.type_name();
                    return fault(format!("cannot initialize optional entry '{field}' from non-optional value {kind}"));
                }
                (value, false) => values.push((field.as_str(), value)),
            }
        }
        Message::new(name, values).map(|message| Value::Message(Rc::new(message)))
    }

    fn fold(&mut self, fold: &'a FoldNode) -> Outcome<'a> {
        let range = self.value(&fold.range)?;
        let pairs = pairs(&range, fold.two_variables)?;
        let init = self.value(&fold.init);
        let place = self.locals.len();
        self.locals.push(init);
        let result = self.steps(fold, place, pairs).and_then(|()| self.value(&fold.result));
        // Also after an error: what is around it may ignore it.
        self.locals.truncate(place);
        result
    }

    /// Makes the steps of a fold, whose accumulator is at this place.
    fn steps(&mut self, fold: &'a FoldNode, place: usize, pairs: Pairs<'a>) -> Result<(), Fault> {
        let mut items: Vec<Value<'a>> = Vec::new();
        for (first, second) in pairs {
            self.locals.push(first);
            if fold.two_variables {
                self.locals.push(second);
            }
            let proceed = matches!(self.value(&fold.condition), Ok(Value::Bool(true)));
            let stepped = if proceed { self.step(fold, place, &mut items) } else { Ok(()) };
            self.locals.truncate(place + 1);
            stepped?;
            if !proceed {
                break;
            }
        }
        if matches!(fold.step, Step::Append { .. }) {
            self.locals[place] = Ok(Value::List(List::Values { items: Rc::new(items), kind: ListKind::Atomic }));
        }
        Ok(())
    }

    /// Makes one step; an error becomes the accumulator, which a quantifier can still override.
    fn step(&mut self, fold: &'a FoldNode, place: usize, items: &mut Vec<Value<'a>>) -> Result<(), Fault> {
        match &fold.step {
            Step::Any(step) => self.locals[place] = self.value(step),
            Step::Append { filter, value } => {
                let keep = match filter.as_ref().map(|filter| self.value(filter)).transpose()? {
                    None | Some(Value::Bool(true)) => true,
                    Some(Value::Bool(false)) => false,
                    Some(_) => return Err(Fault("no such overload".to_owned())),
                };
                if keep {
                    items.push(self.value(value)?);
                }
            }
        }
        Ok(())
    }
}

type Pairs<'a> = Vec<(Outcome<'a>, Outcome<'a>)>;

/// The values of a range: items or keys; with two variables, an index or a key with its value.
fn pairs<'a>(range: &Value<'a>, two_variables: bool) -> Result<Pairs<'a>, Fault> {
    if let Value::List(list) = range {
        let items = list.iter().enumerate();
        return Ok(items
            .map(|(index, item)| if two_variables { (Ok(Value::int(index)), item) } else { (item, Ok(Value::Null)) })
            .collect());
    }
    let keys = range.keys().ok_or_else(|| Fault(format!("got '{}', expected iterable type", go_type(range))))?;
    let value = |key: &Value<'a>| match two_variables {
        true => range.find(key)?.map_or_else(|| missing(range, key), Ok),
        false => Ok(Value::Null),
    };
    Ok(keys.into_iter().map(|key| (Ok(key.clone()), value(&key))).collect())
}

/// The name of a value's type in Go.
fn go_type(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "types.Null",
        Value::Bool(_) => "types.Bool",
        Value::Int(_) => "types.Int",
        Value::Uint(_) => "types.Uint",
        Value::Double(_) => "types.Double",
        Value::String(_) => "types.String",
        Value::Bytes(_) => "types.Bytes",
        Value::Timestamp(_) => "types.Timestamp",
        Value::Duration(_) => "types.Duration",
        Value::Optional(_) => "*types.Optional",
        _ => "*types.Type",
    }
}

/// The error of a call that no overload fits. Functions of the standard library with one implementation for all
/// overloads do not name the types; they name themselves if the first value can have no such operation at all.
fn unfit(name: &str, values: &[Value<'_>]) -> Fault {
    let is = |kinds: &[&str]| values.first().is_some_and(|first| kinds.contains(&first.type_name()));
    let can = match name {
        "_+_" => is(&[
            "int",
            "uint",
            "double",
            "string",
            "bytes",
            "list",
            "google.protobuf.Duration",
            "google.protobuf.Timestamp",
        ]),
        "_-_" => is(&["int", "uint", "double", "google.protobuf.Duration", "google.protobuf.Timestamp"]),
        "_*_" | "_/_" => is(&["int", "uint", "double"]),
        "_%_" => is(&["int", "uint"]),
        "_<_" | "_<=_" | "_>_" | "_>=_" => is(&[
            "bool",
            "int",
            "uint",
            "double",
            "string",
            "bytes",
            "google.protobuf.Duration",
            "google.protobuf.Timestamp",
        ]),
        "size" => false,
        "-_" | "!_" | "@in" | "contains" | "startsWith" | "endsWith" | "matches" => true,
        "bool" | "bytes" | "double" | "duration" | "int" | "string" | "timestamp" | "uint" => {
            let to = match name {
                "duration" => "google.protobuf.Duration",
                "timestamp" => "google.protobuf.Timestamp",
                other => other,
            };
            let from = values.first().map_or("", Value::type_name);
            return Fault(format!("type conversion error from '{from}' to '{to}'"));
        }
        _ => {
            let types: Vec<&str> = values.iter().map(Value::type_name).collect();
            return Fault(format!("no such overload: {name}({})", types.join(", ")));
        }
    };
    Fault(if can { "no such overload".to_owned() } else { format!("no such overload: {name}") })
}

fn missing<'a>(operand: &Value<'_>, key: &Value<'_>) -> Outcome<'a> {
    match operand {
        Value::List(_) => fault(format!("index out of bounds: {key}")),
        _ => fault(format!("no such key: {key}")),
    }
}

/// The item of a list or the value of a key.
fn item<'a>(operand: &Value<'a>, index: &Value<'_>) -> Result<Option<Value<'a>>, Fault> {
    let list = match operand {
        Value::List(list) => list,
        Value::Map(_) | Value::Object(..) => return operand.find(index),
        _ => return Ok(None),
    };
    let index = match index {
        Value::Int(index) => usize::try_from(*index).ok(),
        Value::Uint(index) => usize::try_from(*index).ok(),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a small integer")]
        Value::Double(index) if index.fract() == 0.0 && (0.0..1e15).contains(index) => Some(*index as usize),
        Value::Double(index) => return Err(Fault(format!("unsupported index value {} in list", general(*index)))),
        other => return Err(Fault(format!("unsupported index type '{}' in list", other.type_name()))),
    };
    index.and_then(|index| list.get(index)).transpose()
}

fn has<'a>(operand: &Value<'a>, field: &str) -> Outcome<'a> {
    let key = Value::text(field.to_owned());
    match operand {
        Value::Optional(None) => Ok(Value::Bool(false)),
        Value::Optional(Some(inner)) => has(inner, field),
        Value::Map(_) | Value::Object(..) | Value::Message(_) => Ok(Value::Bool(operand.find(&key)?.is_some())),
        _ => Ok(Value::Bool(false)),
    }
}

/// Selects or indexes optionally, also into an optional.
fn optional<'a>(operand: &Value<'a>, key: &Value<'_>) -> Outcome<'a> {
    match operand {
        Value::Optional(None) => Ok(Value::Optional(None)),
        Value::Optional(Some(inner)) => optional(inner, key),
        operand => Ok(Value::Optional(item(operand, key)?.map(Rc::new))),
    }
}
