//! The values of enumerated members of built-in kinds with their descriptions, for `kubectl explain`.
//!
//! From Kubernetes' own OpenAPI documents, in `enums.json`: k8s-openapi's schemas have none. A value without a second
//! element there has no description.
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// The member, e.g. `core.v1.Container.imagePullPolicy` or with `[]` for the items of a list, and its values.
type Entry = (String, Vec<Vec<String>>);

static ENUMS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let table: Vec<Value> = serde_json::from_str(include_str!("enums.json")).expect("enums.json is a list");
    let read = |group: &Value| {
        let values: Vec<Vec<String>> = serde_json::from_value(group["values"].clone()).expect("lists of texts");
        let members: Vec<String> = serde_json::from_value(group["of"].clone()).expect("names of members");
        members.into_iter().map(move |member| (member, values.clone())).collect::<Vec<_>>()
    };
    table.iter().flat_map(read).collect()
});

/// Adds the values to the schemas of their members.
pub(super) fn add(schemas: &mut Map<String, Value>) {
    for (member, values) in &*ENUMS {
        let (path, is_list) = member.strip_suffix("[]").map_or((member.as_str(), false), |path| (path, true));
        let Some((of, name)) = path.rsplit_once('.') else { continue };
        let schema = ["io.k8s.api.", "io.k8s.apiextensions-apiserver.pkg.apis."].map(|root| format!("{root}{of}"));
        let Some(found) = schema.iter().find(|name| schemas.contains_key(*name)) else { continue };
        let property = &mut schemas[found]["properties"][name];
        describe(property, values);
        let list = values.iter().filter_map(|value| value.first()).map(|value| Value::from(value.as_str())).collect();
        let place = if is_list { &mut property["items"] } else { property };
        place["enum"] = list;
    }
}

fn describe(property: &mut Value, values: &[Vec<String>]) {
    let Some(Value::String(description)) = property.get_mut("description") else { return };
    let said = values.iter().filter_map(|value| Some((value.first()?, value.get(1)?)));
    let lines: Vec<String> = said
        .map(|(value, words)| format!(" - `{value:?}`{}{words}", if words.is_empty() { "" } else { " " }))
        .collect();
    if !lines.is_empty() {
        description.push_str("\n\nPossible enum values:\n");
        description.push_str(&lines.join("\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_have_their_descriptions() {
        let property = json!({"type": "string", "description": "When to pull."});
        let mut schemas = Map::new();
        let name = "io.k8s.api.core.v1.Container";
        schemas.insert(name.to_owned(), json!({"properties": {"imagePullPolicy": property}}));
        add(&mut schemas);
        let property = &schemas[name]["properties"]["imagePullPolicy"];
        assert_eq!(property["enum"], json!(["Always", "IfNotPresent", "Never"]));
        let words = property["description"].as_str().unwrap();
        assert!(
            words.starts_with("When to pull.\n\nPossible enum values:\n - `\"Always\"` means that kubelet"),
            "{words}"
        );
    }
}
