//! The CustomResourceDefinition: the deployed one equals the generated one, and both have the rules of the existing
//! one.
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

const DEPLOYED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/crd/remediationrequests.yaml");
const EXISTING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/crd/kubernaut.ai_remediationrequests.yaml");

#[test]
fn deployed_definition_is_the_generated_one() {
    let generated = serde_json::to_value(gateway::api::crd()).expect("JSON");
    let deployed: Value = serde_saphyr::from_str(&std::fs::read_to_string(DEPLOYED).expect("the file")).expect("YAML");
    assert!(generated == deployed, "run `cargo run -p gateway -- crd > gateway/deploy/crd/remediationrequests.yaml`");
}

/// `schema` with each enumeration once. The existing schema has some twice (`allOf` of two equal ones), because its
/// generator repeats a marker that is on both a type and a field.
fn enumerated_once(schema: &Map<String, Value>) -> Map<String, Value> {
    let mut schema = schema.clone();
    if let Some(Value::Array(all)) = schema.remove("allOf") {
        let distinct: BTreeSet<_> = all.iter().map(Value::to_string).collect();
        assert_eq!(distinct.len(), 1, "an allOf that means something: compare it by hand");
        schema.extend(all[0].as_object().expect("a schema").clone());
    }
    schema
}

/// Collects every path of a schema with its rules, without descriptions.
fn rules(schema: &Value, path: String, found: &mut BTreeMap<String, Value>) {
    let mut own = enumerated_once(schema.as_object().expect("a schema"));
    own.remove("description");
    for (name, property) in own.remove("properties").iter().flat_map(|properties| properties.as_object()).flatten() {
        rules(property, format!("{path}.{name}"), found);
    }
    if let Some(items) = own.remove("items") {
        rules(&items, format!("{path}[]"), found);
    }
    for (key, value) in &mut own {
        // The order of these lists does not matter.
        if let (true, Some(list)) = (["enum", "required"].contains(&key.as_str()), value.as_array_mut()) {
            list.sort_by_key(Value::to_string);
        }
        // Limits of numbers are floats in k8s-openapi: 0 and 0.0 are the same limit.
        if let Some(number) = value.as_f64() {
            *value = json!(number);
        }
    }
    found.insert(path, Value::Object(own));
}

fn schema_rules(crd: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    rules(&crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"], String::new(), &mut found);
    found
}

/// Whether the schemas may differ at `path`.
fn allowed(path: &str) -> bool {
    // The derive leaves out the fields that every object has; the API server adds them to every schema.
    matches!(path, ".apiVersion" | ".kind" | ".metadata")
}

#[test]
fn schema_has_every_rule_of_the_existing_one() {
    if !Path::new(EXISTING).exists() {
        eprintln!("SKIPPED: {EXISTING} is absent");
        return;
    }
    let existing: Value = serde_saphyr::from_str(&std::fs::read_to_string(EXISTING).expect("the file")).expect("YAML");
    let generated = serde_json::to_value(gateway::api::crd()).expect("JSON");
    let (theirs, ours) = (schema_rules(&existing), schema_rules(&generated));
    assert!(theirs.len() > 100, "the comparison must not be empty");
    let paths: BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
    for path in paths {
        if !allowed(path) {
            assert_eq!(theirs.get(path), ours.get(path), "existing (left) and generated (right) differ at {path}");
        }
    }
    for part in ["group", "names", "scope"] {
        let mut ours = generated["spec"][part].clone();
        if let Some(names) = ours.as_object_mut() {
            names.remove("categories");
            names.entry("listKind").or_insert(json!("RemediationRequestList"));
        }
        assert_eq!(existing["spec"][part], ours, "{part}");
    }
    let version = |crd: &Value, key: &str| crd["spec"]["versions"][0][key].clone();
    for key in ["name", "served", "storage", "selectableFields", "additionalPrinterColumns", "subresources"] {
        assert_eq!(version(&existing, key), version(&generated, key), "{key}");
    }
}

#[test]
fn status_of_a_newer_orchestrator_parses() {
    let status = json!({ "overallPhase": "Dreaming", "routingStatus": { "blockReason": "New" }, "fromTheFuture": 1 });
    let status: gateway::api::RemediationRequestStatus = serde_json::from_value(status).expect("a status");
    let phase = status.overall_phase.expect("a phase");
    assert!(!gateway::api::is_terminal(&phase));
}
