//! Reads and writes the entries of `metadata.managedFields`
//! (k8s.io/apimachinery/pkg/util/managedfields/internal/{managedfields,capmanagers}.go).
use crate::base::go_text::quoted;
use crate::{
    base::object,
    structured_merge::{compare::Comparison, set::Set},
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Maximum number of update managers that are kept apart.
const MAX_UPDATE_MANAGERS: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Apply,
    Update,
}

/// An owner; the key of one entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Manager {
    pub(crate) name: String,
    pub(crate) operation: Operation,
    /// Empty for appliers: they own what they applied in any version.
    pub(crate) api_version: String,
    pub(crate) subresource: String,
}

/// The fields of an owner.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) api_version: String,
    pub(crate) fields: Set,
    /// Time in RFC 3339, in whole seconds.
    pub(crate) time: Option<String>,
}

/// All entries of an object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Managed(pub(crate) BTreeMap<Manager, Entry>);

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

impl Manager {
    pub(crate) fn new(name: &str, operation: Operation, api_version: &str, subresource: &str) -> Self {
        let api_version = if operation == Operation::Apply { "" } else { api_version };
        Self { name: name.into(), operation, api_version: api_version.into(), subresource: subresource.into() }
    }
}

/// Whether a client asks to reset the owners: by an empty list, or by one empty entry.
pub(crate) fn is_reset(sent: Option<&Value>) -> bool {
    match sent.and_then(Value::as_array).map(Vec::as_slice) {
        Some([]) => true,
        Some([Value::Object(entry)]) => entry.is_empty(),
        _ => false,
    }
}

/// Whether two lists are equal except for their times.
pub(crate) fn equal_without_times(one: &Value, other: &Value) -> bool {
    let entries = |list: &'_ Value| list.as_array().map(Vec::len);
    let pairs = one.as_array().into_iter().flatten().zip(other.as_array().into_iter().flatten());
    entries(one) == entries(other) && pairs.into_iter().all(|(a, b)| timeless(a).eq(timeless(b)))
}

fn timeless(entry: &Value) -> impl Iterator<Item = (&String, &Value)> {
    entry.as_object().into_iter().flatten().filter(|(name, _)| *name != "time")
}

impl Managed {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the list.
    ///
    /// # Errors
    /// For an entry that the server would not have written.
    pub(crate) fn decode(list: Option<&Value>) -> Result<Self, String> {
        let mut managed = BTreeMap::new();
        for (index, entry) in list.and_then(Value::as_array).into_iter().flatten().enumerate() {
            let text = |member: &str| entry.get(member).and_then(Value::as_str).unwrap_or_default();
            let operation = match text("operation") {
                "Apply" => Operation::Apply,
                "Update" => Operation::Update,
                _ => return Err("operation must be `Apply` or `Update`".into()),
            };
            if text("apiVersion").is_empty() {
                return Err("apiVersion must not be empty".into());
            }
            match text("fieldsType") {
                "FieldsV1" => {}
                "" => return Err(format!("missing fieldsType in managed fields entry {index}")),
                other => {
                    return Err(format!(
                        "invalid fieldsType {other} in managed fields entry {index}",
                        other = quoted(other)
                    ));
                }
            }
            let fields = entry.get("fieldsV1").filter(|fields| !fields.is_null());
            let fields = fields.map(Set::from_fields).transpose()?.unwrap_or_default();
            let time = entry.get("time").and_then(Value::as_str).map(str::to_owned);
            let manager = Manager::new(text("manager"), operation, text("apiVersion"), text("subresource"));
            managed.insert(manager, Entry { api_version: text("apiVersion").into(), fields, time });
        }
        Ok(Self(managed))
    }

    /// The list: appliers first, then by time, name, version and subresource; None if there are no owners.
    pub(crate) fn encode(&self) -> Option<Value> {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_by(|(a, x), (b, y)| {
            let key = |manager: &'_ Manager, entry: &'_ Entry| (manager.operation, entry.time.clone());
            key(a, x)
                .cmp(&key(b, y))
                .then_with(|| (&a.name, &x.api_version, &a.subresource).cmp(&(&b.name, &y.api_version, &b.subresource)))
        });
        let list: Vec<_> = sorted.into_iter().map(|(manager, entry)| encode_entry(manager, entry)).collect();
        (!list.is_empty()).then(|| list.into())
    }

    /// The apiVersions of all entries.
    pub(crate) fn api_versions(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|entry| entry.api_version.as_str())
    }

    /// Drops the entries of versions that are not served.
    pub(crate) fn retain_version(&mut self, api_version: &str) {
        self.0.retain(|_, entry| entry.api_version == api_version);
    }

    /// Removes changed and deleted fields from all managers but one.
    pub(crate) fn take(&mut self, compared: &Comparison, but: Option<&Manager>) {
        let changed = compared.modified.union(&compared.added);
        for (_, entry) in self.0.iter_mut().filter(|(manager, _)| Some(*manager) != but) {
            let owned = entry.fields.intersection(&changed);
            entry.fields = entry.fields.difference(&owned).difference(&compared.removed);
        }
        self.0.retain(|_, entry| !entry.fields.is_empty());
    }

    /// Adds fields to those of a manager.
    pub(crate) fn add(&mut self, manager: Manager, api_version: &str, fields: &Set, time: &str) {
        let had = self.0.get(&manager).map(|entry| entry.fields.union(fields));
        let fields = had.unwrap_or_else(|| fields.clone());
        self.0.insert(manager, Entry { api_version: api_version.into(), fields, time: Some(time.into()) });
    }

    /// Merges the oldest update managers until at most ten remain.
    pub(crate) fn cap(&mut self) {
        let updaters = self.0.iter().filter(|(manager, _)| manager.operation == Operation::Update);
        let mut oldest: Vec<_> = updaters.map(|(manager, entry)| (entry.time.clone(), manager.clone())).collect();
        let Some(surplus) = oldest.len().checked_sub(MAX_UPDATE_MANAGERS).filter(|surplus| *surplus > 0) else {
            return;
        };
        oldest.sort();
        oldest.truncate(surplus + 1);
        let mut bucket: Option<Entry> = None;
        for (_, manager) in &oldest {
            let Some(entry) = self.0.remove(manager) else { continue };
            bucket = Some(match bucket {
                Some(bucket) => Entry { fields: entry.fields.union(&bucket.fields), ..entry },
                None => entry,
            });
        }
        let Some(bucket) = bucket else { return };
        let ancient = Manager::new("ancient-changes", Operation::Update, &bucket.api_version, "");
        let had = self.0.remove(&ancient).map(|entry| entry.fields).unwrap_or_default();
        self.0.insert(ancient, Entry { fields: bucket.fields.union(&had), ..bucket });
    }
}

fn encode_entry(manager: &Manager, entry: &Entry) -> Value {
    let mut members = Map::new();
    let texts = [
        ("manager", manager.name.as_str()),
        ("operation", manager.operation.name()),
        ("apiVersion", &entry.api_version),
        ("time", entry.time.as_deref().unwrap_or_default()),
        ("fieldsType", "FieldsV1"),
        ("subresource", &manager.subresource),
    ];
    for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        members.insert(name.into(), text.into());
    }
    members.insert("fieldsV1".into(), entry.fields.to_fields());
    members.into()
}

/// Restores the stored entries if only their times would change
/// (k8s.io/apiserver/pkg/endpoints/handlers/fieldmanager/equality.go): an unchanged object keeps its version.
pub(crate) fn keep_times_of_no_op(new: &mut Value, stored: &Value) {
    let (Some(after), Some(before)) = (managed_fields(new), managed_fields(stored)) else { return };
    if after == before || !equal_without_times(after, before) {
        return;
    }
    let kept = before.clone();
    let written = object::metadata_mut(new).insert("managedFields".into(), kept);
    if let Some(written) = written.filter(|_| new != stored) {
        object::metadata_mut(new).insert("managedFields".into(), written);
    }
}

pub(crate) fn managed_fields(object: &Value) -> Option<&Value> {
    object.get("metadata")?.get("managedFields")
}
