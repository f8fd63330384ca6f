//! The format of a case's file: its steps with their requests, waits and comparisons.
//!
//! `tests/conformance/README.md` describes the format for authors.
use crate::ordered::Ordered;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The content of a file in `cases/`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Script {
    /// The behaviour that the case shows, in one sentence.
    pub(super) about: String,
    /// The user who sends the requests.
    #[serde(rename = "as", default = "admin")]
    pub(super) user: String,
    /// JSON pointers to texts that may differ.
    #[serde(default)]
    pub(super) loose: Vec<String>,
    pub(super) steps: Vec<Step>,
}

fn admin() -> String {
    "admin".to_owned()
}

/// One step: an action, the answer to wait for, and the part of the answer to compare.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Step {
    #[serde(flatten)]
    pub(super) action: Action,
    /// Number of events to collect, not counting bookmarks.
    pub(super) count: Option<usize>,
    /// Variables to set: name → pointer into the answer's body or events.
    #[serde(default)]
    pub(super) capture: BTreeMap<String, String>,
    /// Values to wait for by repeating the request: pointer into the answer → value.
    #[serde(default)]
    pub(super) until: BTreeMap<String, Value>,
    /// Items to keep in lists of the body: pointer to the list → pointer into an item → allowed values.
    #[serde(default)]
    pub(super) filter: BTreeMap<String, BTreeMap<String, Vec<Value>>>,
    /// Lists of the body in an order that means nothing: pointer to the list → pointer into an item to sort it by.
    #[serde(default)]
    pub(super) sorted: BTreeMap<String, String>,
    /// Pointers to the only members of the body to compare; None for all.
    pub(super) only: Option<Vec<String>>,
    /// Replaces the script's `loose` for this step.
    pub(super) loose: Option<Vec<String>>,
}

/// The action of a step.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Action {
    /// Sends one request.
    Do(Call),
    /// Opens a watch.
    Watch(Call),
    /// Reads the events of the watch with this name.
    Collect(String),
    /// Waits for this many seconds.
    Sleep(f64),
    /// Compacts the store at this revision, which may be a variable.
    Compact(String),
}

/// A request; for a watch also its name, and for how many seconds the client reads it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) method: Option<String>,
    pub(super) path: String,
    pub(super) query: BTreeMap<String, Value>,
    /// Headers that replace the default ones; null omits a header.
    pub(super) headers: BTreeMap<String, Option<String>>,
    /// JSON body.
    pub(super) body: Option<Ordered>,
    /// Text body.
    pub(super) raw: Option<String>,
    /// Binary body.
    pub(super) base64: Option<String>,
    /// Replaces the script's user for this request.
    #[serde(rename = "as")]
    pub(super) user: Option<String>,
    pub(super) seconds: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_actions_and_members_are_refused() {
        assert!(serde_json::from_str::<Step>(r#"{"sleep": 0.5}"#).is_ok());
        assert!(serde_json::from_str::<Step>(r#"{"dance": 1}"#).is_err());
        assert!(serde_json::from_str::<Step>(r#"{"do": {"path": "/", "metod": "GET"}}"#).is_err());
    }
}
