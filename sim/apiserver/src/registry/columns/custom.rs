//! The columns in a custom resource's definition
//! (k8s.io/apiextensions-apiserver/pkg/registry/customresource/tableconvertor).
use super::jsonpath::{JsonPath, JsonPathError};
use crate::base::{age, timestamp};
use jiff::Timestamp;
use serde_json::{Value, json};

/// One element of `additionalPrinterColumns`.
#[derive(Debug)]
pub(crate) struct Column {
    definition: Value,
    path: JsonPath,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    Date,
    Other,
}

impl Column {
    /// Compiles a column.
    ///
    /// # Errors
    /// For a malformed path.
    pub(crate) fn compile(column: &Value) -> Result<Self, JsonPathError> {
        let text = |member: &str| column.get(member).and_then(Value::as_str).unwrap_or_default();
        let path = text("jsonPath");
        let description = match text("description") {
            "" => format!("Custom resource definition column (in JSONPath format): {path}"),
            given => given.to_owned(),
        };
        let definition = json!({
            "name": text("name"), "type": text("type"), "format": text("format"), "description": description,
            "priority": column.get("priority").cloned().unwrap_or_else(|| 0.into()),
        });
        let kind = match text("type") {
            "string" => Kind::Text,
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "boolean" => Kind::Boolean,
            "date" => Kind::Date,
            _ => Kind::Other,
        };
        Ok(Self { definition, path: JsonPath::parse(path)?, kind })
    }

    /// The column of a definition without columns.
    pub(crate) fn age() -> Self {
        let description = crate::registry::columns::builtin::of("")[1]["description"].clone();
        let column = json!({
            "name": "Age", "type": "date", "description": description, "jsonPath": ".metadata.creationTimestamp",
        });
        Self::compile(&column).expect("a constant path is valid")
    }

    pub(crate) fn definition(&self) -> Value {
        self.definition.clone()
    }

    /// The first value at the path, if it has the column's type. String columns accept any type.
    pub(crate) fn cell(&self, object: &Value, now: Timestamp) -> Value {
        let Some(found) = self.path.first(object) else { return Value::Null };
        let cell = match (self.kind, found) {
            (_, Value::Null) => None,
            (Kind::Text, Value::String(_)) => Some(found.clone()),
            (Kind::Text, other) => Some(other.to_string().into()),
            (Kind::Integer, Value::Number(n)) => {
                #[expect(clippy::cast_possible_truncation, reason = "as Go converts a float64 to an int64")]
                let cut = || n.as_f64().map(|f| f as i64);
                n.as_i64().or_else(cut).map(Value::from)
            }
            (Kind::Number, Value::Number(n)) => n.as_f64().map(Value::from),
            (Kind::Boolean, Value::Bool(_)) => Some(found.clone()),
            (Kind::Date, Value::String(text)) => Some(date(text, now).into()),
            _ => None,
        };
        cell.unwrap_or(Value::Null)
    }
}

fn date(text: &str, now: Timestamp) -> String {
    match text {
        "" | "null" => "<unknown>".into(),
        text if timestamp::parse(text).is_some() => age::since(Some(&text.into()), now),
        _ => "<invalid>".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(kind: &str, path: &str, object: &Value) -> Value {
        let column = Column::compile(&json!({"name": "C", "type": kind, "jsonPath": path})).unwrap();
        column.cell(object, Timestamp::from_second(60).unwrap())
    }

    #[test]
    fn cell_has_its_columns_type_or_nothing() {
        let object = json!({"a": "x", "n": 2.7, "l": [1, "b"], "t": "1970-01-01T00:00:00Z", "b": true});
        assert_eq!(cell("string", ".a", &object), "x");
        assert_eq!(cell("string", ".l", &object), r#"[1,"b"]"#);
        assert_eq!(cell("integer", ".n", &object), 2);
        assert_eq!(cell("integer", ".a", &object), Value::Null);
        assert_eq!(cell("boolean", ".b", &object), true);
        assert_eq!(cell("date", ".t", &object), "60s");
        assert_eq!(cell("date", ".a", &object), "<invalid>");
        assert_eq!(cell("string", ".none.at.all", &object), Value::Null);
    }
}
