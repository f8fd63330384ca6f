//! Validation of a schema in OpenAPI's terms and with Kubernetes' extensions, node by node
//! (k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation, ValidateCustomResourceDefinitionOpenAPISchema).
use super::{
    defaults,
    place::{Found, Place},
    rules, structural,
};
use crate::base::{
    field_error::FieldError,
    json::{list, text},
};
use serde_json::Value;

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
/// The members that the root may have if the status is a subresource: name in a schema, name in Go.
const ROOT: [(&str, &str); 22] = [
    ("description", "Description"),
    ("type", "Type"),
    ("format", "Format"),
    ("title", "Title"),
    ("maximum", "Maximum"),
    ("exclusiveMaximum", "ExclusiveMaximum"),
    ("minimum", "Minimum"),
    ("exclusiveMinimum", "ExclusiveMinimum"),
    ("maxLength", "MaxLength"),
    ("minLength", "MinLength"),
    ("pattern", "Pattern"),
    ("maxItems", "MaxItems"),
    ("minItems", "MinItems"),
    ("uniqueItems", "UniqueItems"),
    ("multipleOf", "MultipleOf"),
    ("required", "Required"),
    ("items", "Items"),
    ("properties", "Properties"),
    ("externalDocs", "ExternalDocs"),
    ("example", "Example"),
    ("x-kubernetes-preserve-unknown-fields", "XPreserveUnknownFields"),
    ("x-kubernetes-validations", "XValidations"),
];

/// Validates a version's schema.
pub(super) fn validate(schema: &Value, has_status: bool, path: &str, errors: &mut Vec<FieldError>) {
    let before = errors.len();
    if has_status {
        root(schema, path, errors);
    }
    if schema["nullable"] == true {
        errors.push(FieldError::forbidden(format!("{path}.nullable"), "nullable cannot be true at the root"));
    }
    let supported = structural::is_supported(schema);
    let mut sound = supported;
    if supported {
        let mut found = structural::validate(schema, path);
        if found.is_empty() {
            defaults::validate(schema, path, &mut found);
        }
        sound = found.is_empty();
        errors.extend(found);
    }
    let mut found = Found::default();
    let place = Place { is_root: true, rules: sound, ..Place::default() };
    node(schema, path, &place, &mut found);
    errors.extend(found.schema);
    errors.extend(found.rules);
    if errors.len() == before && !supported {
        errors.push(FieldError::invalid(path, &"".into(), "the schema is not structural"));
    }
}

fn root(schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let kind = text(schema, "type");
    if kind != "object" {
        let detail =
            "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled";
        errors.push(FieldError::invalid(format!("{path}.type"), &kind.into(), detail));
        return;
    }
    let allowed = |member: &String| ROOT.iter().any(|(known, _)| known == member);
    if !schema.as_object().is_some_and(|members| members.keys().all(allowed)) {
        let names = ROOT.map(|(_, name)| name).join(" ");
        let detail =
            format!("only [{names}] fields are allowed at the root of the schema if the status subresource is enabled");
        errors.push(FieldError::invalid(path, schema, detail));
    }
}

fn node(schema: &Value, path: &str, place: &Place<'_>, found: &mut Found) {
    standard(schema, path, place, &mut found.schema);
    if schema["uniqueItems"] == true {
        let detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        found.schema.push(FieldError::forbidden(format!("{path}.uniqueItems"), detail));
    }
    children(schema, path, place, found);
    extensions(schema, path, &mut found.schema);
    rules::validate(schema, path, place, found);
}

fn standard(schema: &Value, path: &str, place: &Place<'_>, errors: &mut Vec<FieldError>) {
    let kind = text(schema, "type");
    if !kind.is_empty() && !TYPES.contains(&kind) {
        let known = TYPES.map(Value::from);
        errors.push(FieldError::not_supported(format!("{path}.type"), &kind.into(), &known.each_ref()));
    }
    if let (Some(why), Some(_)) = (place.no_default, schema.get("default")) {
        errors.push(FieldError::forbidden(format!("{path}.default"), format!("must not be set {why}")));
    }
    for member in ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"] {
        if schema.get(member).is_some() {
            errors.push(FieldError::forbidden(format!("{path}.{member}"), format!("{member} is not supported")));
        }
    }
    if kind == "null" {
        let detail = "type cannot be set to null, use nullable as an alternative";
        errors.push(FieldError::forbidden(format!("{path}.type"), detail));
    }
    if schema["items"].as_array().is_some_and(|items| !items.is_empty()) {
        let detail = "items must be a schema object and not an array";
        errors.push(FieldError::forbidden(format!("{path}.items"), detail));
    }
    if place.in_metadata && schema["x-kubernetes-embedded-resource"] == true {
        let field = format!("{path}.x-kubernetes-embedded-resource");
        errors.push(FieldError::forbidden(field, "must not be used inside of resource meta"));
    }
}

fn children(schema: &Value, path: &str, place: &Place<'_>, found: &mut Found) {
    let members = schema["properties"].as_object();
    if let Some(additional) = schema.get("additionalProperties") {
        let path = format!("{path}.additionalProperties");
        if members.is_some_and(|members| !members.is_empty()) && *additional != Value::Bool(true) {
            let detail = "additionalProperties and properties are mutual exclusive";
            found.schema.push(FieldError::forbidden(path.as_str(), detail));
        }
        if additional.is_object() {
            let why = "inside additionalProperties applying to object metadata";
            let no_default = if place.in_metadata { Some(why) } else { place.no_default };
            node(additional, &path, &Place { no_default, ..place.below() }, found);
        }
    }
    for (name, member) in members.into_iter().flatten() {
        let mut below = place.below();
        if text(schema, "x-kubernetes-map-type") == "atomic" {
            below = below.without_old(path);
        }
        let embedded = schema["x-kubernetes-embedded-resource"] == true;
        if (place.is_root || embedded) && matches!(name.as_str(), "metadata" | "kind" | "apiVersion") {
            below.in_metadata = true;
        }
        let why = format!("in top-level {name}");
        let no_default = if place.is_root && below.in_metadata { Some(why.as_str()) } else { place.no_default };
        node(member, &format!("{path}.properties[{name}]"), &Place { no_default, ..below }, found);
    }
    let branch = Place { rules: false, ..place.below() };
    if let Some(not) = schema.get("not") {
        node(not, &format!("{path}.not"), &branch, found);
    }
    for member in ["allOf", "oneOf", "anyOf"] {
        for (index, below) in list(schema, member).iter().enumerate() {
            node(below, &format!("{path}.{member}[{index}]"), &branch, found);
        }
    }
    if let Some(items) = schema.get("items").filter(|items| items.is_object()) {
        let below = place.below();
        let keyed = text(schema, "x-kubernetes-list-type") == "map";
        let below = if keyed { below } else { below.without_old(path) };
        node(items, &format!("{path}.items"), &below, found);
    }
}

fn extensions(schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let kept = "x-kubernetes-preserve-unknown-fields";
    if schema.get(kept) == Some(&Value::Bool(false)) {
        errors.push(FieldError::invalid(format!("{path}.{kept}"), &false.into(), "must be true or undefined"));
    }
    typed(schema, path, "x-kubernetes-map-type", "object", &["atomic", "granular"], errors);
    let before = errors.len();
    typed(schema, path, "x-kubernetes-list-type", "array", &[], errors);
    let (list_type, items) = (schema.get("x-kubernetes-list-type"), schema.get("items"));
    if let (true, "set", Some(items)) = (errors.len() == before, text(schema, "x-kubernetes-list-type"), items) {
        set_items(items, &format!("{path}.items"), errors);
    }
    if list_type.is_some() {
        typed(schema, path, "x-kubernetes-list-type", "", &["atomic", "set", "map"], errors);
    }
    let keys = list(schema, "x-kubernetes-list-map-keys");
    let (field, detail) =
        (format!("{path}.x-kubernetes-list-type"), "must be map if x-kubernetes-list-map-keys is non-empty");
    match list_type {
        None if !keys.is_empty() => errors.push(FieldError::required(field, detail)),
        Some(kind) if !keys.is_empty() && kind != "map" => errors.push(FieldError::invalid(field, kind, detail)),
        _ => {}
    }
    if text(schema, "x-kubernetes-list-type") == "map" {
        map_keys(schema, keys, path, errors);
    }
    if let (Some(items), kind @ ("set" | "map")) = (items, text(schema, "x-kubernetes-list-type")) {
        entries(items, kind, keys, &format!("{path}.items"), errors);
    }
}

/// Checks an extension: its node's type, if it requires one, and its value, if only some are allowed.
fn typed(schema: &Value, path: &str, member: &str, kind: &str, values: &[&str], errors: &mut Vec<FieldError>) {
    let Some(given) = schema.get(member) else { return };
    let (found, field) = (text(schema, "type"), format!("{path}.type"));
    let detail = format!("must be {kind} if {member} is specified");
    match found {
        _ if kind.is_empty() || found == kind => {}
        "" => errors.push(FieldError::required(field, &detail)),
        found => errors.push(FieldError::invalid(field, &found.into(), detail)),
    }
    if !values.is_empty() && !values.iter().any(|known| given == *known) {
        let known: Vec<Value> = values.iter().map(|text| Value::from(*text)).collect();
        errors.push(FieldError::not_supported(format!("{path}.{member}"), given, &known.iter().collect::<Vec<_>>()));
    }
}

/// The items of a set must be atomic, because they are compared as a whole.
fn set_items(items: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let (list_type, map_type) = (items.get("x-kubernetes-list-type"), items.get("x-kubernetes-map-type"));
    let shown = list_type.unwrap_or(&Value::Null);
    let detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
    match text(items, "type") {
        "array" if list_type.is_some_and(|kind| kind != "atomic") => {
            errors.push(FieldError::invalid(format!("{path}.x-kubernetes-list-type"), shown, detail));
        }
        "object" if map_type.is_none_or(|kind| kind != "atomic") => {
            errors.push(FieldError::invalid(format!("{path}.x-kubernetes-map-type"), shown, detail));
        }
        _ => {}
    }
}

fn map_keys(schema: &Value, keys: &[Value], path: &str, errors: &mut Vec<FieldError>) {
    let field = format!("{path}.x-kubernetes-list-map-keys");
    if keys.is_empty() {
        errors.push(FieldError::required(field.as_str(), "must not be empty if x-kubernetes-list-type is map"));
    }
    let Some(items) = schema.get("items") else {
        let detail = "must have a schema if x-kubernetes-list-type is map";
        return errors.push(FieldError::required(format!("{path}.items"), detail));
    };
    let kind = text(items, "type");
    if kind != "object" {
        let detail = "must be object if parent array's x-kubernetes-list-type is map";
        return errors.push(FieldError::invalid(format!("{path}.items.type"), &kind.into(), detail));
    }
    let shown = Value::from(keys.to_vec());
    for (index, key) in keys.iter().enumerate() {
        let name = key.as_str().unwrap_or_default();
        match items["properties"].get(name).map(|member| text(member, "type")) {
            Some("array" | "object") => {
                let field = format!("{path}.items.properties[{name}].type");
                let detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
                errors.push(FieldError::invalid(field, &kind.into(), detail));
            }
            Some(_) => {}
            None => {
                errors.push(FieldError::invalid(field.as_str(), &shown, "entries must all be names of item properties"))
            }
        }
        if keys[..index].contains(key) {
            errors.push(FieldError::invalid(field.as_str(), &shown, "must not contain duplicate entries"));
        }
    }
}

/// Neither the items nor their keys may be nullable or optional.
fn entries(items: &Value, kind: &str, keys: &[Value], path: &str, errors: &mut Vec<FieldError>) {
    if items["nullable"] == true {
        let detail = format!("cannot be nullable when x-kubernetes-list-type is {kind}");
        errors.push(FieldError::forbidden(format!("{path}.nullable"), detail));
    }
    for key in keys.iter().filter(|_| kind == "map") {
        let name = key.as_str().unwrap_or_default();
        let Some(member) = items["properties"].get(name) else { continue };
        let field = format!("{path}.properties[{name}]");
        if !list(items, "required").contains(key) && member.get("default").is_none() {
            let detail =
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
            errors.push(FieldError::required(format!("{field}.default"), detail));
        }
        if member["nullable"] == true {
            let detail = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
            errors.push(FieldError::forbidden(format!("{field}.nullable"), detail));
        }
    }
}
