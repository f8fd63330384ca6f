//! Versions of objects as YAML, each as its difference from the version before.
//!
//! A version is text of which every line begins with a sign: `+` is new, `-` is gone, `=` is unchanged, and `…` stands
//! for several unchanged lines, with their number. The page's script puts whole versions together from it; a reader
//! without a script reads it as it is.
use crate::timeline::Version;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeMap;

/// Unchanged lines that are kept on either side of a change.
const CONTEXT: usize = 2;

/// The text of each version.
pub(super) fn texts(versions: &[Version]) -> Vec<String> {
    let mut before: BTreeMap<usize, String> = BTreeMap::new();
    let mut text = |version: &Version| {
        let now = version.object.as_ref().map_or_else(String::new, yaml);
        let old = before.insert(version.lane, now.clone()).unwrap_or_default();
        difference(&old, &now)
    };
    versions.iter().map(&mut text).collect()
}

/// An object as kubectl prints it.
fn yaml(object: &Value) -> String {
    serde_saphyr::to_string(object).unwrap_or_else(|_| object.to_string())
}

fn difference(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut text = String::new();
    let mut same: Vec<&str> = Vec::new();
    let mut begun = false;
    for change in diff.iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Equal => {
                same.push(change.value());
                continue;
            }
            ChangeTag::Insert => '+',
            ChangeTag::Delete => '-',
        };
        unchanged(&mut text, &same, (if begun { CONTEXT } else { 0 }, CONTEXT));
        same.clear();
        begun = true;
        line(&mut text, sign, change.value());
    }
    unchanged(&mut text, &same, (if begun { CONTEXT } else { 0 }, 0));
    text
}

/// Unchanged lines, of which the first and the last ones are kept.
fn unchanged(text: &mut String, lines: &[&str], (first, last): (usize, usize)) {
    // A line with their number would be as long as a single line.
    if lines.len() <= first + last + 1 {
        lines.iter().for_each(|kept| line(text, '=', kept));
        return;
    }
    let between = lines.len() - first - last;
    lines[..first].iter().for_each(|kept| line(text, '=', kept));
    line(text, '…', &between.to_string());
    lines[first + between..].iter().for_each(|kept| line(text, '=', kept));
}

fn line(text: &mut String, sign: char, line: &str) {
    text.push(sign);
    text.push(' ');
    text.push_str(line.trim_end_matches('\n'));
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn version(lane: usize, object: Option<Value>) -> Version {
        Version { lane, entry: 0, object }
    }

    /// What the page's script does: the whole version of the difference from the one before.
    fn applied(old: &[String], difference: &str) -> Vec<String> {
        let (mut at, mut new) = (0, Vec::new());
        for line in difference.lines() {
            let (sign, rest) = line.split_once(' ').expect("a sign");
            match sign {
                "+" => new.push(rest.to_owned()),
                "-" => at += 1,
                "=" => {
                    new.push(rest.to_owned());
                    at += 1;
                }
                _ => {
                    let lines: usize = rest.parse().expect("a number of lines");
                    new.extend_from_slice(&old[at..at + lines]);
                    at += lines;
                }
            }
        }
        new
    }

    #[test]
    fn versions_are_put_together_again() {
        let object = |count: u64, phase: &str| {
            let labels: Value =
                (0..20).map(|n| (format!("label-{n:02}"), json!("x"))).collect::<serde_json::Map<_, _>>().into();
            json!({"kind": "R", "metadata": {"labels": labels}, "status": {"count": count, "phase": phase}})
        };
        let versions = [
            version(1, Some(object(1, "a"))),
            version(2, Some(object(7, "z"))),
            version(1, Some(object(2, "a"))),
            version(1, None),
        ];
        let texts = texts(&versions);
        let whole = |value: &Value| yaml(value).lines().map(str::to_owned).collect::<Vec<_>>();
        let first = applied(&[], &texts[0]);
        assert_eq!(first, whole(&object(1, "a")));
        let second = applied(&first, &texts[2]);
        assert_eq!(second, whole(&object(2, "a")));
        assert!(
            texts[2].contains("-   count: 1\n+   count: 2\n")
                && texts[2].contains("\n= ")
                && texts[2].starts_with("… "),
            "{}",
            texts[2]
        );
        assert!(texts[2].lines().count() < 9, "{}", texts[2]);
        assert!(applied(&second, &texts[3]).is_empty());
    }

    #[test]
    fn objects_look_as_kubectl_prints_them() {
        let object = json!({"kind": "Lease", "spec": {"holderIdentity": "gateway-0", "list": [{"a": 1, "b": "yes"}]}});
        assert_eq!(
            yaml(&object),
            "kind: Lease\nspec:\n  holderIdentity: gateway-0\n  list:\n  - a: 1\n    b: \"yes\"\n"
        );
    }
}
