//! Label selectors: the grammar and the messages of k8s.io/apimachinery/pkg/labels/selector.go.
use crate::base::{
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

const SYMBOLS: [char; 7] = ['=', '!', '(', ')', ',', '>', '<'];

/// Splits a selector into symbols (one or two characters) and words; the end is an empty token.
fn scan(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = if rest.starts_with("==") || rest.starts_with("!=") {
            2
        } else if SYMBOLS.contains(&first) {
            1
        } else {
            rest.find(|c: char| SYMBOLS.contains(&c) || c.is_ascii_whitespace()).unwrap_or(rest.len())
        };
        tokens.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    tokens
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn selector(mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        loop {
            let token = self.peek();
            if token.is_empty() {
                return Ok(requirements);
            }
            if !is_word(token) && token != "!" {
                return Err(format!("found '{token}', expected: !, identifier, or 'end of string'"));
            }
            let requirement = self.requirement().map_err(|e| format!("unable to parse requirement: {e}"))?;
            requirements.push(requirement);
            match self.next() {
                "" => return Ok(requirements),
                "," if is_word(self.peek()) || self.peek() == "!" => {}
                "," => return Err(format!("found '{}', expected: identifier after ','", self.peek())),
                other => return Err(format!("found '{other}', expected: ',' or 'end of string'")),
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = self.peek() == "!";
        if absent {
            self.at += 1;
        }
        let key = self.word()?.to_owned();
        if let Some(problem) = names::qualified_name(&key).first() {
            return Err(format!("key: Invalid value: {key:?}: {problem}"));
        }
        let operator = if absent {
            Operator::DoesNotExist
        } else if matches!(self.peek(), "" | ",") {
            Operator::Exists
        } else {
            self.operator(&key)?
        };
        Ok(Requirement { key, operator })
    }

    fn operator(&mut self, key: &str) -> Result<Operator, String> {
        match self.next() {
            "in" => Ok(Operator::In(self.values(key)?)),
            "notin" => Ok(Operator::NotIn(self.values(key)?)),
            "=" | "==" => Ok(Operator::In(vec![self.exact(key)?])),
            "!=" => Ok(Operator::NotIn(vec![self.exact(key)?])),
            ">" => self.number(key).map(Operator::GreaterThan),
            "<" => self.number(key).map(Operator::LessThan),
            other => Err(format!("found '{other}', expected: in, notin, =, ==, !=, gt, lt")),
        }
    }

    fn exact(&mut self, key: &str) -> Result<String, String> {
        if matches!(self.peek(), "" | ",") {
            return Ok(String::new());
        }
        let value = self.word()?;
        checked(key, 0, value)
    }

    fn number(&mut self, key: &str) -> Result<i64, String> {
        let value = self.exact(key)?;
        let message = "for 'Gt', 'Lt' operators, the value must be an integer";
        value.parse().map_err(|_| format!("values[0]: Invalid value: {value:?}: {message}"))
    }

    fn values(&mut self, key: &str) -> Result<Vec<String>, String> {
        let open = self.next();
        if open != "(" {
            return Err(format!("found '{open}' expected: '('"));
        }
        let mut values = Vec::new();
        loop {
            match self.next() {
                ")" => break,
                "," => {}
                word if is_word(word) => values.push(checked(key, values.len(), word)?),
                other => return Err(format!("found '{other}', expected: ',', ')' or identifier")),
            }
        }
        if values.is_empty() { Ok(vec![String::new()]) } else { Ok(values) }
    }

    fn word(&mut self) -> Result<&'a str, String> {
        let token = self.next();
        if is_word(token) { Ok(token) } else { Err(format!("found '{token}', expected: identifier")) }
    }

    fn peek(&self) -> &'a str {
        self.tokens.get(self.at).copied().unwrap_or_default()
    }

    fn next(&mut self) -> &'a str {
        let token = self.peek();
        self.at += 1;
        token
    }
}

fn is_word(token: &str) -> bool {
    !token.is_empty() && !token.starts_with(SYMBOLS)
}

fn checked(key: &str, index: usize, value: &str) -> Result<String, String> {
    match names::label_value(value).first() {
        Some(problem) => Err(format!("values[{index}][{key}]: Invalid value: {value:?}: {problem}")),
        None => Ok(value.to_owned()),
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
        assert_eq!(message("app in (x"), "unable to parse requirement: found '', expected: ',', ')' or identifier");
    }
}
