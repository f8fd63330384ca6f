//! Macros: calls that stand for comprehensions (cel-go, parser/macro.go, ext/comprehensions.go, cel/library.go).
use super::{
    ast::{Call, Expr, Fold, Item, Kind, Literal, operator},
    issue::Issue,
    nodes::Nodes,
};

/// A call after the search for a macro.
#[derive(Debug)]
pub(super) enum Expanded {
    Yes(Expr),
    /// It is not a macro; target and arguments are returned.
    No(Option<Expr>, Vec<Expr>),
}

/// Builds the parts of an expansion, all at the position of the call.
struct Builder<'n> {
    nodes: &'n mut Nodes,
    at: usize,
}

/// Expands a call, if it is one of a macro.
///
/// # Errors
/// An argument that the macro refuses.
pub(super) fn expand(
    nodes: &mut Nodes,
    at: usize,
    function: &str,
    target: Option<Expr>,
    mut args: Vec<Expr>,
) -> Result<Expanded, Issue> {
    let mut builder = Builder { nodes, at };
    let Some(target) = target else {
        if function == "has" && args.len() == 1 {
            let at = args[0].at;
            return match args.remove(0).kind {
                Kind::Select(operand, field) => {
                    Ok(Expanded::Yes(builder.nodes.node(builder.at, Kind::Has(operand, field))))
                }
                _ => Err(Issue::new(at, "invalid argument to has() macro")),
            };
        }
        return Ok(Expanded::No(None, args));
    };
    let known = matches!(
        (function, args.len()),
        ("all" | "exists" | "exists_one" | "map", 2 | 3)
            | ("existsOne", 3)
            | ("transformList" | "transformMap" | "transformMapEntry", 3 | 4)
            | ("filter" | "optMap" | "optFlatMap" | "sortBy", 2)
    );
    if !known {
        return Ok(Expanded::No(Some(target), args));
    }
    let expanded = match function {
        "optMap" | "optFlatMap" => builder.optional(function, target, args),
        "sortBy" => builder.sort_by(target, args),
        "map" | "filter" => builder.one_variable(function, target, args),
        _ if args.len() == 2 => builder.one_variable(function, target, args),
        _ => builder.two_variables(function, target, args),
    };
    expanded.map(Expanded::Yes)
}

impl Builder<'_> {
    fn node(&mut self, kind: Kind) -> Expr {
        self.nodes.node(self.at, kind)
    }

    fn literal(&mut self, literal: Literal) -> Expr {
        self.node(Kind::Literal(literal))
    }

    fn ident(&mut self, name: &str) -> Expr {
        self.node(Kind::Ident(name.to_owned()))
    }

    fn call(&mut self, function: &str, args: Vec<Expr>) -> Expr {
        self.nodes.call(self.at, function, args)
    }

    fn member_call(&mut self, function: &str, target: Expr, args: Vec<Expr>) -> Expr {
        let call = Call { function: function.to_owned(), target: Some(Box::new(target)), args };
        self.node(Kind::Call(call))
    }

    fn list(&mut self, items: Vec<Expr>) -> Expr {
        let items = items.into_iter().map(|value| Item { value, optional: false }).collect();
        self.node(Kind::List(items))
    }

    fn one_variable(&mut self, function: &str, target: Expr, args: Vec<Expr>) -> Result<Expr, Issue> {
        let wrong = match function {
            "map" | "filter" => "argument is not an identifier",
            _ => "argument must be a simple name",
        };
        let variable = variable(&args[0], wrong)?;
        let item = self.nodes.copy(&args[0]);
        let mut bodies: Vec<Expr> = args.into_iter().skip(1).collect();
        let Some(last) = bodies.pop() else { return Err(Issue::new(self.at, wrong)) };
        let (init, condition, step, result) = match (function, bodies.pop()) {
            ("map", filter) => self.appending(last, filter),
            ("filter", _) => self.appending(item, Some(last)),
            (name, _) => self.quantifier(name, last),
        };
        let accumulator = operator::RESULT.to_owned();
        let fold = Fold { range: target, variable, second: None, accumulator, init, condition, step, result };
        Ok(self.node(Kind::Fold(Box::new(fold))))
    }

    fn two_variables(&mut self, function: &str, target: Expr, args: Vec<Expr>) -> Result<Expr, Issue> {
        const SIMPLE: &str = "argument must be a simple name";
        let (one, two) = (plain(&args[0], SIMPLE)?, plain(&args[1], SIMPLE)?);
        if one == two {
            return Err(Issue::new(args[1].at, format!("duplicate variable name: {one}")));
        }
        for (arg, name) in [(&args[0], &one), (&args[1], &two)] {
            allowed(arg, name)?;
        }
        let mut bodies: Vec<Expr> = args.into_iter().skip(2).collect();
        let Some(last) = bodies.pop() else { return Err(Issue::new(self.at, SIMPLE)) };
        let filter = bodies.pop();
        let (init, condition, step, result) = match function {
            "transformList" => self.appending(last, filter),
            "transformMap" => {
                let key = self.ident(&one);
                self.inserting(vec![key, last], filter)
            }
            "transformMapEntry" => self.inserting(vec![last], filter),
            name => self.quantifier(name, last),
        };
        let accumulator = operator::RESULT.to_owned();
        let fold = Fold { range: target, variable: one, second: Some(two), accumulator, init, condition, step, result };
        Ok(self.node(Kind::Fold(Box::new(fold))))
    }

    fn quantifier(&mut self, function: &str, predicate: Expr) -> (Expr, Expr, Expr, Expr) {
        let (accumulator, result) = (self.ident(operator::RESULT), self.ident(operator::RESULT));
        match function {
            "all" => {
                let init = self.literal(Literal::Bool(true));
                let tested = self.ident(operator::RESULT);
                let condition = self.call(operator::NOT_STRICTLY_FALSE, vec![tested]);
                let step = self.call(operator::AND, vec![accumulator, predicate]);
                (init, condition, step, result)
            }
            "exists" => {
                let init = self.literal(Literal::Bool(false));
                let tested = self.ident(operator::RESULT);
                let negated = self.call(operator::NOT, vec![tested]);
                let condition = self.call(operator::NOT_STRICTLY_FALSE, vec![negated]);
                let step = self.call(operator::OR, vec![accumulator, predicate]);
                (init, condition, step, result)
            }
            _ => {
                let (zero, one, wanted) =
                    (self.literal(Literal::Int(0)), self.literal(Literal::Int(1)), self.literal(Literal::Int(1)));
                let condition = self.literal(Literal::Bool(true));
                let more = self.call(operator::ADD, vec![accumulator, one]);
                let same = self.ident(operator::RESULT);
                let step = self.call(operator::CONDITIONAL, vec![predicate, more, same]);
                let result = self.call(operator::EQUALS, vec![result, wanted]);
                (zero, condition, step, result)
            }
        }
    }

    fn appending(&mut self, value: Expr, filter: Option<Expr>) -> (Expr, Expr, Expr, Expr) {
        let init = self.list(Vec::new());
        let one = self.list(vec![value]);
        let accumulator = self.ident(operator::RESULT);
        let step = self.call(operator::ADD, vec![accumulator, one]);
        self.collecting(init, step, filter)
    }

    fn inserting(&mut self, entry: Vec<Expr>, filter: Option<Expr>) -> (Expr, Expr, Expr, Expr) {
        let init = self.node(Kind::Map(Vec::new()));
        let mut args = vec![self.ident(operator::RESULT)];
        args.extend(entry);
        let step = self.call(operator::MAP_INSERT, args);
        self.collecting(init, step, filter)
    }

    fn collecting(&mut self, init: Expr, step: Expr, filter: Option<Expr>) -> (Expr, Expr, Expr, Expr) {
        let condition = self.literal(Literal::Bool(true));
        let step = match filter {
            None => step,
            Some(filter) => {
                let same = self.ident(operator::RESULT);
                self.call(operator::CONDITIONAL, vec![filter, step, same])
            }
        };
        let result = self.ident(operator::RESULT);
        (init, condition, step, result)
    }

    /// A fold over nothing, which only names a value.
    fn bind(&mut self, name: &str, value: Expr, result: Expr) -> Expr {
        let fold = Fold {
            range: self.list(Vec::new()),
            variable: "#unused".to_owned(),
            second: None,
            accumulator: name.to_owned(),
            init: value,
            condition: self.literal(Literal::Bool(false)),
            step: self.ident(name),
            result,
        };
        self.node(Kind::Fold(Box::new(fold)))
    }

    fn optional(&mut self, function: &str, target: Expr, mut args: Vec<Expr>) -> Result<Expr, Issue> {
        let Kind::Ident(name) = &args[0].kind else {
            let message = format!("{function}() variable name must be a simple identifier");
            return Err(Issue::new(args[0].at, message));
        };
        let name = name.clone();
        let again = self.nodes.copy(&target);
        let has = self.member_call("hasValue", target, Vec::new());
        let value = self.member_call("value", again, Vec::new());
        let mapped = args.remove(1);
        let mut bound = self.bind(&name, value, mapped);
        if function == "optMap" {
            bound = self.call("optional.of", vec![bound]);
        }
        let none = self.call("optional.none", Vec::new());
        Ok(self.call(operator::CONDITIONAL, vec![has, bound, none]))
    }

    fn sort_by(&mut self, target: Expr, args: Vec<Expr>) -> Result<Expr, Issue> {
        const INPUT: &str = "@__sortBy_input__";
        if matches!(target.kind, Kind::Literal(_) | Kind::Map(_) | Kind::Message(..)) {
            let message = "sortBy can only be applied to a list, identifier, comprehension, call or select expression";
            return Err(Issue::new(target.at, message));
        }
        let input = self.ident(INPUT);
        let keys = self.one_variable("map", input, args)?;
        let input = self.ident(INPUT);
        let sorted = self.member_call(operator::SORT_BY_KEYS, input, vec![keys]);
        Ok(self.bind(INPUT, target, sorted))
    }
}

fn plain(arg: &Expr, wrong: &str) -> Result<String, Issue> {
    match &arg.kind {
        Kind::Ident(name) => Ok(name.clone()),
        _ => Err(Issue::new(arg.at, wrong)),
    }
}

fn allowed(arg: &Expr, name: &str) -> Result<(), Issue> {
    if name == "__result__" {
        return Err(Issue::new(arg.at, "iteration variable overwrites accumulator variable"));
    }
    Ok(())
}

fn variable(arg: &Expr, wrong: &str) -> Result<String, Issue> {
    let name = plain(arg, wrong)?;
    allowed(arg, &name)?;
    Ok(name)
}
