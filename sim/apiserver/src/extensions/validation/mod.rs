//! Validation of definitions (k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation), in the real server's
//! words.
//!
//! The real server validates its internal form of a definition, which moves whatever all versions share to the top
//! level: errors name `spec.validation` for `spec.versions[0].schema`. Long values that the real server shows in its
//! internal form are shown here as they were sent. Not checked: CEL cost limits.
use super::condition;
use crate::{
    base::{
        field_error::FieldError,
        json::{list, text},
        names::NameRule,
        status::{self, Outcome},
    },
    registry::resources::Registry,
};
use serde_json::Value;

mod choice;
mod conversion;
mod defaults;
pub(crate) mod formats;
mod parts;
mod paths;
mod place;
mod rules;
mod schema;
mod structural;

const APPROVAL: &str = "api-approved.kubernetes.io";
/// Members that all versions may share: name in a version, name at the top level of the spec.
const COMMON: [(&str, &str); 4] = [
    ("schema", "validation"),
    ("subresources", "subresources"),
    ("additionalPrinterColumns", "additionalPrinterColumns"),
    ("selectableFields", "selectableFields"),
];

/// Refuses a valid definition that needs something not simulated.
///
/// # Errors
/// 501 that names it.
pub(crate) fn check_simulated(definition: &Value, registry: &Registry) -> Outcome<()> {
    registry.defining(definition).map(drop).map_err(|why| status::not_simulated(&format!("this definition ({why})")))
}

/// Validates a definition; only its status if the status is written.
pub(crate) fn validate(definition: &Value, old: Option<&Value>, subresource: &str, errors: &mut Vec<FieldError>) {
    if subresource == "status" {
        return names(&definition["status"]["acceptedNames"], "status.acceptedNames", errors);
    }
    let spec = &definition["spec"];
    if old.is_none() {
        let name = definition.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        if name != format!("{}.{}", text(&spec["names"], "plural"), text(spec, "group")) {
            let detail = "must be spec.names.plural+\".\"+spec.group";
            errors.push(FieldError::invalid("metadata.name", &name.into(), detail));
        }
    }
    validate_spec(spec, old, errors);
    if let Some(old) = old {
        immutable(definition, old, errors);
    }
    names(&definition["status"]["acceptedNames"], "status.acceptedNames", errors);
    stored_versions(definition, errors);
    approval(definition, old, errors);
    let kept = |definition: &Value| definition["spec"]["preserveUnknownFields"] == true;
    if kept(definition) && !old.is_some_and(kept) {
        let detail =
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
        errors.push(FieldError::invalid("spec.preserveUnknownFields", &true.into(), detail));
    }
}

fn label(name: &str) -> Option<String> {
    let problems = NameRule::ServiceLabel.check(name);
    (!problems.is_empty()).then(|| problems.join(","))
}

/// Whether all versions share this member.
fn is_common(versions: &[Value], member: &str) -> bool {
    versions.first().is_some_and(|first| versions.iter().all(|version| version.get(member) == first.get(member)))
}

fn validate_spec(spec: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    group(text(spec, "group"), errors);
    choice::one_of("spec.scope", text(spec, "scope"), &["Cluster", "Namespaced"], errors);
    let versions = list(spec, "versions");
    for (index, version) in versions.iter().enumerate() {
        if version.pointer("/schema/openAPIV3Schema").is_none() {
            errors.push(FieldError::required(format!("spec.versions[{index}].schema.openAPIV3Schema"), ""));
        }
    }
    if spec["preserveUnknownFields"] == true && versions.iter().any(defaults::has_any) {
        let detail = "must be false in order to use defaults in the schema";
        errors.push(FieldError::invalid("spec.preserveUnknownFields", &true.into(), detail));
    }
    for (index, version) in versions.iter().enumerate() {
        let path = format!("spec.versions[{index}]");
        let name = text(version, "name");
        if let Some(problem) = label(name) {
            errors.push(FieldError::invalid(format!("{path}.name"), &name.into(), problem));
        }
        parts::deprecation(version, &path, errors);
        for (member, _) in COMMON.iter().filter(|(member, _)| !is_common(versions, member)) {
            parts::validate(version, member, &format!("{path}.{member}"), errors);
        }
    }
    version_names(spec, versions, errors);
    for member in ["plural", "singular", "kind", "listKind"] {
        if text(&spec["names"], member).is_empty() {
            errors.push(FieldError::required(format!("spec.names.{member}"), ""));
        }
    }
    names(&spec["names"], "spec.names", errors);
    for (member, above) in COMMON.iter().filter(|(member, _)| is_common(versions, member)) {
        parts::validate(&versions[0], member, &format!("spec.{above}"), errors);
    }
    conversion::validate(spec, old, errors);
}

fn group(group: &str, errors: &mut Vec<FieldError>) {
    let problems = NameRule::Subdomain.check(group);
    if group.is_empty() {
        errors.push(FieldError::required("spec.group", ""));
    } else if !problems.is_empty() {
        errors.push(FieldError::invalid("spec.group", &group.into(), problems.join(",")));
    } else if !group.contains('.') {
        errors.push(FieldError::invalid("spec.group", &group.into(), "should be a domain with at least one dot"));
    }
}

/// Checks that names are unique and exactly one version is stored.
fn version_names(spec: &Value, versions: &[Value], errors: &mut Vec<FieldError>) {
    let shown = if spec["versions"].is_null() { "null".to_owned() } else { shown_versions(versions) };
    let mut names: Vec<_> = versions.iter().map(|version| text(version, "name")).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    if names.len() < count {
        errors.push(FieldError::invalid_hidden("spec.versions", format!("{shown}: must contain unique version names")));
    }
    if versions.iter().filter(|version| version["storage"] == true).count() != 1 {
        let detail = format!("{shown}: must have exactly one version marked as storage version");
        errors.push(FieldError::invalid_hidden("spec.versions", detail));
    }
    let first = versions.first().map(|version| text(version, "name")).filter(|name| !name.is_empty());
    if let Some((name, problem)) = first.and_then(|name| Some((name, label(name)?))) {
        errors.push(FieldError::invalid("spec.version", &name.into(), problem));
    }
}

/// Versions in Go's internal form, without the members that all of them share.
fn shown_versions(versions: &[Value]) -> String {
    let part = |version: &Value, member: &str| match version.get(member) {
        Some(value) if !is_common(versions, member) => value.to_string(),
        _ => "null".to_owned(),
    };
    let flag = |version: &Value, member: &str| version[member] == true;
    let shown = versions.iter().map(|version| {
        format!(
            "{{\"Name\":{},\"Served\":{},\"Storage\":{},\"Deprecated\":{},\"DeprecationWarning\":{},\"Schema\":{},\
             \"Subresources\":{},\"AdditionalPrinterColumns\":{},\"SelectableFields\":{}}}",
            version["name"],
            flag(version, "served"),
            flag(version, "storage"),
            flag(version, "deprecated"),
            version.get("deprecationWarning").unwrap_or(&Value::Null),
            part(version, "schema"),
            part(version, "subresources"),
            part(version, "additionalPrinterColumns"),
            part(version, "selectableFields"),
        )
    });
    format!("[{}]", shown.collect::<Vec<_>>().join(","))
}

fn names(names: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let mut check = |member: &str, name: &str, said: &str, before: &str| {
        if let Some(problem) = label(name).filter(|_| !said.is_empty()) {
            errors.push(FieldError::invalid(format!("{path}.{member}"), &said.into(), format!("{before}{problem}")));
        }
    };
    const MIXED: &str = "may have mixed case, but should otherwise match: ";
    for (member, before) in [("plural", ""), ("singular", ""), ("kind", MIXED), ("listKind", MIXED)] {
        let name = text(names, member);
        let checked = if before.is_empty() { name.to_owned() } else { name.to_lowercase() };
        check(member, &checked, name, before);
    }
    let several = |member: &str, errors: &mut Vec<FieldError>| {
        for (index, name) in list(names, member).iter().enumerate() {
            if let Some(problem) = label(name.as_str().unwrap_or_default()) {
                errors.push(FieldError::invalid(format!("{path}.{member}[{index}]"), name, problem));
            }
        }
    };
    several("shortNames", errors);
    let (kind, list_kind) = (text(names, "kind"), text(names, "listKind"));
    if !kind.is_empty() && kind == list_kind {
        let detail = "kind and listKind may not be the same";
        errors.push(FieldError::invalid(format!("{path}.listKind"), &list_kind.into(), detail));
    }
    several("categories", errors);
}

/// Scope and kind are immutable once the definition is established; group and plural always.
fn immutable(new: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let established = condition::is(old, "Established");
    for (pointer, field, always) in [
        ("/spec/scope", "spec.scope", false),
        ("/spec/names/kind", "spec.names.kind", false),
        ("/spec/group", "spec.group", true),
        ("/spec/names/plural", "spec.names.plural", true),
    ] {
        let value = new.pointer(pointer).unwrap_or(&Value::Null);
        if (always || established) && old.pointer(pointer).unwrap_or(&Value::Null) != value {
            errors.push(FieldError::invalid(field, value, "field is immutable"));
        }
    }
}

fn stored_versions(definition: &Value, errors: &mut Vec<FieldError>) {
    let (field, known) = ("status.storedVersions", &definition["status"]["storedVersions"]);
    let stored = list(&definition["status"], "storedVersions");
    if stored.is_empty() {
        errors.push(FieldError::invalid(field, known, "must have at least one stored version"));
        return;
    }
    let mut left: Vec<(usize, &Value)> = stored.iter().enumerate().collect();
    for version in list(&definition["spec"], "versions") {
        let name = version.get("name").unwrap_or(&Value::Null);
        let before = left.len();
        left.retain(|(_, stored)| *stored != name);
        if version["storage"] == true && left.len() == before {
            let detail = format!("must have the storage version {}", text(version, "name"));
            errors.push(FieldError::invalid(field, known, detail));
        }
    }
    for (index, version) in left {
        let name = version.as_str().unwrap_or_default();
        let detail = format!(
            "missing from spec.versions; {name} was previously a storage version, and must remain in \
             spec.versions until a storage migration ensures no data remains persisted in {name} and removes {name} \
             from status.storedVersions"
        );
        errors.push(FieldError::invalid(format!("{field}[{index}]"), version, detail));
    }
}

/// Kubernetes' own groups need an approval annotation (k8s.io/apiextensions-apiserver/pkg/apihelpers/helpers.go).
fn approval(new: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    let group = text(&new["spec"], "group");
    if !["k8s.io", "kubernetes.io"].iter().any(|own| group == *own || group.ends_with(&format!(".{own}"))) {
        return;
    }
    fn annotation(definition: &Value) -> &str {
        definition["metadata"]["annotations"][APPROVAL].as_str().unwrap_or_default()
    }
    let is_good = |text: &str| {
        text.starts_with("unapproved")
            || text.parse::<http::Uri>().is_ok_and(|uri| uri.scheme().is_some() && uri.host().is_some())
    };
    let state = |text: &str| (text.is_empty(), is_good(text));
    let given = annotation(new);
    if is_good(given) || old.is_some_and(|old| state(annotation(old)) == state(given)) {
        return;
    }
    let field = format!("metadata.annotations[{APPROVAL}]");
    let (needed, see) =
        ("protected groups must have approval annotation", "see https://github.com/kubernetes/enhancements/pull/1111");
    if given.is_empty() {
        errors.push(FieldError::required(field, &format!("{needed} {APPROVAL:?}, {see}")));
    } else {
        let detail = format!("{needed} {APPROVAL:?} with either a URL or a reason starting with \"unapproved\", {see}");
        errors.push(FieldError::invalid(field, &given.into(), detail));
    }
}
