//! The variables of a case: values captured from answers, to be used in later requests.
use regex::{Captures, Regex};
use serde_json::Value;
use std::{collections::BTreeMap, sync::LazyLock};

static VARIABLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{(\w+)([+-]\d+)?\}").expect("a constant expression compiles"));

/// Variables by name: those that steps captured, and `ns`, the case's namespace.
#[derive(Debug, Clone)]
pub(super) struct Variables(BTreeMap<String, Value>);

impl Variables {
    pub(super) fn new(namespace: &str) -> Self {
        Self(BTreeMap::from([("ns".to_owned(), namespace.into())]))
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// The text with `{var}` and `{var+N}` replaced; unknown variables are kept.
    pub(super) fn text(&self, text: &str) -> String {
        let replace = |found: &Captures<'_>| {
            let Some(value) = self.0.get(&found[1]) else { return found[0].to_owned() };
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            match found.get(2).and_then(|n| n.as_str().parse::<i64>().ok()) {
                Some(n) => (shown.parse::<i64>().unwrap_or_default() + n).to_string(),
                None => shown,
            }
        };
        VARIABLE.replace_all(text, replace).into_owned()
    }

    /// The value of a text that consists of one variable, with its type; otherwise the text with variables replaced.
    pub(super) fn value(&self, text: &str) -> Value {
        let whole = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).and_then(|name| self.0.get(name));
        whole.cloned().unwrap_or_else(|| self.text(text).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_keep_type_and_add() {
        let mut variables = Variables::new("here");
        variables.set("n", 3.into());
        variables.set("rv", "41".into());
        assert_eq!(variables.value("{n}"), Value::from(3));
        assert_eq!(variables.text("{ns}/{rv+1}/{rv-1}/{unknown}"), "here/42/40/{unknown}");
    }
}
