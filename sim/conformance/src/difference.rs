//! Compares played answers with recorded ones.
use crate::{error::Difference, pattern::matches, script::Script};
use serde_json::Value;

/// The first difference between two servers' answers to the same steps. Texts at `loose` pointers may differ.
pub(super) fn first_difference(script: &Script, expected: &[Value], actual: &[Value]) -> Option<Difference> {
    for (step, (want, got)) in expected.iter().zip(actual).enumerate() {
        let loose = script.steps.get(step).and_then(|s| s.loose.as_ref()).unwrap_or(&script.loose);
        let below = |pattern: &String| [format!("/body{pattern}"), format!("/events/*/object{pattern}")];
        let loose: Vec<String> = loose.iter().flat_map(below).collect();
        if let Some((pointer, want, got)) = difference(want, got, &loose, "") {
            let text = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            return Some(Difference { step, pointer, expected: text(want), actual: text(got) });
        }
    }
    let counts = [expected.len(), actual.len()].map(|n| format!("{n} steps"));
    let [want, got] = counts;
    (want != got).then(|| Difference { step: actual.len(), pointer: String::new(), expected: want, actual: got })
}

type Found<'a> = Option<(String, Option<&'a Value>, Option<&'a Value>)>;

fn difference<'a>(want: &'a Value, got: &'a Value, loose: &[String], at: &str) -> Found<'a> {
    match (want, got) {
        (Value::String(_), Value::String(_)) if loose.iter().any(|p| matches(p, at)) => None,
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            names.into_iter().find_map(|name| {
                let below = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                match (a.get(name), b.get(name)) {
                    (Some(x), Some(y)) => difference(x, y, loose, &below),
                    (x, y) => Some((below, x, y)),
                }
            })
        }
        (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len())).find_map(|i| {
            let below = format!("{at}/{i}");
            match (a.get(i), b.get(i)) {
                (Some(x), Some(y)) => difference(x, y, loose, &below),
                (x, y) => Some((below, x, y)),
            }
        }),
        _ => (want != got).then(|| (at.to_owned(), Some(want), Some(got))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn script(text: &str) -> Script {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn difference_names_pointer_and_both_values() {
        let script = script(r#"{"about": "", "steps": [{"sleep": 0}]}"#);
        let found = first_difference(&script, &[json!({"a": [1, 2]})], &[json!({"a": [1, 3]})]).unwrap();
        assert_eq!((found.pointer.as_str(), found.expected.as_str(), found.actual.as_str()), ("/a/1", "2", "3"));
    }

    #[test]
    fn loose_texts_may_differ() {
        let answer = |text: &str| json!({"body": {"message": text, "code": 400}});
        let loose = script(r#"{"about": "", "loose": ["/message"], "steps": [{"sleep": 0}]}"#);
        let strict = script(r#"{"about": "", "steps": [{"sleep": 0}]}"#);
        assert_eq!(first_difference(&loose, &[answer("x")], &[answer("y")]), None);
        assert!(first_difference(&strict, &[answer("x")], &[answer("y")]).is_some());
    }
}
