//! Makes the answers of two servers comparable: uids, versions, times, generated names and tokens become placeholders,
//! by the rules in the corpus's README.
use crate::script::{Action, Step};
use regex::{Captures, Regex};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

/// Members with a time that the server sets.
const TIMES: [&str; 7] = [
    "creationTimestamp",
    "deletionTimestamp",
    "expirationTimestamp",
    "time",
    "lastTransitionTime",
    "lastUpdateTime",
    "lastPhaseTransitionTime",
];
/// Versions from here on come from the case, not from a server.
const VERSION_LIMIT: u64 = 100_000_000;

static UUID: LazyLock<Regex> =
    LazyLock::new(|| expression(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"));
static TIME: LazyLock<Regex> =
    LazyLock::new(|| expression(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"));
static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"resource ?version(?: in the precondition| in record| in object meta)?:? ?\(?|current: |in record \(";
    expression(&format!(r"(?i)({words})(\d+)(?:( \()(\d+))?|(\d \()(\d+)"))
});
static AGE: LazyLock<Regex> = LazyLock::new(|| expression(r"^\d+[smhd]\d*s?$"));
static GENERATED: LazyLock<Regex> = LazyLock::new(|| expression("^[bcdfghjklmnpqrstvwxz2456789]{5}$"));

fn expression(text: &str) -> Regex {
    Regex::new(text).expect("a constant expression compiles")
}

struct Normaliser<'a> {
    text: &'a str,
    namespace: &'a str,
    /// Whether to keep managedFields.
    managed: bool,
    /// Whether to sort field owners by manager: servers sort them by the second of their write, which is random unless
    /// the case waits between writes.
    by_manager: bool,
    uids: BTreeMap<String, String>,
    generated: BTreeMap<String, String>,
    versions: BTreeSet<u64>,
}

/// The normalised answers of all steps.
pub(super) fn run(text: &str, namespace: &str, managed: bool, steps: &[Step], mut raw: Vec<Value>) -> Vec<Value> {
    let mut normaliser = Normaliser {
        text,
        namespace,
        managed,
        by_manager: !steps.iter().any(|step| matches!(step.action, Action::Sleep(_))),
        uids: BTreeMap::new(),
        generated: BTreeMap::new(),
        versions: BTreeSet::new(),
    };
    for (step, answer) in steps.iter().zip(&mut raw) {
        filter(step, answer);
        sort(step, answer);
        order_conflicts(answer);
        for member in ["events", "body"] {
            normaliser.learn(answer.get(member).unwrap_or(&Value::Null), false);
        }
        if let (Some(only), Some(body)) = (&step.only, answer.get("body")) {
            let found = |pointer: &str| body.pointer(pointer).cloned().unwrap_or_else(|| json!("$absent"));
            let kept: Map<_, _> = only.iter().map(|pointer| (pointer.clone(), found(pointer))).collect();
            answer["body"] = kept.into();
        }
    }
    let mut columns = Value::Null;
    raw.iter_mut().for_each(|answer| hide_ages(answer, &mut columns));
    let mut out: Vec<_> = raw.iter().map(|answer| normaliser.clean(answer, "")).collect();
    for events in out.iter_mut().filter_map(|s| s.get_mut("events")?.as_array_mut()) {
        events.dedup_by(|next, last| next == last && next.get("type") == Some(&json!("BOOKMARK")));
    }
    out
}

/// Applies "filter": keeps the items of the named lists whose pointers have one of the wanted values.
fn filter(step: &Step, answer: &mut Value) {
    for (list, wanted) in &step.filter {
        let found = answer.get_mut("body").and_then(|b| b.pointer_mut(list)).and_then(Value::as_array_mut);
        let Some(found) = found else { continue };
        found.retain(|member| {
            wanted.iter().all(|(pointer, values)| values.contains(member.pointer(pointer).unwrap_or(&Value::Null)))
        });
    }
}

/// Applies "sorted": sorts the named lists; items with the same key stay as they are.
fn sort(step: &Step, answer: &mut Value) {
    for (list, key) in &step.sorted {
        let found = answer.get_mut("body").and_then(|b| b.pointer_mut(list)).and_then(Value::as_array_mut);
        let text = |item: &Value| item.pointer(key).map(ToString::to_string);
        found.into_iter().for_each(|found| found.sort_by_key(text));
    }
}

/// Sorts the conflicts of a refused apply by manager: the server walks a Go map of the managers. The fields of one
/// manager stay in the server's order.
fn order_conflicts(answer: &mut Value) {
    let is_conflict = |cause: &Value| cause.get("reason") == Some(&json!("FieldManagerConflict"));
    let causes = answer.pointer_mut("/body/details/causes").and_then(Value::as_array_mut);
    if let Some(causes) = causes.filter(|causes| causes.iter().all(is_conflict)) {
        causes.sort_by_key(|cause| cause.get("message").map(ToString::to_string));
    }
}

/// Sorts field owners by operation and manager instead of time.
fn by_manager(list: &Value) -> Value {
    let text = |entry: &Value, member: &str| entry.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut entries = list.as_array().cloned().unwrap_or_default();
    entries
        .sort_by_key(|entry| ["operation", "manager", "apiVersion", "subresource"].map(|member| text(entry, member)));
    entries.into()
}

/// Replaces ages in the rows of Tables. The column definitions are in the same table, or in an earlier one of the
/// stream.
fn hide_ages(value: &mut Value, columns: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|v| hide_ages(v, columns)),
        Value::Object(map)
            if map.get("kind") == Some(&json!("Table")) && map.get("rows").is_some_and(Value::is_array) =>
        {
            if let Some(own) = map.get("columnDefinitions").filter(|own| own.as_array().is_some_and(|a| !a.is_empty()))
            {
                *columns = own.clone();
            }
            let named = columns.as_array().into_iter().flatten().enumerate();
            let ages: Vec<usize> =
                named.filter(|(_, c)| c.get("name") == Some(&json!("Age"))).map(|(i, _)| i).collect();
            for row in map.get_mut("rows").and_then(Value::as_array_mut).into_iter().flatten() {
                for &at in &ages {
                    if let Some(cell) = row.pointer_mut(&format!("/cells/{at}")) {
                        let text = cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
                        *cell = if AGE.is_match(&text) { "$age".into() } else { text.into() };
                    }
                }
            }
        }
        Value::Object(map) => map.values_mut().for_each(|v| hide_ages(v, columns)),
        _ => {}
    }
}

impl Normaliser<'_> {
    /// Collects generated names, and the versions of objects but not of lists and bookmarks.
    fn learn(&mut self, value: &Value, quiet: bool) {
        match value {
            Value::Array(list) => list.iter().for_each(|v| self.learn(v, quiet)),
            Value::Object(map) => {
                // An empty list of partial metadata has null items.
                let is_list = ["items", "rows"]
                    .iter()
                    .any(|member| map.get(*member).is_some_and(|v| v.is_array() || v.is_null()));
                if let Some(meta) = map.get("metadata").and_then(Value::as_object).filter(|_| !quiet && !is_list) {
                    self.learn_object(meta);
                }
                let bookmark = map.get("type") == Some(&json!("BOOKMARK"));
                // A bookmark in the form of a Table has its version in a row.
                map.values().for_each(|v| self.learn(v, quiet || bookmark));
            }
            _ => {}
        }
    }

    fn learn_object(&mut self, meta: &Map<String, Value>) {
        let text = |member: &str| meta.get(member).and_then(Value::as_str).unwrap_or_default();
        self.versions.extend(text("resourceVersion").parse::<u64>());
        let (prefix, name) = (text("generateName"), text("name"));
        let suffix = name.strip_prefix(prefix).unwrap_or_default();
        if !prefix.is_empty() && GENERATED.is_match(suffix) {
            let next = format!("$generated{}", self.generated.len() + 1);
            self.generated.entry(name.to_owned()).or_insert(next);
        }
    }

    /// The rank of an object's version; any other version has the rank of the greatest object version below it.
    fn version(&self, text: &str) -> String {
        match text.parse::<u64>() {
            Ok(n) if n != 0 && n < VERSION_LIMIT => format!("$rv{}", self.versions.range(..=n).count()),
            _ => text.to_owned(),
        }
    }

    fn string(&mut self, text: &str, key: &str) -> String {
        let mut text = text.replace(self.namespace, "$ns");
        for (name, token) in &self.generated {
            text = text.replace(name, token);
        }
        let (case, uids) = (self.text, &mut self.uids);
        let mut text = UUID
            .replace_all(&text, |found: &Captures<'_>| {
                let uid = &found[0];
                let next = format!("$uid{}", uids.len() + 1);
                if case.contains(uid) { uid.to_owned() } else { uids.entry(uid.to_owned()).or_insert(next).clone() }
            })
            .into_owned();
        let whole = TIME.find(&text).is_some_and(|m| m.len() == text.len());
        if !whole || TIMES.contains(&key) {
            text = TIME
                .replace_all(&text, |found: &Captures<'_>| {
                    let time = &found[0];
                    let kept = case.contains(time) || time < "2007";
                    let token = if found.get(1).is_some() { "$microtime" } else { "$time" };
                    if kept { time.to_owned() } else { token.to_owned() }
                })
                .into_owned();
        }
        let version = |found: &Captures<'_>| {
            let group = |i: usize| found.get(i).map_or("", |m| m.as_str());
            let pair = |words: usize, number: usize| {
                if group(number).is_empty() {
                    String::new()
                } else {
                    format!("{}{}", group(words), self.version(group(number)))
                }
            };
            [pair(1, 2), pair(3, 4), pair(5, 6)].concat()
        };
        VERSION.replace_all(&text, version).into_owned()
    }

    fn clean(&mut self, value: &Value, key: &str) -> Value {
        match value {
            Value::String(text) => self.string(text, key).into(),
            Value::Array(list) => list.iter().map(|v| self.clean(v, "")).collect(),
            Value::Object(map) => {
                let mut out = Map::new();
                for (name, member) in map {
                    let last = name.rsplit('/').next().unwrap_or(name);
                    let text = member.as_str().unwrap_or_default();
                    let clean = match last {
                        "managedFields" if !self.managed => continue,
                        "managedFields" if self.by_manager => self.clean(&by_manager(member), last),
                        "resourceVersion" if text.parse::<u64>().is_ok() => {
                            out.insert(name.clone(), self.version(text).into());
                            continue;
                        }
                        "continue" if !text.is_empty() => {
                            out.insert(name.clone(), "$continue".into());
                            continue;
                        }
                        // The form of all signed tokens.
                        "token" if text.starts_with("eyJ") => "$token".into(),
                        _ => self.clean(member, last),
                    };
                    out.insert(self.string(name, ""), clean);
                }
                out.into()
            }
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::order_conflicts;
    use serde_json::{Value, json};

    #[test]
    fn only_conflicts_are_sorted_by_manager() {
        let refused = |reason: &str, managers: [&str; 3]| {
            let cause = |manager: &str| json!({"reason": reason, "message": manager, "field": managers});
            let mut answer = json!({"body": {"details": {"causes": managers.map(cause)}}});
            order_conflicts(&mut answer);
            let causes = answer.pointer("/body/details/causes").and_then(Value::as_array).cloned();
            causes.expect("a list").iter().map(|cause| cause["message"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(refused("FieldManagerConflict", ["other", "applier", "other"]), ["applier", "other", "other"]);
        assert_eq!(refused("FieldValueInvalid", ["other", "applier", "other"]), ["other", "applier", "other"]);
    }
}
