//! Defaults of a definition (k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/defaults.go).
use serde_json::{Map, Value, json};

/// Fills in the defaults of a definition (k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/defaults.go).
pub(crate) fn default(definition: &mut Map<String, Value>) {
    let Some(spec) = definition.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if let Some(names) = spec.get_mut("names").and_then(Value::as_object_mut) {
        let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !kind.is_empty() {
            names.entry("singular").or_insert_with(|| kind.to_lowercase().into());
            names.entry("listKind").or_insert_with(|| format!("{kind}List").into());
        }
    }
    let conversion = spec.entry("conversion").or_insert_with(|| json!({"strategy": "None"}));
    if let Some(Value::Object(service)) = conversion.pointer_mut("/webhook/clientConfig/service") {
        service.entry("port").or_insert_with(|| 443.into());
    }
}

/// Sets the status of a new definition, with its storage version in `storedVersions`.
pub(crate) fn prepare_new(definition: &mut Map<String, Value>) {
    let status = json!({"acceptedNames": {"kind": "", "plural": ""}, "conditions": null, "storedVersions": null});
    definition.insert("status".into(), status);
    note_stored_version(definition);
}

/// Adds the storage version to `storedVersions`.
pub(crate) fn note_stored_version(definition: &mut Map<String, Value>) {
    let versions = definition.get("spec").and_then(|spec| spec["versions"].as_array());
    let stored = versions.and_then(|all| all.iter().find(|version| version["storage"] == true));
    let Some(name) = stored.and_then(|version| version.get("name")).cloned() else { return };
    let Some(Value::Object(status)) = definition.get_mut("status") else { return };
    let known = status.entry("storedVersions").or_insert_with(|| json!([]));
    match known {
        Value::Array(known) if known.contains(&name) => {}
        Value::Array(known) => known.push(name),
        other => *other = json!([name]),
    }
}
