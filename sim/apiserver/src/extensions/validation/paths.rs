//! Simple paths into a schema, as selectable fields and rules name members
//! (k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go, ValidFieldPath).
use serde_json::Value;

/// The result of following a path.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// A node of the schema.
    Node(&'a Value),
    Nothing,
}

/// Follows `.a.b`, and `['a']` for members whose names are not identifiers.
pub(super) fn find<'a>(schema: &'a Value, path: &str) -> Found<'a> {
    let (mut node, mut rest) = (schema, path);
    while !rest.is_empty() {
        let Some((name, after)) = step(rest) else { return Found::Nothing };
        let member = node.get("properties").and_then(|properties| properties.get(name));
        let member = member.or_else(|| node.get("additionalProperties").filter(|schema| schema.is_object()));
        let Some(member) = member else { return Found::Nothing };
        (node, rest) = (member, after);
    }
    Found::Node(node)
}

fn step(path: &str) -> Option<(&str, &str)> {
    if let Some(rest) = path.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        return Some(rest.split_at(end)).filter(|(name, _)| !name.is_empty());
    }
    path.strip_prefix("['")?.split_once("']")
}
