//! Whether a schema is structural: every member that it mentions is declared, and the branches of anyOf and the like
//! only restrict (k8s.io/apiextensions-apiserver/pkg/apiserver/schema/{validation,complete}.go).
use crate::base::{
    field_error::FieldError,
    json::{list, text},
    pattern::Pattern,
};
use serde_json::{Value, json};

/// Position of a node in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

/// Members that are unsupported in any schema; other checks report them.
const UNSUPPORTED: [&str; 6] = ["id", "$ref", "additionalItems", "patternProperties", "definitions", "dependencies"];

/// Restrictions on a branch: a member, and the message if it violates them.
const BRANCH: [(&str, &str); 10] = [
    ("type", "must be empty to be structural"),
    ("default", "must be undefined to be structural"),
    ("title", "must be empty to be structural"),
    ("description", "must be empty to be structural"),
    ("nullable", "must be false to be structural"),
    ("x-kubernetes-preserve-unknown-fields", "must be false to be structural"),
    ("x-kubernetes-embedded-resource", "must be false to be structural"),
    ("x-kubernetes-int-or-string", "must be false to be structural"),
    ("x-kubernetes-list-map-keys", "must be empty to be structural"),
    ("x-kubernetes-validations", "must be empty to be structural"),
];

/// Whether the node is free of unsupported members.
pub(super) fn is_supported(node: &Value) -> bool {
    let bad = UNSUPPORTED.iter().any(|member| node.get(*member).is_some()) || node["items"].is_array();
    let several = ["allOf", "anyOf", "oneOf"].iter().flat_map(|member| list(node, member));
    let single = ["items", "not", "additionalProperties"].iter().filter_map(|member| node.get(*member));
    let members = node["properties"].as_object().into_iter().flat_map(|members| members.values());
    !bad && several.chain(single).chain(members).all(is_supported)
}

/// The reasons why a schema is not structural, sorted.
pub(super) fn validate(schema: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    invariants(schema, Level::Root, path, &mut errors);
    complete_branches(schema, schema, path, path, &mut errors);
    errors.sort_by_key(ToString::to_string);
    errors
}

fn members(node: &Value) -> impl Iterator<Item = (&String, &Value)> {
    node["properties"].as_object().into_iter().flatten()
}

fn invariants(node: &Value, level: Level, path: &str, errors: &mut Vec<FieldError>) {
    if text(node, "type") == "array" && node.get("items").is_none() {
        errors.push(FieldError::required(format!("{path}.items"), "must be specified"));
    }
    if let Some(items) = node.get("items") {
        invariants(items, Level::Item, &format!("{path}.items"), errors);
    }
    for (name, member) in members(node) {
        invariants(member, Level::Field, &format!("{path}.properties[{name}]"), errors);
    }
    if let Some(additional) = node.get("additionalProperties") {
        let path = format!("{path}.additionalProperties");
        if level == Level::Root {
            errors.push(FieldError::forbidden(path.as_str(), "must not be used at the root"));
        }
        if additional.is_object() {
            invariants(additional, Level::Field, &path, errors);
        }
    }
    extensions(node, path, errors);
    let int_or_string = json!([{"type": "integer"}, {"type": "string"}]);
    let skip_any = node["anyOf"] == int_or_string;
    let skip_first = node["allOf"][0]["anyOf"] == int_or_string;
    branches(node, skip_any, skip_first, path, errors);
    kinds(node, level, path, errors);
    if let Some(metadata) = node["properties"].get("metadata") {
        let embedded = node["x-kubernetes-embedded-resource"] == true;
        restricted(metadata, level, embedded, &format!("{path}.properties[metadata]"), errors);
    }
}

fn extensions(node: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let detail = "must be false if x-kubernetes-int-or-string is true";
    for member in ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"] {
        if node["x-kubernetes-int-or-string"] == true && node[member] == true {
            errors.push(FieldError::invalid(format!("{path}.{member}"), &true.into(), detail));
        }
    }
}

/// Checks the type of a node, and what an embedded resource requires.
fn kinds(node: &Value, level: Level, path: &str, errors: &mut Vec<FieldError>) {
    let (kind, field) = (text(node, "type"), format!("{path}.type"));
    let flag = |member: &str| node[member] == true;
    let embedded = flag("x-kubernetes-embedded-resource");
    if embedded && kind != "object" {
        let detail = "must be object if x-kubernetes-embedded-resource is true";
        errors.push(match kind {
            "" => FieldError::required(field.as_str(), detail),
            kind => FieldError::invalid(field.as_str(), &kind.into(), detail),
        });
    } else if kind.is_empty() && !flag("x-kubernetes-int-or-string") && !flag("x-kubernetes-preserve-unknown-fields") {
        errors.push(FieldError::required(
            field.as_str(),
            match level {
                Level::Root => "must not be empty at the root",
                Level::Item => "must not be empty for specified array items",
                Level::Field => "must not be empty for specified object fields",
            },
        ));
    }
    if embedded && node.get("additionalProperties").is_some() {
        let detail = "must not be used if x-kubernetes-embedded-resource is set";
        errors.push(FieldError::forbidden(format!("{path}.additionalProperties"), detail));
    }
    if level == Level::Root && !kind.is_empty() && kind != "object" {
        errors.push(FieldError::invalid(field, &kind.into(), "must be object at the root"));
    }
    for member in ["kind", "apiVersion"].into_iter().filter(|_| level == Level::Root || embedded) {
        if let Some(found) = node["properties"].get(member).filter(|found| text(found, "type") != "string") {
            let field = format!("{path}.properties[{member}].type");
            errors.push(FieldError::invalid(field, &text(found, "type").into(), "must be string"));
        }
    }
    if embedded && !flag("x-kubernetes-preserve-unknown-fields") && members(node).next().is_none() {
        let detail =
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
        errors.push(FieldError::required(format!("{path}.properties"), detail));
    }
}

/// The metadata of a resource can only restrict name and generateName.
fn restricted(metadata: &Value, level: Level, embedded: bool, path: &str, errors: &mut Vec<FieldError>) {
    if (level == Level::Root || embedded) && text(metadata, "type") != "object" {
        let kind = text(metadata, "type");
        errors.push(FieldError::invalid(format!("{path}.type"), &kind.into(), "must be object"));
    }
    if level != Level::Root {
        return;
    }
    let only_names = members(metadata).all(|(name, _)| matches!(name.as_str(), "name" | "generateName"));
    let others = metadata
        .as_object()
        .into_iter()
        .flatten()
        .any(|(member, _)| !matches!(member.as_str(), "type" | "properties" | "default"));
    if !only_names || others {
        let detail = "must not specify anything other than name and generateName, but metadata is implicitly specified";
        errors.push(FieldError::forbidden(path, detail));
    }
}

fn branches(node: &Value, skip_any: bool, skip_first: bool, path: &str, errors: &mut Vec<FieldError>) {
    for member in ["anyOf", "allOf", "oneOf"] {
        for (index, branch) in list(node, member).iter().enumerate() {
            if member == "anyOf" && skip_any {
                continue;
            }
            let skip = member == "allOf" && skip_first && index == 0;
            nested(branch, skip, &format!("{path}.{member}[{index}]"), errors);
        }
    }
    if let Some(not) = node.get("not") {
        nested(not, false, &format!("{path}.not"), errors);
    }
    let pattern = text(node, "pattern");
    if let Err(why) = Pattern::new(pattern) {
        let detail = format!("must be a valid regular expression, but isn't: {why}");
        errors.push(FieldError::invalid(format!("{path}.pattern"), &pattern.into(), detail));
    }
}

fn nested(branch: &Value, skip_any: bool, path: &str, errors: &mut Vec<FieldError>) {
    branches(branch, skip_any, false, path, errors);
    if let Some(items) = branch.get("items") {
        nested(items, false, &format!("{path}.items"), errors);
    }
    for (name, member) in members(branch) {
        nested(member, false, &format!("{path}.properties[{name}]"), errors);
    }
    if branch.get("additionalProperties").is_some() {
        let detail = "must be undefined to be structural";
        errors.push(FieldError::forbidden(format!("{path}.additionalProperties"), detail));
    }
    for (member, detail) in BRANCH {
        if branch.get(member).is_some() {
            errors.push(FieldError::forbidden(format!("{path}.{member}"), detail));
        }
    }
    for member in ["x-kubernetes-list-type", "x-kubernetes-map-type"] {
        if branch.get(member).is_some() {
            errors.push(FieldError::forbidden(format!("{path}.{member}"), "must be undefined to be structural"));
        }
    }
    if branch["properties"].get("metadata").is_some() {
        let detail = "must not be specified in a nested context";
        errors.push(FieldError::forbidden(format!("{path}.properties[metadata]"), detail));
    }
}

/// Checks that every member mentioned in a branch of the root is declared outside of it.
fn complete_branches(branching: &Value, node: &Value, path: &str, said: &str, errors: &mut Vec<FieldError>) {
    if let Some(not) = branching.get("not") {
        complete(not, node, path, &format!("{said}.not"), errors);
    }
    for member in ["allOf", "anyOf", "oneOf"] {
        for (index, branch) in list(branching, member).iter().enumerate() {
            complete(branch, node, path, &format!("{said}.{member}[{index}]"), errors);
        }
    }
}

fn complete(branch: &Value, node: &Value, path: &str, said: &str, errors: &mut Vec<FieldError>) {
    complete_branches(branch, node, path, said, errors);
    let items = branch.get("items").map(|items| (items, node.get("items"), ".items".to_owned()));
    let properties =
        members(branch).map(|(name, member)| (member, node["properties"].get(name), format!(".properties[{name}]")));
    for (below, declared, step) in items.into_iter().chain(properties) {
        let (path, said) = (format!("{path}{step}"), format!("{said}{step}"));
        match declared {
            Some(declared) => complete(below, declared, &path, &said, errors),
            None => errors.push(FieldError::required(path, &format!("because it is defined in {said}"))),
        }
    }
}
