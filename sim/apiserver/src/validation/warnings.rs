//! Warnings on successful writes: repeated owners (k8s.io/apiserver/pkg/endpoints/handlers/rest.go) and finalizers of
//! custom resources without a domain (k8s.io/apiextensions-apiserver/pkg/registry/customresource/validator.go).
use super::metadata::STANDARD_FINALIZERS;
use crate::base::{go_text::quoted, names, object};
use serde_json::Value;

/// Drops owners that are repeated exactly, with a warning; `when` is empty, or says that admission ran before.
pub(crate) fn drop_repeated_owners(value: &mut Value, when: &str, warnings: &mut Vec<String>) {
    let Some(Value::Array(owners)) = object::metadata_mut(value).get_mut("ownerReferences") else { return };
    let mut repeated = Vec::new();
    let mut at = 0;
    while at < owners.len() {
        if owners[..at].contains(&owners[at]) {
            let owner = owners.remove(at);
            repeated.push(owner.get("uid").and_then(Value::as_str).unwrap_or_default().to_owned());
        } else {
            at += 1;
        }
    }
    if !repeated.is_empty() {
        let uids = repeated.join(", ");
        warnings.push(format!(
            ".metadata.ownerReferences contains duplicate entries{when}; API server dedups owner references in 1.20+, \
             and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {uids}"
        ));
    }
}

/// Adds warnings about finalizers that a custom resource did not have before.
pub(crate) fn finalizers(new: &Value, old: Option<&Value>, warnings: &mut Vec<String>) {
    let before = old.map(object::finalizers).unwrap_or_default();
    let mut added: Vec<_> = object::finalizers(new).into_iter().filter(|name| !before.contains(name)).collect();
    added.sort_unstable();
    added.dedup();
    for name in added {
        let problems = names::qualified_name(name).into_iter();
        warnings.extend(problems.map(|problem| format!("metadata.finalizers: {}: {problem}", quoted(name))));
        if !name.contains('/') && !STANDARD_FINALIZERS.contains(&name) {
            let path = if name.contains('.') { " including a path (/)" } else { "" };
            warnings.push(format!(
                "metadata.finalizers: {}: prefer a domain-qualified finalizer name{path} to avoid accidental \
                 conflicts with other finalizer writers",
                quoted(name)
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn repeated_owner_is_dropped_with_a_warning() {
        let owner = json!({"kind": "Pod", "uid": "u"});
        let mut value = json!({"metadata": {"ownerReferences": [owner, {"kind": "Node", "uid": "u"}, owner]}});
        let mut warnings = Vec::new();
        drop_repeated_owners(&mut value, "", &mut warnings);
        assert_eq!(value.pointer("/metadata/ownerReferences").and_then(Value::as_array).map(Vec::len), Some(2));
        assert!(warnings[0].ends_with("observed: u"), "{warnings:?}");
    }

    #[test]
    fn finalizers_are_warned_of_once() {
        let with = |names: &[&str]| json!({"metadata": {"finalizers": names}});
        let mut warnings = Vec::new();
        finalizers(&with(&["orphan", "example.com/a", "bad", "a.b"]), Some(&with(&["bad"])), &mut warnings);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].contains("including a path (/)"), "{warnings:?}");
    }
}
