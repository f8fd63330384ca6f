//! From drafts to a case of the corpus. A reference to an earlier answer becomes a variable of that answer, so that
//! each server resolves its own; a reference without an earlier answer is left out.
use super::draft::Draft;
use serde_json::{Map, Value, json};

/// References to an earlier answer. Other names with a `$` are directives of strategic patches.
const REFERENCES: [&str; 3] = ["$rv", "$uid", "$continue"];

/// A step whose answer later ones refer to.
struct Earlier {
    index: usize,
    path: String,
    /// The version of a list is the store's. It lies between the versions of two objects, or anywhere above if other
    /// clients write. It names a state to read, not a version of an object.
    is_list: bool,
}

/// The case of a sequence, with its watches collected at the end. `count` returns how many events to wait for.
pub(super) fn case(drafts: &[Draft], count: impl Fn(&str) -> usize) -> Value {
    let mut steps = Vec::new();
    let mut earlier: Vec<Earlier> = Vec::new();
    let mut watches = Vec::new();
    let mut generated = Vec::new();
    for draft in drafts {
        if draft.after_cache {
            // A consistent list waits for the cache that the next request is served from.
            steps.push(json!({"do": {"path": draft.resource.collection()}, "only": []}));
        }
        let path = draft.call.get("path").and_then(Value::as_str).unwrap_or_default().to_owned();
        let object = path.strip_suffix("/status").unwrap_or(&path).to_owned();
        if draft.read_first {
            steps.push(captured(json!({"path": object}), steps.len()));
            earlier.push(Earlier { index: steps.len() - 1, path: object.clone(), is_list: false });
        }
        let mut call = resolved_call(&draft.call, &earlier, &object);
        if let Some(metadata) = call.pointer_mut("/body/metadata").and_then(Value::as_object_mut) {
            // The order of two generated names in a list is left to chance.
            if metadata.contains_key("generateName") && generated.contains(&object) {
                metadata.remove("generateName");
            } else if metadata.contains_key("generateName") {
                generated.push(object.clone());
            }
        }
        if draft.watch {
            let name = format!("w{}", watches.len());
            call["name"] = name.as_str().into();
            call["seconds"] = 2.into();
            steps.push(json!({"watch": call}));
            watches.push(name);
        } else {
            let mut step = captured(call, steps.len());
            if !draft.only.is_empty() {
                step["only"] = json!(draft.only);
            }
            let loose = loose(&draft.call);
            if !loose.is_empty() {
                step["loose"] = json!(loose);
            }
            steps.push(step);
            let method = draft.call.get("method").and_then(Value::as_str);
            let is_list = matches!(method, Some("GET" | "DELETE")) && object == draft.resource.collection();
            earlier.push(Earlier { index: steps.len() - 1, path: object, is_list });
        }
    }
    steps.extend(watches.iter().map(|name| json!({"collect": name, "count": count(name)})));
    keep_used_captures(&mut steps);
    json!({"about": "found by the differential search", "steps": steps})
}

/// Members of the answer that quote internals of Go's decoders: for bodies that are not objects, and for patched
/// objects.
fn loose(call: &Value) -> &'static [&'static str] {
    let applies = call.pointer("/headers/Content-Type") == Some(&json!("application/apply-patch+yaml"));
    if call.get("method") == Some(&json!("PATCH")) && !applies {
        &["/message", "/details/causes/*/message"]
    } else if call.pointer("/body/metadata/generateName").is_some() {
        // A generated name that appears only in an error is not recognised.
        &["/message", "/details/name", "/details/causes/*/message"]
    } else if call.get("raw").is_some() {
        &["/message"]
    } else {
        &[]
    }
}

fn captured(call: Value, index: usize) -> Value {
    let capture = json!({
        format!("rv{index}"): "/metadata/resourceVersion",
        format!("uid{index}"): "/metadata/uid",
        format!("continue{index}"): "/metadata/continue",
    });
    json!({"do": call, "capture": capture})
}

/// A body refers to objects, a query to any state.
fn resolved_call(call: &Value, earlier: &[Earlier], path: &str) -> Value {
    let Some(members) = call.as_object() else { return Value::Null };
    let objects = nearest_first(earlier.iter().filter(|step| !step.is_list), path);
    let states = nearest_first(earlier.iter(), path);
    let candidates = |name: &str| if name == "query" { &states } else { &objects };
    let members = members.iter().filter_map(|(name, member)| Some((name.clone(), resolved(member, candidates(name))?)));
    members.collect::<Map<_, _>>().into()
}

/// The answers that a request may refer to: those about the same object before others, the latest first.
fn nearest_first<'a>(earlier: impl DoubleEndedIterator<Item = &'a Earlier> + Clone, path: &str) -> Vec<usize> {
    let same = earlier.clone().rev().filter(|step| step.path == path);
    let others = earlier.rev().filter(|step| step.path != path);
    same.chain(others).map(|step| step.index).collect()
}

/// None if it refers to an answer and there is none.
fn resolved(value: &Value, candidates: &[usize]) -> Option<Value> {
    match value {
        Value::Object(map) => {
            let reference = map.iter().next().filter(|(name, _)| map.len() == 1 && REFERENCES.contains(&name.as_str()));
            if let Some((name, n)) = reference {
                let n = n.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
                let index = candidates.get(n.checked_rem(candidates.len())?)?;
                return Some(format!("{{{}{index}}}", &name[1..]).into());
            }
            let members = map.iter().filter_map(|(name, member)| Some((name.clone(), resolved(member, candidates)?)));
            Some(members.collect::<Map<_, _>>().into())
        }
        Value::Array(list) => Some(list.iter().filter_map(|item| resolved(item, candidates)).collect()),
        other => Some(other.clone()),
    }
}

/// A case that is to be read has no more variables than it uses.
fn keep_used_captures(steps: &mut [Value]) {
    let text = Value::from(steps.to_vec()).to_string();
    for step in steps.iter_mut().filter_map(Value::as_object_mut) {
        let Some(capture) = step.get_mut("capture").and_then(Value::as_object_mut) else { continue };
        capture.retain(|name, _| text.contains(&format!("{{{name}}}")));
        if capture.is_empty() {
            step.remove("capture");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differential::draft::Resource;

    fn draft(call: Value) -> Draft {
        Draft { call, resource: Resource::Lease, watch: false, read_first: false, after_cache: false, only: &[] }
    }

    #[test]
    fn references_prefer_the_same_object() {
        let path = |name: &str| Resource::Lease.path(name);
        let put = json!({"path": path("a"), "body": {"metadata": {"resourceVersion": {"$rv": 0}, "uid": {"$uid": 1}}}});
        let case = case(&[draft(json!({"path": path("a")})), draft(json!({"path": path("b")})), draft(put)], |_| 0);
        let body = case.pointer("/steps/2/do/body/metadata").unwrap();
        assert_eq!(*body, json!({"resourceVersion": "{rv0}", "uid": "{uid1}"}));
        assert_eq!(case.pointer("/steps/0/capture"), Some(&json!({"rv0": "/metadata/resourceVersion"})));
        assert_eq!(case.pointer("/steps/2/capture"), None);
    }

    #[test]
    fn references_to_nothing_are_left_out() {
        let put = json!({"path": "/x", "query": {"resourceVersion": {"$rv": 3}}});
        assert_eq!(case(&[draft(put)], |_| 0).pointer("/steps/0/do"), Some(&json!({"path": "/x", "query": {}})));
    }
}
