//! Warnings about unknown formats (k8s.io/apiextensions-apiserver/pkg/apiserver/validation/formats.go).
use crate::base::go_text::quoted;
use crate::base::json::{list, text};
use serde_json::Value;

/// Formats of strings, without hyphens.
const TEXTS: [&str; 26] = [
    "bsonobjectid",
    "uri",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "cidr",
    "mac",
    "uuid",
    "uuid3",
    "uuid4",
    "uuid5",
    "isbn",
    "isbn10",
    "isbn13",
    "creditcard",
    "ssn",
    "hexcolor",
    "rgbcolor",
    "byte",
    "password",
    "date",
    "duration",
    "datetime",
    "k8sshortname",
    "k8slongname",
];

/// Warns about each unknown format that the definition did not have before.
pub(crate) fn warn(definition: &Value, old: Option<&Value>, warnings: &mut Vec<String>) {
    let of = |definition: &Value| {
        let mut found = Vec::new();
        for version in list(&definition["spec"], "versions") {
            unknown(&version["schema"]["openAPIV3Schema"], &mut found);
        }
        found
    };
    let before = old.map(of).unwrap_or_default();
    let new = of(definition).into_iter().filter(|format| !before.contains(format));
    warnings.extend(new.map(|format| format!("unrecognized format {format}", format = quoted(&format))));
}

fn unknown(node: &Value, found: &mut Vec<String>) {
    let format = text(node, "format");
    let known = match text(node, "type") {
        "" | "string" => TEXTS.contains(&format.replace('-', "").as_str()),
        "integer" => matches!(format, "int32" | "int64"),
        "number" => matches!(format, "float" | "double"),
        _ => false,
    };
    if !format.is_empty() && !known {
        found.push(format.to_owned());
    }
    let members = node["properties"].as_object().into_iter().flat_map(|members| members.values());
    let single = ["items", "additionalProperties", "not"].iter().filter_map(|member| node.get(*member));
    let several = ["allOf", "anyOf", "oneOf"].iter().flat_map(|member| list(node, member));
    members.chain(single).chain(several).for_each(|below| unknown(below, found));
}
