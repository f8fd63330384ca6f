//! Reads the first document of a text as JSON, and the keys that occur twice (the last one wins).
use super::{error::YamlError, scalar};
use crate::base::go_text::quoted;
use crate::base::json::integral;
use granit_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::BTreeMap};

/// Maximum depth of a document.
const DEPTH_LIMIT: usize = 500;
/// Maximum number of nodes after aliases are expanded: aliases of aliases can grow exponentially.
const NODE_LIMIT: usize = 1_000_000;

/// A parsed document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parsed {
    pub(crate) value: Value,
    /// Duplicate keys, as `line 7: key "a" already set in map`, in the order of the text.
    pub(crate) duplicates: Vec<String>,
}

struct Composer<'a> {
    events: Parser<'a, granit_parser::StrInput<'a>>,
    anchors: BTreeMap<usize, Value>,
    duplicates: Vec<(usize, String)>,
    nodes: usize,
}

/// Parses the first document.
///
/// # Errors
/// For a text that is not YAML.
pub(crate) fn parse(text: &str) -> Result<Parsed, YamlError> {
    let events = Parser::new_from_str(text);
    let mut composer = Composer { events, anchors: BTreeMap::new(), duplicates: Vec::new(), nodes: 0 };
    let value = loop {
        match composer.next()? {
            (Event::StreamStart | Event::DocumentStart(..), _) => {}
            (Event::StreamEnd, _) => break Value::Null,
            (event, line) => break composer.node(event, line, 0)?,
        }
    };
    let mut duplicates = composer.duplicates;
    duplicates.sort_by_key(|(line, _)| *line);
    let duplicates = duplicates
        .into_iter()
        .map(|(line, key)| format!("line {line}: key {key} already set in map", key = quoted(&key)));
    Ok(Parsed { value, duplicates: duplicates.collect() })
}

impl<'a> Composer<'a> {
    fn next(&mut self) -> Result<(Event<'a>, usize), YamlError> {
        loop {
            match self.events.next() {
                None => return Ok((Event::StreamEnd, 0)),
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok((event, span))) => return Ok((event, span.start.line())),
                Some(Err(e)) => return Err(YamlError { line: e.marker().line(), why: e.info() }),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, line: usize, depth: usize) -> Result<Value, YamlError> {
        self.nodes += 1;
        if depth > DEPTH_LIMIT || self.nodes > NODE_LIMIT {
            return Err(YamlError { line, why: "document contains excessive aliasing".into() });
        }
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => (anchor, scalar_value(&text, style, tag.as_ref())),
            Event::SequenceStart(_, anchor, _) => (anchor, self.sequence(depth)?),
            Event::MappingStart(_, anchor, _) => (anchor, self.mapping(depth)?),
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned().unwrap_or_default();
                self.nodes += size(&value);
                return Ok(value);
            }
            _ => (0, Value::Null),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, YamlError> {
        let mut list = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd | Event::StreamEnd, _) => return Ok(list.into()),
                (event, line) => list.push(self.node(event, line, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, YamlError> {
        let (mut map, mut merged) = (Map::new(), Vec::new());
        loop {
            let (event, line) = match self.next()? {
                (Event::MappingEnd | Event::StreamEnd, _) => break,
                other => other,
            };
            let key = match self.node(event, line, depth + 1)? {
                Value::String(text) => text,
                other => other.to_string(),
            };
            let (event, below) = self.next()?;
            let value = self.node(event, below, depth + 1)?;
            if key == "<<" {
                merged.push(value);
            } else if map.contains_key(&key) {
                self.duplicates.push((line, key.clone()));
                map.insert(key, value);
            } else {
                map.insert(key, value);
            }
        }
        // Merged keys do not replace existing ones.
        let maps = merged.into_iter().flat_map(|value| match value {
            Value::Array(list) => list,
            other => vec![other],
        });
        for (key, value) in
            maps.filter_map(|value| if let Value::Object(map) = value { Some(map) } else { None }).flatten()
        {
            map.entry(key).or_insert(value);
        }
        Ok(map.into())
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(size).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

fn scalar_value(text: &str, style: ScalarStyle, tag: Option<&Cow<'_, Tag>>) -> Value {
    let tagged = tag.is_some_and(|tag| tag.to_string().ends_with("str"));
    if style == ScalarStyle::Plain && !tagged { whole(scalar::resolve(text)) } else { text.into() }
}

/// A float without a fraction is written as an integer when the document becomes JSON.
fn whole(value: Value) -> Value {
    let float = value.as_f64().filter(|_| value.is_f64());
    float.and_then(integral).map_or(value, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn document_becomes_json() {
        let text = "# a lease\nmetadata: {name: l}\nspec:\n  holder: 'yes'\n  leaseDurationSeconds: 0x10\n  \
            renewals: 2.0\n  list:\n  - 1\n  - a\n";
        let spec = json!({"holder": "yes", "leaseDurationSeconds": 16, "renewals": 2, "list": [1, "a"]});
        assert_eq!(parse(text).unwrap().value, json!({"metadata": {"name": "l"}, "spec": spec}));
        assert_eq!(parse("").unwrap().value, Value::Null);
        assert_eq!(parse("a: 1\n---\nb: 2\n").unwrap().value, json!({"a": 1}));
    }

    #[test]
    fn anchors_and_merges_are_resolved() {
        let text = "base: &b {a: 1, c: 2}\nmore:\n  <<: *b\n  a: 3\n";
        assert_eq!(parse(text).unwrap().value["more"], json!({"a": 3, "c": 2}));
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
            d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n\
            f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
        assert!(parse(bomb).is_err());
    }

    #[test]
    fn keys_that_occur_twice_are_named() {
        let parsed = parse("a: 1\nb:\n  c: 1\n  c: 2\na: 2\n").unwrap();
        assert_eq!(parsed.value, json!({"a": 2, "b": {"c": 2}}));
        let complaints = ["line 4: key \"c\" already set in map", "line 5: key \"a\" already set in map"];
        assert_eq!(parsed.duplicates, complaints);
    }

    #[test]
    fn broken_text_names_its_line() {
        assert_eq!(parse("a: 1\nb: [\n").unwrap_err().to_string().split(": ").next(), Some("yaml"));
        assert!(parse("{").is_err());
    }
}
