//! Events in events.k8s.io/v1: the same stored objects as those of the core group, with other member names
//! (k8s.io/kubernetes/pkg/apis/events/v1/conversion.go).
use serde_json::{Map, Value, json};

/// The API through which a request was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Through {
    Core,
    Events,
}

/// Member name in the core group, member name in events.k8s.io.
const NAMES: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
];

/// Converts an event into the core group's form, in which events are stored.
pub(crate) fn stored(event: &mut Value) {
    rename(event, |(core, newer)| (newer, core));
    event["apiVersion"] = "v1".into();
}

/// The event in the form of events.k8s.io, which omits an empty reporter where the core group shows it.
pub(crate) fn newer(event: &Value) -> Value {
    let mut event = event.clone();
    rename(&mut event, |names| names);
    event["apiVersion"] = "events.k8s.io/v1".into();
    if let Value::Object(map) = &mut event {
        map.retain(|name, value| {
            !matches!(name.as_str(), "reportingController" | "reportingInstance" | "note") || *value != ""
        });
        map.entry("regarding").or_insert_with(|| json!({}));
    }
    event
}

/// The path of a field in the stored form, for a selector.
pub(crate) fn stored_path(name: &str) -> String {
    let (head, rest) = name.split_once('.').map_or((name, String::new()), |(head, rest)| (head, format!(".{rest}")));
    let core = NAMES.iter().find(|(_, newer)| *newer == head).map_or(head, |(core, _)| core);
    format!("{core}{rest}")
}

fn rename(event: &mut Value, direction: impl Fn((&'static str, &'static str)) -> (&'static str, &'static str)) {
    let Value::Object(map) = event else { return };
    let renamed: Map<_, _> = std::mem::take(map)
        .into_iter()
        .map(|(name, value)| {
            let found = NAMES.into_iter().map(&direction).find(|(from, _)| *from == name);
            (found.map_or(name, |(_, to)| to.to_owned()), value)
        })
        .collect();
    *map = renamed;
}

/// Adds the members that Go writes for every event, set or not.
pub(crate) fn add_zero_members(event: &mut Map<String, Value>) {
    let zeros = [
        ("involvedObject", json!({})),
        ("source", json!({})),
        ("firstTimestamp", Value::Null),
        ("lastTimestamp", Value::Null),
        ("eventTime", Value::Null),
        ("reportingComponent", json!("")),
        ("reportingInstance", json!("")),
    ];
    for (member, value) in zeros {
        event.entry(member).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_hold_the_same() {
        let core = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "message": "m", "count": 2,
            "involvedObject": {"name": "p"}, "reportingComponent": "c", "source": {}});
        let newer = newer(&core);
        assert_eq!(newer["regarding"], json!({"name": "p"}));
        assert_eq!((&newer["note"], &newer["deprecatedCount"]), (&json!("m"), &json!(2)));
        let mut back = newer;
        stored(&mut back);
        assert_eq!(back, core);
    }

    #[test]
    fn selectors_find_renamed_fields() {
        assert_eq!(stored_path("regarding.name"), "involvedObject.name");
        assert_eq!(stored_path("metadata.name"), "metadata.name");
    }
}
