//! Label selectors: the grammar and the messages of k8s.io/apimachinery/pkg/labels/selector.go.
use crate::base::{
    aggregate::aggregate,
    go_text::quoted,
    names, object,
    status::{self, Outcome},
};
use serde_json::Value;

/// One requirement on one label.
#[derive(Debug)]
pub(crate) struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Debug)]
enum Operator {
    Exists,
    DoesNotExist,
    In(Vec<String>),
    NotIn(Vec<String>),
    GreaterThan(i64),
    LessThan(i64),
}

impl Requirement {
    pub(crate) fn matches(&self, object: &Value) -> bool {
        let label = object::label(object, &self.key);
        let number = || label.and_then(|l| l.parse::<i64>().ok());
        match &self.operator {
            Operator::Exists => label.is_some(),
            Operator::DoesNotExist => label.is_none(),
            Operator::In(values) => label.is_some_and(|l| values.iter().any(|v| v == l)),
            Operator::NotIn(values) => label.is_none_or(|l| values.iter().all(|v| v != l)),
            Operator::GreaterThan(least) => number().is_some_and(|n| n > *least),
            Operator::LessThan(most) => number().is_some_and(|n| n < *most),
        }
    }
}

pub(crate) fn parse(text: &str) -> Outcome<Vec<Requirement>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    Parser { tokens: scan(text), at: 0 }.selector().map_err(status::bad_request)
}

/// A token; a word may be a key, a value or the name of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Symbol(&'a str),
    Word(&'a str),
    End,
}

impl<'a> Token<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Symbol(text) | Self::Word(text) => text,
            Self::End => "",
        }
    }

    fn starts_requirement(self) -> bool {
        matches!(self, Self::Word(_) | Self::Symbol("!"))
    }

    fn ends_requirement(self) -> bool {
        matches!(self, Self::End | Self::Symbol(","))
    }
}

const SYMBOLS: [char; 7] = ['=', '!', '(', ')', ',', '>', '<'];
/// Unlike Unicode's, Go's lexer knows four blanks.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Splits a selector into symbols (one or two characters) and words.
fn scan(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches(BLANKS);
    while let Some(first) = rest.chars().next() {
        let symbol = SYMBOLS.contains(&first);
        let end = if rest.starts_with("==") || rest.starts_with("!=") {
            2
        } else if symbol {
            1
        } else {
            rest.find(|c: char| SYMBOLS.contains(&c) || BLANKS.contains(&c)).unwrap_or(rest.len())
        };
        let (token, after) = rest.split_at(end);
        tokens.push(if symbol { Token::Symbol(token) } else { Token::Word(token) });
        rest = after.trim_start_matches(BLANKS);
    }
    tokens
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn selector(mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        loop {
            match self.peek() {
                Token::End => return Ok(requirements),
                token if token.starts_requirement() => {}
                token => return Err(format!("found '{}', expected: !, identifier, or 'end of string'", token.text())),
            }
            let requirement = self.requirement().map_err(|e| format!("unable to parse requirement: {e}"))?;
            requirements.push(requirement);
            match self.next() {
                Token::End => return Ok(requirements),
                Token::Symbol(",") if self.peek().starts_requirement() => {}
                Token::Symbol(",") => {
                    return Err(format!("found '{}', expected: identifier after ','", self.peek().text()));
                }
                other => return Err(format!("found '{}', expected: ',' or 'end of string'", other.text())),
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = self.peek() == Token::Symbol("!");
        if absent {
            self.at += 1;
        }
        let key = self.word()?;
        // The key is checked before its operator is known, and the path of the selector is not set.
        if let Some(why) = invalid("<nil>", key, &names::qualified_name(key)) {
            return Err(why);
        }
        let operator = if absent {
            Operator::DoesNotExist
        } else if self.peek().ends_requirement() {
            Operator::Exists
        } else {
            self.operator(key)?
        };
        Ok(Requirement { key: key.to_owned(), operator })
    }

    fn operator(&mut self, key: &str) -> Result<Operator, String> {
        let operator = self.next();
        Ok(match operator.text() {
            "in" => Operator::In(checked(key, self.values()?)?),
            "notin" => Operator::NotIn(checked(key, self.values()?)?),
            "=" | "==" => Operator::In(checked(key, vec![self.exact()?])?),
            "!=" => Operator::NotIn(checked(key, vec![self.exact()?])?),
            ">" => Operator::GreaterThan(number(key, self.exact()?)?),
            "<" => Operator::LessThan(number(key, self.exact()?)?),
            other => return Err(format!("found '{other}', expected: in, notin, =, ==, !=, gt, lt")),
        })
    }

    fn exact(&mut self) -> Result<&'a str, String> {
        if self.peek().ends_requirement() { Ok("") } else { self.word() }
    }

    /// The values in parentheses, sorted and without repetitions. An empty place is the empty value.
    fn values(&mut self) -> Result<Vec<&'a str>, String> {
        let open = self.next();
        if open != Token::Symbol("(") {
            return Err(format!("found '{}' expected: '('", open.text()));
        }
        let mut values = Vec::new();
        match self.peek() {
            Token::Word(_) | Token::Symbol(",") => self.list(&mut values)?,
            Token::Symbol(")") => values.push(""),
            other => return Err(format!("found '{}', expected: ',', ')' or identifier", other.text())),
        }
        self.at += 1;
        values.sort_unstable();
        values.dedup();
        Ok(values)
    }

    /// Words and commas up to the closing parenthesis.
    fn list(&mut self, values: &mut Vec<&'a str>) -> Result<(), String> {
        loop {
            match self.next() {
                Token::Word(value) => {
                    values.push(value);
                    match self.peek() {
                        Token::Symbol(",") => {}
                        Token::Symbol(")") => return Ok(()),
                        other => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
                    }
                }
                Token::Symbol(",") => {
                    if values.is_empty() || matches!(self.peek(), Token::Symbol(")" | ",")) {
                        values.push("");
                    }
                    if self.peek() == Token::Symbol(")") {
                        return Ok(());
                    }
                }
                other => return Err(format!("found '{}', expected: ',', or identifier", other.text())),
            }
        }
    }

    fn word(&mut self) -> Result<&'a str, String> {
        match self.next() {
            Token::Word(word) => Ok(word),
            other => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    fn peek(&self) -> Token<'a> {
        self.tokens.get(self.at).copied().unwrap_or(Token::End)
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at += 1;
        token
    }
}

/// The error about a key or a value; None without problems.
fn invalid(path: &str, text: &str, problems: &[String]) -> Option<String> {
    (!problems.is_empty()).then(|| format!("{path}: Invalid value: {}: {}", quoted(text), problems.join("; ")))
}

fn value_errors(key: &str, values: &[&str]) -> Vec<String> {
    let each = values.iter().enumerate();
    each.filter_map(|(i, value)| invalid(&format!("values[{i}][{key}]"), value, &names::label_value(value))).collect()
}

fn checked(key: &str, values: Vec<&str>) -> Result<Vec<String>, String> {
    match aggregate(value_errors(key, &values)) {
        Some(errors) => Err(errors),
        None => Ok(values.into_iter().map(str::to_owned).collect()),
    }
}

fn number(key: &str, value: &str) -> Result<i64, String> {
    let parsed = value.parse();
    let why = "for 'Gt', 'Lt' operators, the value must be an integer".to_owned();
    let mut errors: Vec<_> =
        parsed.is_err().then(|| invalid("values[0]", value, &[why])).flatten().into_iter().collect();
    errors.extend(value_errors(key, &[value]));
    match aggregate(errors) {
        Some(errors) => Err(errors),
        None => Ok(parsed.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn matches(selector: &str, labels: &Value) -> bool {
        let object = json!({"metadata": {"labels": labels}});
        parse(selector).unwrap().iter().all(|r| r.matches(&object))
    }

    #[test]
    fn inequality_matches_objects_without_label() {
        assert!(matches("app!=x", &json!({})));
        assert!(matches("app notin (x, y)", &json!({"app": "z"})));
        assert!(!matches("app notin (x, y)", &json!({"app": "y"})));
        assert!(matches("!app, tier", &json!({"tier": "1"})));
    }

    #[test]
    fn numbers_compare_as_integers() {
        assert!(matches("n>9", &json!({"n": "10"})));
        assert!(!matches("n<9", &json!({"n": "ten"})));
    }

    #[test]
    fn errors_name_the_unexpected_token() {
        let message = |text: &str| parse(text).unwrap_err().message;
        assert_eq!(message("app=(x"), "unable to parse requirement: found '(', expected: identifier");
        assert_eq!(message("app=no spaces"), "found 'spaces', expected: ',' or 'end of string'");
        assert_eq!(message("app in (x"), "unable to parse requirement: found '', expected: ',' or ')'");
        assert_eq!(message("app in ("), "unable to parse requirement: found '', expected: ',', ')' or identifier");
        assert_eq!(message("app in (x,"), "unable to parse requirement: found '', expected: ',', or identifier");
    }
}
