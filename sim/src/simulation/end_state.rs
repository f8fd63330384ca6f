//! The end state of a run, without what differs between equal runs: uids, versions, times, generated names.
use super::history::{is_heartbeat, named};
use serde_json::Value;
use std::collections::BTreeMap;

/// What stands for a value that differs between equal runs.
const TIME: &str = "(a time)";

/// Metadata that differs between equal runs.
const OF_ONE_RUN: [&str; 5] = ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"];

/// Objects by name, comparable with those of another run. Objects with one generated name are a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EndState(BTreeMap<String, Vec<Value>>);

/// The run in order and without faults, that others are compared with.
#[derive(Debug)]
pub(super) struct Reference {
    /// Its end state.
    pub(super) end: EndState,
    /// Number of writing calls of its replicas.
    pub(super) writing_calls: u32,
}

impl EndState {
    /// The state that consists of these objects. Leases and events are left out.
    pub(super) fn of<'a>(objects: impl Iterator<Item = &'a Value> + Clone) -> Self {
        let names: BTreeMap<&str, String> = objects.clone().flat_map(replacements).collect();
        let mut state: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for object in objects.filter(|object| !is_heartbeat(object)) {
            let plain = plain(object, &names);
            state.entry(named(&plain)).or_default().push(plain);
        }
        for same_name in state.values_mut() {
            same_name.sort_by_cached_key(Value::to_string);
        }
        Self(state)
    }

    /// The first difference, as a sentence about `self`; None if both are equal.
    pub(super) fn difference(&self, reference: &EndState) -> Option<String> {
        let names = self.0.keys().chain(reference.0.keys());
        let name = names.filter(|name| self.0.get(*name) != reference.0.get(*name)).min()?;
        let of = |state: &EndState| state.0.get(name).cloned().unwrap_or_default();
        let (mine, expected) = (of(self), of(reference));
        Some(match (mine.len(), expected.len()) {
            (0, _) => format!("{name} is missing; the run in order ends with it"),
            (_, 0) => format!("{name} exists; the run in order ends without it"),
            (one, other) if one != other => {
                format!("there are {one} objects like {name}; the run in order ends with {other}")
            }
            _ => {
                let pair = mine.iter().zip(&expected).find(|(mine, expected)| mine != expected);
                let (path, mine, expected) = pair.and_then(|(mine, expected)| first_difference("", mine, expected))?;
                format!("{name} has {path} = {mine}; the run in order ends with {expected}")
            }
        })
    }
}

/// The strings of an object that differ between equal runs, with what stands for them.
fn replacements(object: &Value) -> Vec<(&str, String)> {
    let metadata = &object["metadata"];
    let name = metadata["name"].as_str();
    let stem = metadata["generateName"].as_str().filter(|stem| name.is_some_and(|name| name.starts_with(stem)));
    let generated = stem.map(|stem| format!("{stem}*"));
    let uid = metadata["uid"].as_str().map(|uid| (uid, format!("(uid of {})", named(object))));
    let uid = uid.map(|(uid, text)| match (&generated, name) {
        (Some(generated), Some(name)) => (uid, text.replace(name, generated)),
        _ => (uid, text),
    });
    uid.into_iter().chain(name.zip(generated)).collect()
}

fn plain(object: &Value, names: &BTreeMap<&str, String>) -> Value {
    let mut plain = object.clone();
    let generation = object["metadata"]["generation"].clone();
    if let Some(observed) = plain.pointer_mut("/status/observedGeneration") {
        let word = if *observed == generation { "(current)" } else { "(not current)" };
        *observed = Value::from(word);
    }
    replace(&mut plain, names);
    if let Some(metadata) = plain["metadata"].as_object_mut() {
        metadata.retain(|field, _| !OF_ONE_RUN.contains(&field.as_str()));
    }
    plain
}

fn replace(value: &mut Value, names: &BTreeMap<&str, String>) {
    match value {
        Value::String(text) => {
            if let Some(name) = names.get(text.as_str()) {
                text.clone_from(name);
            } else if text.len() >= 20 && text.parse::<jiff::Timestamp>().is_ok() {
                TIME.clone_into(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, names)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Path of the first field that differs, with both values.
fn first_difference(path: &str, mine: &Value, expected: &Value) -> Option<(String, Value, Value)> {
    if mine == expected {
        return None;
    }
    if let (Value::Object(mine), Value::Object(expected)) = (mine, expected) {
        let mut fields: Vec<&String> = mine.keys().chain(expected.keys()).collect();
        fields.sort_unstable();
        let at = |field: &str| format!("{path}{}{field}", if path.is_empty() { "" } else { "." });
        return fields.into_iter().find_map(|field| {
            let value = |of: &serde_json::Map<String, Value>| of.get(field).cloned().unwrap_or_default();
            first_difference(&at(field), &value(mine), &value(expected))
        });
    }
    Some((path.to_owned(), mine.clone(), expected.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(name: &str, uid: &str, text: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "generateName": "m-", "uid": uid,
            "namespace": "default"}, "data": {"text": text, "at": "2026-01-02T03:04:05Z", "me": uid}})
    }

    #[test]
    fn what_runs_generate_is_left_out() {
        let one = [map("m-abc", "u1", "x")];
        let mut other = [map("m-xyz", "u2", "x")];
        other[0]["data"]["at"] = json!("2027-01-02T03:04:05Z");
        assert_eq!(EndState::of(one.iter()), EndState::of(other.iter()));
        assert_eq!(EndState::of(one.iter()).difference(&EndState::of(other.iter())), None);
    }

    #[test]
    fn a_difference_names_its_object() {
        let (one, other) = ([map("m-a", "u1", "x")], [map("m-b", "u2", "y")]);
        let both = [one[0].clone(), other[0].clone()];
        let difference = |mine: &[Value], of: &[Value]| EndState::of(mine.iter()).difference(&EndState::of(of.iter()));
        let says = |mine: &[Value], of: &[Value]| difference(mine, of).expect("a difference");
        assert_eq!(says(&one, &other), "ConfigMap default/m-* has data.text = \"x\"; the run in order ends with \"y\"");
        assert_eq!(says(&[], &one), "ConfigMap default/m-* is missing; the run in order ends with it");
        assert!(says(&both, &one).starts_with("there are 2 objects like ConfigMap default/m-*"));
    }

    #[test]
    fn an_old_generation_is_a_difference() {
        let object = |generation: u32, observed: u32| {
            let metadata = json!({"name": "a", "generation": generation});
            [json!({"kind": "A", "metadata": metadata, "status": {"observedGeneration": observed}})]
        };
        let state = |generation, observed| EndState::of(object(generation, observed).iter());
        assert_eq!(state(2, 2), state(3, 3));
        assert_ne!(state(2, 2), state(3, 2));
    }
}
