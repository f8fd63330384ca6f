//! A case as its file has it, and the names that its steps refer to.
use super::ordered::Ordered;
use regex::{Captures, Regex};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, sync::LazyLock};

static VARIABLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{(\w+)([+-]\d+)?\}").expect("a constant expression compiles"));

/// What a file of `cases/` says.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Script {
    /// The behaviour, in one sentence.
    pub(super) about: String,
    /// Who sends the requests.
    #[serde(rename = "as", default = "admin")]
    pub(super) who: String,
    /// Pointers below which texts may differ.
    #[serde(default)]
    pub(super) loose: Vec<String>,
    pub(super) steps: Vec<Step>,
}

fn admin() -> String {
    "admin".to_owned()
}

/// One step: an action, what it waits for, and what of its answer counts.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Step {
    #[serde(flatten)]
    pub(super) action: Action,
    /// For `collect`: how many events, bookmarks not counted.
    pub(super) count: Option<usize>,
    #[serde(default)]
    pub(super) capture: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) until: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) filter: BTreeMap<String, BTreeMap<String, Vec<Value>>>,
    pub(super) only: Option<Vec<String>>,
    pub(super) loose: Option<Vec<String>>,
}

/// What a step does.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Action {
    /// One request.
    Do(Call),
    /// Opens a watch.
    Watch(Call),
    /// Reads what a watch tells.
    Collect(String),
    /// Waits, in seconds.
    Sleep(f64),
    /// Compacts the store at a revision.
    Compact(String),
}

/// A request; for a watch also its name, and how long the client reads.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) method: Option<String>,
    pub(super) path: String,
    pub(super) query: BTreeMap<String, Value>,
    /// A null is a header that is not sent.
    pub(super) headers: BTreeMap<String, Option<String>>,
    pub(super) body: Option<Ordered>,
    pub(super) raw: Option<String>,
    pub(super) base64: Option<String>,
    #[serde(rename = "as")]
    pub(super) who: Option<String>,
    pub(super) seconds: Option<u64>,
}

/// The names that steps captured, and `ns`.
#[derive(Debug, Clone)]
pub(super) struct Names(BTreeMap<String, Value>);

impl Names {
    pub(super) fn new(namespace: &str) -> Self {
        Self(BTreeMap::from([("ns".to_owned(), namespace.into())]))
    }

    pub(super) fn keep(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// A text with `{var}` and `{var+N}` replaced; what is no variable stays.
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

    /// A text that is a variable and nothing else is its value, whatever its type.
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
        let mut names = Names::new("here");
        names.keep("n", 3.into());
        names.keep("rv", "41".into());
        assert_eq!(names.value("{n}"), Value::from(3));
        assert_eq!(names.text("{ns}/{rv+1}/{rv-1}/{unknown}"), "here/42/40/{unknown}");
    }

    #[test]
    fn unknown_action_is_no_step() {
        assert!(serde_json::from_str::<Step>(r#"{"sleep": 0.5}"#).is_ok());
        assert!(serde_json::from_str::<Step>(r#"{"dance": 1}"#).is_err());
        assert!(serde_json::from_str::<Step>(r#"{"do": {"path": "/", "metod": "GET"}}"#).is_err());
    }
}
