//! Turns a checked expression into what is evaluated: variables by place, functions by address, patterns compiled.
use super::{
    ast::{Call, Expr, Fold, Kind, Literal, operator},
    functions::{self, native::Native},
    time::Time,
};
use crate::base::pattern::Pattern;

/// The variable below which the expressions with names of their own are.
pub(super) const NAMED: &str = "variables";

/// One node of a plan.
#[derive(Debug)]
pub(super) enum Node {
    Literal(Literal),
    Type(String),
    /// A variable of the rule, by its place in the scope.
    Global {
        place: usize,
        name: String,
    },
    /// A variable of a comprehension, by its place on the stack.
    Local(usize),
    /// An expression that has a name of its own; whether only its presence is asked for.
    Named {
        name: String,
        presence: bool,
    },
    Select {
        operand: Box<Node>,
        field: String,
    },
    Has {
        operand: Box<Node>,
        field: String,
    },
    OptSelect {
        operand: Box<Node>,
        field: String,
    },
    Index {
        operand: Box<Node>,
        index: Box<Node>,
        optional: bool,
    },
    /// `&&` or `||`: the value that decides alone, and both sides.
    Logical {
        decides: bool,
        sides: Box<[Node; 2]>,
    },
    Conditional(Box<[Node; 3]>),
    NotStrictlyFalse(Box<Node>),
    /// `or` and `orValue` of optional values, whose second part is not always evaluated.
    Alternative {
        optional: Box<Node>,
        other: Box<Node>,
        is_value: bool,
    },
    Matches {
        text: Box<Node>,
        pattern: Pattern,
    },
    Call {
        name: String,
        native: Native,
        args: Vec<Node>,
    },
    List(Vec<(Node, bool)>),
    Map(Vec<(Node, Node, bool)>),
    Message {
        name: String,
        fields: Vec<(String, Node, bool)>,
    },
    Fold(Box<FoldNode>),
}

#[derive(Debug)]
pub(super) struct FoldNode {
    pub(super) range: Node,
    pub(super) two_variables: bool,
    pub(super) init: Node,
    pub(super) condition: Node,
    pub(super) step: Step,
    pub(super) result: Node,
}

/// The step of a fold.
#[derive(Debug)]
pub(super) enum Step {
    /// Appends a value to the list that is being built, if the filter is true.
    Append {
        filter: Option<Node>,
        value: Node,
    },
    Any(Node),
}

/// Why an expression cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unplanned {
    /// It needs what exists in Kubernetes and is not simulated.
    Missing(String),
    /// A constant part has no value: it is evaluated at once.
    Constant(String),
}

struct Planner<'s> {
    globals: &'s [&'s str],
    locals: Vec<String>,
}

/// Plans a checked expression over these variables.
///
/// # Errors
/// A function that is not simulated.
pub(super) fn plan(expr: &Expr, globals: &[&str]) -> Result<Node, Unplanned> {
    Planner { globals, locals: Vec::new() }.node(expr)
}

impl Planner<'_> {
    fn boxed(&mut self, expr: &Expr) -> Result<Box<Node>, Unplanned> {
        self.node(expr).map(Box::new)
    }

    fn node(&mut self, expr: &Expr) -> Result<Node, Unplanned> {
        Ok(match &expr.kind {
            Kind::Literal(literal) => Node::Literal(literal.clone()),
            Kind::Select(operand, field) if self.is_named(operand) => {
                Node::Named { name: field.clone(), presence: false }
            }
            Kind::Has(operand, field) if self.is_named(operand) => Node::Named { name: field.clone(), presence: true },
            Kind::Ident(_) if self.is_named(expr) => {
                return Err(Unplanned::Missing(format!("{NAMED} of a policy as a value in CEL")));
            }
            Kind::Ident(name) => self.ident(name.trim_start_matches('.')),
            Kind::Select(operand, field) => Node::Select { operand: self.boxed(operand)?, field: field.clone() },
            Kind::Has(operand, field) => Node::Has { operand: self.boxed(operand)?, field: field.clone() },
            Kind::Call(call) => self.call(call)?,
            Kind::List(items) => {
                let items = items.iter().map(|item| Ok((self.node(&item.value)?, item.optional)));
                Node::List(items.collect::<Result<_, _>>()?)
            }
            Kind::Map(entries) => {
                let entries =
                    entries.iter().map(|entry| Ok((self.node(&entry.key)?, self.node(&entry.value)?, entry.optional)));
                Node::Map(entries.collect::<Result<_, _>>()?)
            }
            Kind::Message(name, fields) => {
                let fields =
                    fields.iter().map(|field| Ok((field.name.clone(), self.node(&field.value)?, field.optional)));
                let name = name.trim_start_matches('.').to_owned();
                Node::Message { name, fields: fields.collect::<Result<_, _>>()? }
            }
            Kind::Fold(fold) => Node::Fold(Box::new(self.fold(fold)?)),
        })
    }

    /// Whether a node is the variable below which named expressions are.
    fn is_named(&self, expr: &Expr) -> bool {
        let Kind::Ident(name) = &expr.kind else { return false };
        let name = name.trim_start_matches('.');
        name == NAMED && self.globals.contains(&NAMED) && !self.locals.iter().any(|local| local == NAMED)
    }

    fn ident(&self, name: &str) -> Node {
        if let Some(place) = self.locals.iter().rposition(|local| local == name) {
            return Node::Local(place);
        }
        match self.globals.iter().position(|global| *global == name) {
            Some(place) => Node::Global { place, name: name.to_owned() },
            None => Node::Type(name.to_owned()),
        }
    }

    fn pair(&mut self, args: &[Expr]) -> Result<(Box<Node>, Box<Node>), Unplanned> {
        Ok((self.boxed(&args[0])?, self.boxed(&args[1])?))
    }

    fn call(&mut self, call: &Call) -> Result<Node, Unplanned> {
        let args: Vec<&Expr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let name = call.function.trim_start_matches('.');
        let literal = |index: usize| match args.get(index).map(|arg| &arg.kind) {
            Some(Kind::Literal(Literal::String(text))) => Some(text.clone()),
            _ => None,
        };
        Ok(match (name, args.len()) {
            (operator::OPT_SELECT, 2) => {
                Node::OptSelect { operand: self.boxed(args[0])?, field: literal(1).unwrap_or_default() }
            }
            (operator::INDEX | operator::OPT_INDEX, 2) => {
                let (operand, index) = self.pair(&call.args)?;
                Node::Index { operand, index, optional: name == operator::OPT_INDEX }
            }
            (operator::AND | operator::OR, 2) => {
                let sides = Box::new([self.node(args[0])?, self.node(args[1])?]);
                Node::Logical { decides: name == operator::OR, sides }
            }
            (operator::CONDITIONAL, 3) => {
                Node::Conditional(Box::new([self.node(args[0])?, self.node(args[1])?, self.node(args[2])?]))
            }
            (operator::NOT_STRICTLY_FALSE, 1) => Node::NotStrictlyFalse(self.boxed(args[0])?),
            ("or" | "orValue", 2) => {
                let (optional, other) = (self.boxed(args[0])?, self.boxed(args[1])?);
                Node::Alternative { optional, other, is_value: name == "orValue" }
            }
            ("matches", 2) if literal(1).is_some() => {
                let pattern = Pattern::new(&literal(1).unwrap_or_default());
                let pattern = pattern.map_err(|why| Unplanned::Constant(why.to_string()))?;
                Node::Matches { text: self.boxed(args[0])?, pattern }
            }
            (name, 2) if name.starts_with("get") && literal(1).is_some_and(|zone| !Time::knows_zone(&zone)) => {
                return Err(Unplanned::Missing(format!("the time zone {} in CEL", literal(1).unwrap_or_default())));
            }
            _ => {
                let native =
                    functions::find(name).ok_or_else(|| Unplanned::Missing(format!("the CEL function {name}")))?;
                if let (true, Some(text)) = (matches!(name, "find" | "findAll"), literal(1)) {
                    Pattern::new(&text).map_err(|why| Unplanned::Constant(why.to_string()))?;
                }
                if let (true, [Expr { kind: Kind::Literal(literal), .. }]) = (converts(name), args.as_slice()) {
                    native(&[literal.into()]).map_err(|why| Unplanned::Constant(why.0))?;
                }
                let args = args.into_iter().map(|arg| self.node(arg)).collect::<Result<_, _>>()?;
                Node::Call { name: name.to_owned(), native, args }
            }
        })
    }

    fn fold(&mut self, fold: &Fold) -> Result<FoldNode, Unplanned> {
        let (range, init) = (self.node(&fold.range)?, self.node(&fold.init)?);
        let before = self.locals.len();
        self.locals.push(fold.accumulator.clone());
        self.locals.push(fold.variable.clone());
        self.locals.extend(fold.second.clone());
        let condition = self.node(&fold.condition)?;
        let step = self.step(fold)?;
        self.locals.truncate(before + 1);
        let result = self.node(&fold.result)?;
        self.locals.truncate(before);
        Ok(FoldNode { range, two_variables: fold.second.is_some(), init, condition, step, result })
    }

    /// A step that only appends need not copy the list.
    fn step(&mut self, fold: &Fold) -> Result<Step, Unplanned> {
        let starts_empty = matches!(&fold.init.kind, Kind::List(items) if items.is_empty());
        let (filter, step) = match &fold.step.kind {
            Kind::Call(call) if call.function == operator::CONDITIONAL => (Some(&call.args[0]), &call.args[1]),
            _ => (None, &fold.step),
        };
        if let (true, Some(value)) = (starts_empty && fold.accumulator == operator::RESULT, appended(step)) {
            let filter = filter.map(|filter| self.node(filter)).transpose()?;
            return Ok(Step::Append { filter, value: self.node(value)? });
        }
        self.node(&fold.step).map(Step::Any)
    }
}

/// Whether a function converts between types.
fn converts(function: &str) -> bool {
    matches!(
        function,
        "bool" | "bytes" | "double" | "dyn" | "duration" | "int" | "string" | "timestamp" | "type" | "uint"
    )
}

/// The value in `@result + [value]`.
fn appended(step: &Expr) -> Option<&Expr> {
    let Kind::Call(Call { function, target: None, args }) = &step.kind else { return None };
    match (function.as_str(), args.as_slice()) {
        (operator::ADD, [Expr { kind: Kind::Ident(name), .. }, Expr { kind: Kind::List(items), .. }])
            if name == operator::RESULT && items.len() == 1 =>
        {
            Some(&items[0].value)
        }
        _ => None,
    }
}
