//! Finds the members that a rule names by scanning its text, because the compiler here does not check them: it reports
//! a member of `self` that the schema does not declare, and a rule that is a bare member instead of a condition.
use crate::base::json::text;
use serde_json::Value;

/// The error in a rule, in the words of Kubernetes' compiler; None if nothing is found.
pub(super) fn complaint(schema: &Value, rule: &str, is_resource: bool) -> Option<String> {
    let mut at = 0;
    while let Some(start) = next_root(rule, at) {
        let mut chain = Chain { node: schema, open: false, is_resource };
        let mut end = start + root(&rule[start..]).map_or(1, str::len);
        while let Some((name, length)) = member(&rule[end..]) {
            if rule[end + length..].trim_start().starts_with('(') || name.starts_with("__") {
                chain.open = true;
                break;
            }
            if !chain.step(name) {
                return Some(undefined(rule, end, name));
            }
            end += length;
        }
        let whole = rule.trim().len() == end - start && !chain.open;
        if whole && matches!(text(chain.node, "type"), "string" | "integer" | "number" | "array" | "object") {
            return Some("cel expression must evaluate to a bool".to_owned());
        }
        at = end;
    }
    None
}

fn undefined(rule: &str, at: usize, name: &str) -> String {
    let line_start = rule[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = rule[line_start..].lines().next().unwrap_or_default();
    let (row, column) = (rule[..at].matches('\n').count() + 1, rule[line_start..at].chars().count());
    let dots = ".".repeat(column);
    format!("compilation failed: ERROR: <input>:{row}:{}: undefined field '{name}'\n | {line}\n | {dots}^", column + 1)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn root(text: &str) -> Option<&'static str> {
    ["self", "oldSelf"].into_iter().find(|word| text.strip_prefix(word).is_some_and(|rest| !rest.starts_with(is_word)))
}

/// The position of the next `self` or `oldSelf` outside of string literals.
fn next_root(rule: &str, from: usize) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    for (index, c) in rule.char_indices() {
        match quote {
            Some(open) if c == open && before != '\\' => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if index >= from && !is_word(before) && before != '.' && root(&rule[index..]).is_some() => {
                return Some(index);
            }
            None => {}
        }
        before = c;
    }
    None
}

/// The `.name` at the beginning of a text, and its length.
fn member(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix('.')?;
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    (end > 0 && !rest.starts_with(|c: char| c.is_ascii_digit())).then(|| (&rest[..end], end + 1))
}

/// A path of members through the schema.
struct Chain<'a> {
    node: &'a Value,
    /// Whether the path has left the declared part of the schema.
    open: bool,
    /// Whether the node is a complete resource.
    is_resource: bool,
}

impl Chain<'_> {
    /// Follows a member; false if the schema does not allow it.
    fn step(&mut self, name: &str) -> bool {
        let node = self.node;
        let resource = std::mem::take(&mut self.is_resource) || node["x-kubernetes-embedded-resource"] == true;
        match node["properties"].get(name) {
            _ if self.open => {}
            Some(member) => self.node = member,
            None if resource && matches!(name, "apiVersion" | "kind" | "metadata") => self.open = true,
            // Maps, lists in comprehensions and values of unknown type are not followed.
            None if text(node, "type") != "object" || node.get("additionalProperties").is_some() => self.open = true,
            None => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::complaint;
    use serde_json::json;

    #[test]
    fn undeclared_members_are_found() {
        let b = json!({"type": "object", "properties": {"b": {"type": "string"}}});
        let schema = json!({"type": "object", "properties": {"a": b,
            "m": {"type": "object", "additionalProperties": {"type": "string"}}, "flag": {"type": "boolean"}}});
        let found = |rule| complaint(&schema, rule, false);
        for fine in [
            "self.a.b == 'self.x'",
            "has(self.a.b)",
            "self.m.any == 'x'",
            "self.a.b.size() > 1",
            "self.flag",
            "!self.flag",
        ] {
            assert_eq!(found(fine), None, "{fine}");
        }
        assert!(found("self.a.c == 1").is_some_and(|why| why.contains("undefined field 'c'")));
        assert!(found("oldSelf.x == self.a").is_some_and(|why| why.contains("<input>:1:8: undefined field 'x'")));
        assert_eq!(found("self.a.b").as_deref(), Some("cel expression must evaluate to a bool"));
    }
}
