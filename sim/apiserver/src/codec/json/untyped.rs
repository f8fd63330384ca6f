//! Any JSON, as Go decodes it into `interface{}`: a number is an int64 if it was written as one, otherwise a float64.
use super::{JsonError, reader::Reader};
use serde_json::{Map, Number, Value, map::Entry};

/// Maximum depth of a value that the server keeps: objects are compared and copied by recursion.
const DEPTH_LIMIT: usize = 500;

/// Parses a text, and collects the paths of members that occur twice (the last one wins).
///
/// # Errors
/// If the text is not JSON.
pub(crate) fn parse(text: &[u8]) -> Result<(Value, Vec<String>), JsonError> {
    let mut reader = Reader::new(text);
    let mut walk = Walk { reader: &mut reader, duplicates: Vec::new(), failure: None };
    let value = walk.value()?;
    let (mut duplicates, failure) = (std::mem::take(&mut walk.duplicates), walk.failure.take());
    reader.end()?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    limit(&mut duplicates);
    Ok((value, duplicates))
}

/// Drops what occurs again, and all but the first hundred.
pub(super) fn limit(complaints: &mut Vec<String>) {
    if complaints.len() > 1 {
        let mut seen = std::collections::BTreeSet::new();
        complaints.retain(|complaint| seen.len() < 100 && seen.insert(complaint.clone()));
    }
}

/// Prepends the place of a value to the paths of complaints within it.
pub(super) fn prefix(paths: &mut [String], place: &str) {
    for path in paths {
        let dot = if path.starts_with('[') { "" } else { "." };
        *path = format!("{place}{dot}{path}");
    }
}

/// The value that Go has for a number: an int64, or a float64; None if it does not fit into that.
pub(super) fn number(text: &str) -> Option<Number> {
    if !text.contains('.')
        && let Ok(whole) = text.parse::<i64>()
    {
        return Some(whole.into());
    }
    Number::from_f64(text.parse().ok()?)
}

struct Walk<'r, 'a> {
    reader: &'r mut Reader<'a>,
    duplicates: Vec<String>,
    /// The first failure that does not end the reading: errors of syntax come first.
    failure: Option<JsonError>,
}

impl Walk<'_, '_> {
    fn value(&mut self) -> Result<Value, JsonError> {
        let first = self.reader.begin()?;
        if matches!(first, b'{' | b'[') && self.reader.depth() >= DEPTH_LIMIT {
            self.failure.get_or_insert(JsonError::TooDeep(DEPTH_LIMIT));
            self.reader.skip()?;
            return Ok(Value::Null);
        }
        match first {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' => Ok(Value::String(self.reader.string()?.into_owned())),
            b't' => self.reader.word("true").map(|()| Value::Bool(true)),
            b'f' => self.reader.word("false").map(|()| Value::Bool(false)),
            b'n' => self.reader.word("null").map(|()| Value::Null),
            _ => {
                let text = self.reader.number()?;
                Ok(number(text).map_or_else(
                    || {
                        self.failure.get_or_insert_with(|| JsonError::Number(text.to_owned()));
                        Value::Null
                    },
                    Value::Number,
                ))
            }
        }
    }

    fn array(&mut self) -> Result<Value, JsonError> {
        self.reader.enter()?;
        let mut list = Vec::new();
        while self.reader.item(list.is_empty())? {
            let known = self.duplicates.len();
            let item = self.value()?;
            if self.duplicates.len() > known {
                prefix(&mut self.duplicates[known..], &format!("[{}]", list.len()));
            }
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn object(&mut self) -> Result<Value, JsonError> {
        self.reader.enter()?;
        let mut map = Map::new();
        let mut first = true;
        while let Some(name) = self.reader.member(first)? {
            first = false;
            let known = self.duplicates.len();
            let value = self.value()?;
            if self.duplicates.len() > known {
                prefix(&mut self.duplicates[known..], &name);
            }
            match map.entry(name) {
                Entry::Vacant(slot) => {
                    slot.insert(value);
                }
                Entry::Occupied(mut slot) => {
                    // A member that occurs again is named before those within it.
                    self.duplicates.insert(known, slot.key().clone());
                    slot.insert(value);
                }
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_integers_or_floats() {
        let text = b"[1, 1.0, 1e3, -0, -0.0, 1.5, 9223372036854775807, 9223372036854775808, 18446744073709551615]";
        let (value, _) = parse(text).unwrap();
        let large = [9_223_372_036_854_775_808.0, 1.844_674_407_370_955_2e19];
        assert_eq!(value, json!([1, 1.0, 1000.0, 0, -0.0, 1.5, i64::MAX, large[0], large[1]]));
        let error = parse(b"{\"a\": 1e400}").unwrap_err().to_string();
        assert_eq!(error, "json: cannot unmarshal number 1e400 into Go value of type float64");
    }

    #[test]
    fn duplicates_are_named_in_the_order_of_the_body() {
        let (value, duplicates) =
            parse(br#"{"spec":{"a":1,"a":{"x":1,"x":2},"l":[{"b":0,"b":1},[{"c":0,"c":1}]]},"spec":{}}"#).unwrap();
        assert_eq!(value, json!({"spec": {}}));
        assert_eq!(duplicates, ["spec.a", "spec.a.x", "spec.l[0].b", "spec.l[1][0].c", "spec"]);
    }

    #[test]
    fn deep_values_are_not_kept() {
        let nested = |depth: usize| ("[".repeat(depth) + &"]".repeat(depth)).into_bytes();
        assert!(parse(&nested(300)).is_ok());
        assert_eq!(parse(&nested(501)), Err(JsonError::TooDeep(500)));
        assert!(matches!(parse(&nested(10_001)), Err(JsonError::Syntax(_))));
    }
}
