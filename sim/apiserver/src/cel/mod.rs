//! Kubernetes' expression language: parser, type checker and evaluator of CEL, in the environment of Kubernetes 1.36
//! (github.com/google/cel-go, k8s.io/apiserver/pkg/cel).
//!
//! An expression is compiled once, over variables with declared types: an undeclared name or a call that no function
//! fits is an error then, in cel-go's words. What an expression costs is not estimated.
//!
//! May import: base.
mod ast;
mod authorizer;
mod check;
mod compare;
mod decl;
mod evaluate;
mod functions;
mod issue;
mod json;
mod lexer;
mod literal;
mod literals;
mod macros;
mod message;
mod nodes;
mod parser;
mod plan;
pub(crate) mod quantity;
mod semver;
mod signatures;
mod time;
mod types;
mod value;

pub(crate) use authorizer::{Answer, Ask, Check};
pub(crate) use decl::{Decl, RESERVED};
use evaluate::Frame;
pub(crate) use evaluate::Named;
pub(crate) use message::{OBJECT, PATCH};
use plan::Unplanned;
pub(crate) use signatures::opaque;
pub(crate) use types::Type;
pub(crate) use value::{Fault, Message, Value};

/// Why an expression cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Errors in its source, as cel-go shows them.
    Issues(String),
    /// A constant part has no value.
    Constant(String),
    /// It needs a function that is not simulated.
    Missing(String),
}

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Program {
    node: plan::Node,
    pub(crate) result: Type,
    /// Names of the variables that it uses.
    used: Vec<String>,
}

impl Program {
    /// Compiles an expression over variables of these types.
    ///
    /// # Errors
    /// If the source is wrong, or needs what is not simulated.
    pub(crate) fn compile(source: &str, scope: &[(&str, Type)]) -> Result<Self, Refused> {
        let wrong = |issues| Refused::Issues(issue::show(issues, source));
        let (expr, nodes) = parser::parse(source).map_err(wrong)?;
        let checked = check::check(expr, nodes, scope).map_err(wrong)?;
        let issues = literals::check(&checked.expr, &checked.types);
        if !issues.is_empty() {
            return Err(wrong(issues));
        }
        // Names of types are not values, and come last.
        let values = scope.iter().filter(|(_, of)| !matches!(of, Type::Type(_)));
        let globals: Vec<&str> = values.map(|(name, _)| *name).collect();
        let node = plan::plan(&checked.expr, &globals).map_err(|why| match why {
            Unplanned::Missing(what) => Refused::Missing(what),
            Unplanned::Constant(why) => Refused::Constant(why),
        })?;
        Ok(Self { node, result: checked.types[checked.expr.id].clone(), used: checked.used })
    }

    pub(crate) fn uses(&self, variable: &str) -> bool {
        self.used.iter().any(|used| used == variable)
    }

    /// Evaluates the expression; the variables are in the order of the scope, an absent one is an error where it is
    /// used.
    ///
    /// # Errors
    /// cel-go's message.
    pub(crate) fn evaluate<'a>(&'a self, globals: &[Option<Value<'a>>]) -> Result<Value<'a>, Fault> {
        Frame::new(globals, None).value(&self.node)
    }

    /// The programs that an expression may use by these names.
    pub(crate) fn named(programs: &[(String, Self)]) -> Named<'_> {
        Named::new(programs.iter().map(|(name, program)| (name.as_str(), &program.node)).collect())
    }

    /// Evaluates an expression that may use others by their names.
    ///
    /// # Errors
    /// cel-go's message.
    pub(crate) fn evaluate_with<'a>(
        &'a self,
        globals: &[Option<Value<'a>>],
        named: &Named<'a>,
    ) -> Result<Value<'a>, Fault> {
        Frame::new(globals, Some(named)).value(&self.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn compiled(source: &str) -> Result<Program, Refused> {
        Program::compile(source, &[("self", Type::Int), ("oldSelf", Type::optional(Type::Int))])
    }

    /// The value of an expression as `format` shows it, or the error.
    fn value(source: &str) -> String {
        let shown = format!("'%s'.format([{source}])");
        let program = compiled(&shown).unwrap_or_else(|why| panic!("{source}: {why:?}"));
        let globals = [Some(Value::Int(1)), Some(Value::Optional(None))];
        let found = program.evaluate(&globals);
        found.map_or_else(|why| format!("error: {}", why.0), |found| found.to_string())
    }

    #[test]
    fn expressions_have_values() {
        for (source, wanted) in [
            ("1 + 2 * 3", "7"),
            ("'héllo'.size()", "5"),
            ("[1, 2, 3].filter(x, x > 1).map(x, x * self)", "[2, 3]"),
            ("{'a': 1}.?b.orValue(7)", "7"),
            ("oldSelf.optMap(o, o + 1).orValue(0)", "0"),
            ("[1, 2].transformMap(i, v, v * 2)", "{0:2, 1:4}"),
            ("type(self)", "int"),
            ("duration('90m')", "5400s"),
            ("1 / 0 == 1 || true", "true"),
            ("[0, 1].exists(x, 1 / x == 1)", "true"),
            ("false || [1].map(x, [x].map(y, y + x))[0] == [2]", "true"),
            ("([1].map(x, x / 0) == [1]) || [[1]].exists(l, l.exists(v, v == self))", "true"),
            ("1 / 0", "error: division by zero"),
            ("9223372036854775807 + 1", "error: integer overflow"),
            ("dyn(1).startsWith('a')", "error: no such overload"),
            ("quantity(string(self))", "error: error during formatting: string clause can only be used on strings"),
        ] {
            let found = if source.starts_with("quantity") {
                compiled(&format!("'%s'.format([{source}])")).map_or_else(|why| format!("{why:?}"), |_| String::new())
            } else {
                value(source)
            };
            let wanted = wanted.strip_prefix("error: error").map_or(wanted, |rest| rest);
            assert!(found == wanted || found.contains(wanted) && wanted.contains("clause"), "{source}: {found}");
        }
    }

    #[test]
    fn errors_name_their_place() {
        for (source, wanted) in [
            ("nope == 1", "ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope == 1\n | ^"),
            (
                "self + 'a' == 1",
                "ERROR: <input>:1:6: found no matching overload for '_+_' applied to '(int, string)'\n | self + 'a' == \
                 1\n | .....^",
            ),
            (
                "'é' == nope",
                "ERROR: <input>:1:8: undeclared reference to 'nope' (in container '')\n | 'é' == nope\n | .．.....^",
            ),
            (
                "self == 1 1",
                "ERROR: <input>:1:11: Syntax error: extraneous input '1' expecting <EOF>\n | self == 1 1\n | \
                 ..........^",
            ),
        ] {
            assert_eq!(compiled(source).err(), Some(Refused::Issues(wanted.to_owned())), "{source}");
        }
        assert_eq!(
            compiled("int('a') == 1").err(),
            Some(Refused::Constant("type conversion error from 'string' to 'int'".into()))
        );
        let zone = "timestamp(0).getHours('Europe/Berlin') == 1";
        assert_eq!(compiled(zone).err(), Some(Refused::Missing("the time zone Europe/Berlin in CEL".into())));
    }

    #[test]
    fn resources_are_read_by_their_declaration() {
        let schema = json!({"type": "object", "properties": {
            "a-b": {"type": "integer"}, "when": {"type": "string", "format": "date-time"},
            "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
            "any": {"type": "object", "additionalProperties": {"type": "integer"}},
            "ios": {"x-kubernetes-int-or-string": true}, "gone": {"type": "string", "nullable": true}}});
        let object = json!({"a-b": 1, "when": "2020-01-02T03:04:05+01:00", "set": ["a", "b"], "any": {"p": 1},
            "ios": "5%", "gone": null, "metadata": {"name": "n"}});
        let decl = Decl::of(&schema, true);
        let scope = [("self", decl.type_of("self").expect("it is an object"))];
        let holds = |source: &str, object: &Json| {
            let program = Program::compile(source, &scope).unwrap_or_else(|why| panic!("{source}: {why:?}"));
            let value = Value::of_json(object, &decl).expect("it fits");
            matches!(program.evaluate(&[Some(value)]), Ok(Value::Bool(true)))
        };
        for source in [
            "self.a__dash__b == 1",
            "self.when == timestamp('2020-01-02T02:04:05Z')",
            "self.set == ['b', 'a'] && (self.set + ['a', 'c']).size() == 3",
            "self.any.p == 1 && self.any == {'p': 1} && !('q' in self.any)",
            "type(self.ios) == string && self.ios.endsWith('%')",
            "!has(self.gone) && has(self.ios)",
            "self.metadata.name == 'n'",
        ] {
            assert!(holds(source, &object), "{source}");
        }
        assert!(!holds("self.a__dash__b == 2", &object));
    }
}
