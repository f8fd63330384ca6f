//! Name acceptance: a definition gets the names that no other one of its group has
//! (k8s.io/apiextensions-apiserver/pkg/controller/status/naming_controller.go).
use super::condition::{Condition, conditions, set_condition};
use crate::base::object::Object;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

pub(crate) const ACCEPTED: Condition<'static> = ["NamesAccepted", "True", "NoConflicts", "no conflicts found"];
pub(crate) const ESTABLISHED: Condition<'static> =
    ["Established", "True", "InitialNamesAccepted", "the initial names have been accepted"];
const INSTALLING: Condition<'static> = ["Established", "False", "Installing", "the initial names have been accepted"];
const NOT_ACCEPTED: Condition<'static> = ["Established", "False", "NotAccepted", "not all names are accepted"];

/// Each name, and the reason for a conflict about it; the last conflict decides the reason.
const SINGLE: [(&str, &str); 4] = [
    ("plural", "PluralConflict"),
    ("singular", "SingularConflict"),
    ("kind", "KindConflict"),
    ("listKind", "ListKindConflict"),
];

/// The definition with its accepted names and conditions; None if they are already set.
pub(crate) fn reviewed(definition: &Arc<Object>, all: &[Arc<Object>], now: Timestamp) -> Option<Value> {
    let value = &definition.value;
    let wanted = &value["spec"]["names"];
    let had = &value["status"]["acceptedNames"];
    if wanted == had {
        return None;
    }
    let taken = taken(value, all);
    let (names, refusal) = names(wanted, had, &taken);
    let accepted = match &refusal {
        Some((reason, message)) => ["NamesAccepted", "False", reason, message.as_str()],
        None => ACCEPTED,
    };
    let said = |condition: &Value| {
        let [name, status, reason, message] = accepted;
        [("type", name), ("status", status), ("reason", reason), ("message", message)]
            .iter()
            .all(|(member, text)| condition[*member] == *text)
    };
    if names == *had && conditions(value).iter().any(said) {
        return None;
    }
    let mut value = (**value).clone();
    value["status"]["acceptedNames"] = names;
    set_condition(&mut value, accepted, now);
    let established = conditions(&value).iter().find(|condition| condition["type"] == "Established");
    let is_new = established.is_none();
    match (established.is_some_and(|condition| condition["status"] == "True"), refusal) {
        (false, None) => set_condition(&mut value, INSTALLING, now),
        (false, Some(_)) if is_new => set_condition(&mut value, NOT_ACCEPTED, now),
        _ => {}
    }
    Some(value)
}

/// Names that are taken, by any definition of the group including this one.
#[derive(Debug, Default)]
struct Taken<'a> {
    resources: BTreeSet<&'a str>,
    kinds: BTreeSet<&'a str>,
}

fn taken<'a>(value: &Value, all: &'a [Arc<Object>]) -> Taken<'a> {
    let mut taken = Taken::default();
    for other in all.iter().filter(|other| other.value["spec"]["group"] == value["spec"]["group"]) {
        let names = &other.value["status"]["acceptedNames"];
        let text = |member: &str| names[member].as_str().unwrap_or_default();
        taken.resources.extend(["plural", "singular"].map(text));
        taken.resources.extend(names["shortNames"].as_array().into_iter().flatten().filter_map(Value::as_str));
        taken.kinds.extend(["kind", "listKind"].map(text));
    }
    taken
}

fn in_use(name: &str) -> String {
    format!("{} is already in use", Value::from(name))
}

/// The accepted names, and the reason if some are refused.
fn names(wanted: &Value, had: &Value, taken: &Taken<'_>) -> (Value, Option<(&'static str, String)>) {
    let mut names = had.as_object().cloned().unwrap_or_default();
    let mut refusal = None;
    for (member, conflict) in SINGLE {
        if member == "kind" {
            short_names(wanted, had, taken, &mut names, &mut refusal);
        }
        let (name, known) = (text(wanted, member), text(had, member));
        let used = if matches!(member, "kind" | "listKind") { &taken.kinds } else { &taken.resources };
        if name != known && used.contains(name) {
            refusal = Some((conflict, in_use(name)));
        } else if !name.is_empty() {
            names.insert(member.into(), name.into());
        }
    }
    match wanted.get("categories") {
        Some(categories) => names.insert("categories".into(), categories.clone()),
        None => names.remove("categories"),
    };
    (names.into(), refusal)
}

fn text<'a>(names: &'a Value, member: &str) -> &'a str {
    names[member].as_str().unwrap_or_default()
}

/// Accepts all short names or none.
fn short_names(
    wanted: &Value,
    had: &Value,
    taken: &Taken<'_>,
    names: &mut serde_json::Map<String, Value>,
    refusal: &mut Option<(&'static str, String)>,
) {
    let list = |names: &Value| names.get("shortNames").and_then(Value::as_array).cloned().unwrap_or_default();
    let (asked, own) = (list(wanted), list(had));
    let conflicts: Vec<String> = asked
        .iter()
        .filter(|name| !own.contains(name))
        .filter_map(Value::as_str)
        .filter(|name| taken.resources.contains(name))
        .map(in_use)
        .collect();
    match conflicts.as_slice() {
        [] if asked.is_empty() => {
            names.remove("shortNames");
        }
        [] => {
            names.insert("shortNames".into(), json!(asked));
        }
        [one] => *refusal = Some(("ShortNamesConflict", one.clone())),
        many => *refusal = Some(("ShortNamesConflict", format!("[{}]", many.join(", ")))),
    }
}
