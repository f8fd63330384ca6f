//! Kubernetes' JSONPath (k8s.io/client-go/util/jsonpath), as far as a printer column may use it: fields, indices,
//! slices, wildcards, descent and filters. Missing keys find nothing. RFC 9535 differs.
use serde_json::Value;
use std::{cmp::Ordering, iter::Peekable, str::Chars};

/// A malformed path.
#[derive(Debug, thiserror::Error)]
#[error("{path} is not a JSONPath: write it like .status.conditions[?(@.type=='Ready')].status")]
pub struct JsonPathError {
    path: String,
}

/// A compiled path.
#[derive(Debug)]
pub(crate) struct JsonPath(Vec<Step>);

#[derive(Debug)]
enum Step {
    Field(String),
    Any,
    Descent,
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Index(i64),
    Fields(Vec<String>),
    Filter { left: Operand, operator: Operator, right: Operand },
}

#[derive(Debug)]
enum Operand {
    Path(JsonPath),
    Literal(Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Exists,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl JsonPath {
    /// Parses a path.
    ///
    /// # Errors
    /// For a malformed path.
    pub(crate) fn parse(text: &str) -> Result<Self, JsonPathError> {
        let error = || JsonPathError { path: text.to_owned() };
        let mut rest = text.chars().peekable();
        let mut steps = Vec::new();
        while let Some(next) = rest.next() {
            match next {
                '$' | '@' if steps.is_empty() => {}
                '.' if rest.next_if_eq(&'.').is_some() => {
                    steps.push(Step::Descent);
                    if rest.peek().is_some_and(|c| *c != '[') {
                        steps.push(field(&mut rest));
                    }
                }
                '.' if matches!(rest.peek(), None | Some('[')) => {}
                '.' => steps.push(field(&mut rest)),
                '[' => steps.push(bracket(&inside(&mut rest).ok_or_else(error)?).ok_or_else(error)?),
                _ => return Err(error()),
            }
        }
        Ok(Self(steps))
    }

    /// The first value found.
    pub(crate) fn first<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.find(value).into_iter().next()
    }

    fn find<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        self.0.iter().fold(vec![value], |found, step| found.into_iter().flat_map(|value| step.apply(value)).collect())
    }
}

/// A name up to the next step; a backslash escapes the next character.
fn field(rest: &mut Peekable<Chars<'_>>) -> Step {
    let mut name = String::new();
    while let Some(c) = rest.next_if(|c| !matches!(c, '.' | '[')) {
        name.push(if c == '\\' { rest.next().unwrap_or(c) } else { c });
    }
    if name == "*" { Step::Any } else { Step::Field(name) }
}

/// The text up to the closing bracket; quotes and nested brackets are respected.
fn inside(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    let (mut text, mut depth, mut quote) = (String::new(), 1, None);
    loop {
        let c = rest.next()?;
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(text);
        }
        text.push(c);
    }
}

fn bracket(text: &str) -> Option<Step> {
    let text = text.trim();
    if text == "*" {
        return Some(Step::Any);
    }
    if let Some(filter) = text.strip_prefix("?(").and_then(|t| t.strip_suffix(')')) {
        return parse_filter(filter);
    }
    if text.starts_with(['\'', '"']) {
        return text.split(',').map(unquoted).collect::<Option<_>>().map(Step::Fields);
    }
    let number = |part: &str| if part.is_empty() { Some(None) } else { part.parse::<i64>().ok().map(Some) };
    let parts: Vec<_> = text.split(':').map(|part| number(part.trim())).collect::<Option<_>>()?;
    match parts[..] {
        [Some(index)] => Some(Step::Index(index)),
        [start, end] => Some(Step::Slice { start, end, step: 1 }),
        [start, end, step] => Some(Step::Slice { start, end, step: step.unwrap_or(1) }).filter(|_| step != Some(0)),
        _ => None,
    }
}

fn unquoted(text: &str) -> Option<String> {
    let text = text.trim();
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text.strip_prefix(quote)?.strip_suffix(quote).map(|inner| inner.replace('\\', ""))
}

fn parse_filter(text: &str) -> Option<Step> {
    const OPERATORS: [(&str, Operator); 6] = [
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ];
    let quoted = |at: usize| text[..at].matches(['\'', '"']).count() % 2 == 1;
    let operators = OPERATORS.iter().filter_map(|(sign, operator)| {
        let at = text.match_indices(sign).map(|(at, _)| at).find(|at| !quoted(*at))?;
        Some((at, *sign, *operator))
    });
    let first = operators.min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())));
    let Some((at, sign, operator)) = first else {
        let left = operand(text)?;
        return Some(Step::Filter { left, operator: Operator::Exists, right: Operand::Literal(Value::Null) });
    };
    Some(Step::Filter { left: operand(&text[..at])?, operator, right: operand(&text[at + sign.len()..])? })
}

fn operand(text: &str) -> Option<Operand> {
    let text = text.trim();
    if text.starts_with(['@', '$', '.']) {
        return JsonPath::parse(text).ok().map(Operand::Path);
    }
    if let Some(literal) = unquoted(text) {
        return Some(Operand::Literal(literal.into()));
    }
    serde_json::from_str(text).ok().filter(|v: &Value| v.is_number() || v.is_boolean()).map(Operand::Literal)
}

impl Step {
    fn apply<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match self {
            Self::Field(name) => value.get(name).into_iter().collect(),
            Self::Fields(names) => names.iter().filter_map(|name| value.get(name)).collect(),
            Self::Any => children(value),
            Self::Descent => descendants(value),
            Self::Index(index) => {
                let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
                let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
                let at = if *index < 0 { index + length } else { *index };
                usize::try_from(at).ok().and_then(|at| list.get(at)).into_iter().collect()
            }
            Self::Slice { start, end, step } => slice(value, *start, *end, *step),
            Self::Filter { left, operator, right } => {
                children(value).into_iter().filter(|child| holds(child, left, *operator, right)).collect()
            }
        }
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

fn descendants(value: &Value) -> Vec<&Value> {
    let below = children(value).into_iter().flat_map(descendants);
    std::iter::once(value).chain(below).collect()
}

fn slice(value: &Value, start: Option<i64>, end: Option<i64>, step: i64) -> Vec<&Value> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let bound = |given: Option<i64>, otherwise: i64| {
        let at = given.unwrap_or(otherwise);
        usize::try_from(if at < 0 { at + length } else { at }.clamp(0, length)).unwrap_or_default()
    };
    let (start, end) = (bound(start, 0), bound(end, length));
    let step = usize::try_from(step).unwrap_or(1).max(1);
    list.get(start..end).unwrap_or_default().iter().step_by(step).collect()
}

fn holds(value: &Value, left: &Operand, operator: Operator, right: &Operand) -> bool {
    let resolve = |operand: &Operand| match operand {
        Operand::Path(path) => path.first(value).cloned(),
        Operand::Literal(literal) => Some(literal.clone()),
    };
    let Some(left) = resolve(left) else { return false };
    if operator == Operator::Exists {
        return true;
    }
    let Some(right) = resolve(right) else { return false };
    let order = match (&left, &right) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().zip(b.as_f64()).and_then(|(a, b): (f64, f64)| a.partial_cmp(&b))
        }
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (a, b) => (a == b).then_some(Ordering::Equal),
    };
    match operator {
        Operator::Exists => true,
        Operator::Equal => order == Some(Ordering::Equal),
        Operator::NotEqual => order != Some(Ordering::Equal),
        Operator::Less => order == Some(Ordering::Less),
        Operator::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn first(path: &str, value: &Value) -> Value {
        JsonPath::parse(path).unwrap().first(value).cloned().unwrap_or(Value::Null)
    }

    #[test]
    fn condition_is_found_by_its_type() {
        let conditions = json!([{"type": "A", "status": "1"}, {"type": "Ready", "status": "True"}]);
        let object = json!({"status": {"conditions": conditions}});
        assert_eq!(first(".status.conditions[?(@.type==\"Ready\")].status", &object), "True");
        assert_eq!(first(".status.conditions[?(@.type!='A')].status", &object), "True");
        assert_eq!(first(".status.conditions[?(@.type=='B')].status", &object), Value::Null);
    }

    #[test]
    fn steps_walk_lists_and_odd_names() {
        let object = json!({"m": {"a.b/c": 1}, "l": [{"n": 1}, {"n": 2}, {"n": 3}]});
        assert_eq!(first(".m.a\\.b/c", &object), 1);
        assert_eq!(first(".m['a.b/c']", &object), 1);
        assert_eq!(first(".l[-1].n", &object), 3);
        assert_eq!(first(".l[1:].n", &object), 2);
        assert_eq!(first("..n", &object), 1);
        assert_eq!(first(".l[?(@.n>=2)].n", &object), 2);
        assert_eq!(first(".l[*].n", &object), 1);
    }

    #[test]
    fn malformed_path_is_refused() {
        for text in ["a", ".a[", ".a[x]", ".a[?(b)]"] {
            assert!(JsonPath::parse(text).is_err(), "{text}");
        }
    }
}
