//! Converts a definition into the kinds that it serves, one for each version
//! (k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go, getOrCreateServingInfoFor).
use super::{
    columns::{custom::Column, jsonpath::JsonPathError},
    converter::Converter,
    error::RegistryError,
    kind::{Generation, Kind, ResetFields, Scale},
};
use crate::{
    base::{
        id::ResourceId,
        json::text,
        names::NameRule,
        path::Path,
        selectors::field::{SelectableField, metadata_fields},
    },
    schema::Schema,
    structured_merge::{Types, set::Set},
};
use serde_json::Value;
use std::{cmp::Reverse, sync::Arc};

/// The names under which a definition's kinds are served.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) group: String,
    pub(crate) plural: String,
    singular: String,
    kind: String,
    list_kind: String,
    short_names: Vec<String>,
    categories: Vec<String>,
    namespaced: bool,
}

impl Names {
    /// The accepted names, or the requested ones if none have been accepted yet.
    ///
    /// # Errors
    /// If a name without a default is missing.
    pub(crate) fn of(definition: &Value) -> Result<Self, RegistryError> {
        let accepted = definition.pointer("/status/acceptedNames");
        let accepted = accepted.filter(|names| names["plural"].as_str().is_some_and(|plural| !plural.is_empty()));
        let names = accepted.or_else(|| definition.pointer("/spec/names")).unwrap_or(&Value::Null);
        let text = |member: &str| names.get(member).and_then(Value::as_str).map(str::to_owned);
        let list = |member: &str| {
            let items = names.get(member).and_then(Value::as_array).into_iter().flatten();
            items.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let required = |pointer: &'static str| {
            definition.pointer(pointer).and_then(Value::as_str).ok_or(RegistryError::Missing(pointer))
        };
        let kind = text("kind").ok_or(RegistryError::Missing("/spec/names/kind"))?;
        Ok(Self {
            group: required("/spec/group")?.to_owned(),
            plural: text("plural").ok_or(RegistryError::Missing("/spec/names/plural"))?,
            singular: text("singular").unwrap_or_else(|| kind.to_ascii_lowercase()),
            list_kind: text("listKind").unwrap_or_else(|| format!("{kind}List")),
            kind,
            short_names: list("shortNames"),
            categories: list("categories"),
            namespaced: required("/spec/scope")? == "Namespaced",
        })
    }
}

/// The versions in a definition.
pub(crate) fn versions(definition: &Value) -> &[Value] {
    definition.pointer("/spec/versions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn flag(version: &Value, member: &str) -> bool {
    version.get(member).and_then(Value::as_bool).unwrap_or_default()
}

/// The kind of each version, and whether it is served. `ids` are the ids of the versions; `home` is the resource that
/// holds the objects, by default the first version's own.
///
/// # Errors
/// If no version is stored, one has no schema, or a schema, a rule or a column does not compile.
pub(crate) fn kinds(
    definition: &Value,
    names: &Names,
    ids: &[ResourceId],
    home: Option<ResourceId>,
) -> Result<Vec<(Arc<Kind>, bool)>, RegistryError> {
    let versions: Vec<_> = versions(definition).iter().zip(ids.iter().copied()).collect();
    let stored = versions.iter().position(|(version, _)| flag(version, "storage"));
    let stored = stored.ok_or(RegistryError::Missing("/spec/versions with storage: true"))?;
    let storage = home.or_else(|| ids.first().copied()).unwrap_or(versions[stored].1);
    let all: Vec<&Value> = versions.iter().map(|(version, _)| *version).collect();
    let converter = Converter::of(definition);
    let compile = |index: usize, stored_as| -> Result<Arc<Kind>, RegistryError> {
        let (version, id) = versions[index];
        Ok(Arc::new(Kind { storage, stored_as, converter: converter.clone(), ..kind(version, &all, names, id)? }))
    };
    let storage_kind = compile(stored, None)?;
    let mut kinds = Vec::with_capacity(versions.len());
    for (index, (version, _)) in versions.iter().enumerate() {
        let kind =
            if index == stored { Arc::clone(&storage_kind) } else { compile(index, Some(Arc::clone(&storage_kind)))? };
        kinds.push((kind, version.get("served") != Some(&Value::Bool(false))));
    }
    Ok(kinds)
}

fn kind(version: &Value, all: &[&Value], names: &Names, id: ResourceId) -> Result<Kind, RegistryError> {
    let schema = version.pointer("/schema/openAPIV3Schema").ok_or(RegistryError::Missing("/schema/openAPIV3Schema"))?;
    let name = version.get("name").and_then(Value::as_str).ok_or(RegistryError::Missing("name"))?;
    let mut fields = metadata_fields(names.namespaced);
    let selectable = version.get("selectableFields").and_then(Value::as_array).into_iter().flatten();
    let paths = selectable.filter_map(|f| f.get("jsonPath")?.as_str());
    fields.extend(paths.map(|path| SelectableField::new(path.trim_start_matches('.'))));
    let has_status = version.pointer("/subresources/status").is_some();
    let (types, root_type) = Types::custom(schema);
    Ok(Kind {
        id,
        storage: id,
        stored_as: None,
        converter: None,
        shows: None,
        siblings: all.iter().map(|other| format!("{}/{}", names.group, text(other, "name"))).collect(),
        group: names.group.clone(),
        version: name.to_owned(),
        api_version: format!("{}/{name}", names.group),
        plural: names.plural.clone(),
        singular: names.singular.clone(),
        kind: names.kind.clone(),
        list_kind: names.list_kind.clone(),
        short_names: names.short_names.clone(),
        categories: names.categories.clone(),
        namespaced: names.namespaced,
        custom: true,
        has_status,
        below: &[],
        create_on_update: false,
        unconditional_update: false,
        generation: Generation::Counted,
        returns_deleted: false,
        name_rule: NameRule::Subdomain,
        fields,
        create_only: false,
        computed: false,
        go: None,
        columns: columns(version)?,
        schema: Some(Schema::compile(schema, &Path::Root.to_string())?),
        types: Arc::new(types),
        root_type,
        reset: ResetFields {
            main: if has_status { Set::of(&["status"]) } else { Set::default() },
            status: Set::of(&["metadata", "spec"]),
        },
        openapi: Some(schema.clone()),
        scale: version.pointer("/subresources/scale").map(scale),
        deprecation: deprecation(version, all, names),
    })
}

fn scale(scale: &Value) -> Scale {
    let pointer = |member: &str| {
        let path = scale.get(member).and_then(Value::as_str).unwrap_or_default();
        path.replace('.', "/")
    };
    let (spec, status) = (pointer("specReplicasPath"), pointer("statusReplicasPath"));
    // An empty pointer would select the whole object.
    let selector = Some(pointer("labelSelectorPath")).filter(|path| !path.is_empty()).unwrap_or_else(|| "/".into());
    Scale { spec, status, selector }
}

/// The warning for a deprecated version; it names the newest version that is not deprecated.
fn deprecation(version: &Value, all: &[&Value], names: &Names) -> Option<String> {
    version.get("deprecated").and_then(Value::as_bool).filter(|deprecated| *deprecated)?;
    if let Some(given) = version.get("deprecationWarning").and_then(Value::as_str) {
        return Some(given.to_owned());
    }
    let name = |version: &Value| version.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (own, Names { group, kind, .. }) = (name(version), names);
    let usable = all.iter().filter(|v| flag(v, "served") && !flag(v, "deprecated")).map(|v| name(v));
    let newer = usable.filter(|other| priority(other) > priority(&own)).max_by(|a, b| priority(a).cmp(&priority(b)));
    let instead = newer.map(|newer| format!("; use {group}/{newer} {kind}")).unwrap_or_default();
    Some(format!("{group}/{own} {kind} is deprecated{instead}"))
}

/// `additionalPrinterColumns`; by default only the age.
fn columns(version: &Value) -> Result<Vec<Column>, JsonPathError> {
    match version.get("additionalPrinterColumns").and_then(Value::as_array).filter(|columns| !columns.is_empty()) {
        Some(columns) => columns.iter().map(Column::compile).collect(),
        None => Ok(vec![Column::age()]),
    }
}

/// Sort key of a version; the greatest comes first (k8s.io/apimachinery/pkg/version, CompareKubeAwareVersionStrings).
pub(crate) fn priority(version: &str) -> impl Ord + use<> {
    let parsed = version.strip_prefix('v').and_then(|rest| {
        let major = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number = rest[..major].parse::<u64>().ok()?;
        match &rest[major..] {
            "" => Some((3, number, 0)),
            stage => {
                let (level, minor) = stage
                    .strip_prefix("beta")
                    .map(|minor| (2, minor))
                    .or_else(|| stage.strip_prefix("alpha").map(|minor| (1, minor)))?;
                Some((level, number, minor.parse::<u64>().ok()?))
            }
        }
    });
    // Other version names come last, in alphabetical order.
    (parsed.unwrap_or_default(), Reverse(version.to_owned()))
}

/// The group and the plural that a definition defines; empty if absent.
pub(crate) fn subject(definition: &Value) -> (&str, &str) {
    let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    (text("/spec/group"), text("/spec/names/plural"))
}

#[cfg(test)]
mod tests {
    use super::{Reverse, priority};

    #[test]
    fn stable_versions_come_first() {
        let mut versions =
            ["foo10", "v1alpha2", "v2", "v11alpha2", "v1beta1", "v10", "foo1", "v12alpha1", "v1", "v3beta1"];
        versions.sort_by_key(|version| Reverse(priority(version)));
        let wanted = ["v10", "v2", "v1", "v3beta1", "v1beta1", "v12alpha1", "v11alpha2", "v1alpha2", "foo1", "foo10"];
        assert_eq!(versions, wanted);
    }
}
