//! What a write did to an object: the object afterwards, and the fields that changed.
use apiserver::{Change, Commit};
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc};

/// Fields of metadata that every write changes, or that nobody reads.
const BOOKKEEPING: [&str; 3] = ["generation", "managedFields", "resourceVersion"];

/// Longest value in a line, in characters.
const SHOWN: usize = 60;

/// What a write did to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The object after the write; for a deletion its last state.
    pub object: Arc<Value>,
    /// The fields that an update changed, a line each, such as `status.phase: "Pending" → "Ready"`.
    pub changes: Vec<String>,
}

impl Written {
    pub(super) fn by(commit: &Commit) -> Self {
        let mut changes = Vec::new();
        if let (Change::Modified, Some(before)) = (commit.change, &commit.before) {
            compare("", Some(before), Some(&commit.after), &mut changes);
        }
        Self { object: Arc::clone(&commit.after), changes }
    }

    /// The object as indented JSON, without `managedFields`, as kubectl shows it.
    pub(super) fn text(&self) -> String {
        let mut object = Value::clone(&self.object);
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        format!("{object:#}")
    }
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<String>) {
    if before == after {
        return;
    }
    if let (Some(Value::Object(before)), Some(Value::Object(after))) = (before, after) {
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for key in keys {
            if path == "metadata" && BOOKKEEPING.contains(&key.as_str()) {
                continue;
            }
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            compare(&path, before.get(key), after.get(key), changes);
        }
        return;
    }
    changes.push(match (before, after) {
        (Some(before), Some(after)) => format!("{path}: {} → {}", short(before), short(after)),
        (None, Some(after)) => format!("{path}: set to {}", short(after)),
        (Some(before), None) => format!("{path}: removed, was {}", short(before)),
        (None, None) => return,
    });
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN {
        return text;
    }
    text.chars().take(SHOWN - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changes_are_fields() {
        let before =
            json!({"metadata": {"name": "a", "resourceVersion": "1", "labels": {"x": "1"}}, "status": {"n": 1}});
        let after = json!({
            "metadata": {"name": "a", "resourceVersion": "2", "finalizers": ["f/g"]},
            "status": {"n": 2, "list": [1, 2]},
        });
        let mut changes = Vec::new();
        compare("", Some(&before), Some(&after), &mut changes);
        assert_eq!(
            changes,
            [
                "metadata.finalizers: set to [\"f/g\"]",
                "metadata.labels: removed, was {\"x\":\"1\"}",
                "status.list: set to [1,2]",
                "status.n: 1 → 2",
            ]
        );
    }

    #[test]
    fn long_values_are_cut() {
        let text = short(&json!("ä".repeat(200)));
        assert_eq!((text.chars().count(), text.ends_with('…')), (SHOWN, true));
    }
}
