//! A policy rule: the requests that it allows, the rules that it covers, and its display forms
//! (k8s.io/kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go, k8s.io/component-helpers/auth/rbac/validation).
use crate::access::authorizer::Attributes;
use crate::base::go_text::quoted;
use serde_json::{Map, Value};

/// A `PolicyRule`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rule<'a> {
    pub(crate) groups: Vec<&'a str>,
    pub(crate) resources: Vec<&'a str>,
    pub(crate) urls: Vec<&'a str>,
    pub(crate) names: Vec<&'a str>,
    pub(crate) verbs: Vec<&'a str>,
}

impl<'a> Rule<'a> {
    /// The rules of a role.
    pub(crate) fn all(role: &'a Value) -> impl Iterator<Item = Self> + use<'a> {
        role.get("rules").and_then(Value::as_array).into_iter().flatten().map(Self::read)
    }

    fn read(rule: &'a Value) -> Self {
        let list = |member: &str| {
            let values = rule.get(member).and_then(Value::as_array).into_iter().flatten();
            values.filter_map(Value::as_str).collect()
        };
        Self {
            groups: list("apiGroups"),
            resources: list("resources"),
            urls: list("nonResourceURLs"),
            names: list("resourceNames"),
            verbs: list("verbs"),
        }
    }

    /// Whether the rule allows a request.
    pub(crate) fn allows(&self, wanted: &Attributes<'_>) -> bool {
        let verb = self.verbs.iter().any(|v| *v == "*" || *v == wanted.verb);
        if wanted.resource.is_empty() && !wanted.path.is_empty() {
            return verb && self.urls.iter().any(|url| url_covers(url, wanted.path));
        }
        verb && self.groups.iter().any(|g| *g == "*" || *g == wanted.group)
            && self.resources.iter().any(|r| resource_matches(r, wanted.resource, wanted.subresource))
            && (self.names.is_empty() || self.names.contains(&wanted.name))
    }

    /// Whether this rule allows everything that `other` allows, which has at most one verb, resource and name.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let all = |own: &[&str], theirs: &[&str]| own.contains(&"*") || theirs.iter().all(|t| own.contains(t));
        let resource = |theirs: &&str| {
            let sub = theirs.split_once('/').map(|(_, sub)| format!("*/{sub}"));
            self.resources.iter().any(|r| *r == "*" || r == theirs || sub.as_deref() == Some(*r))
        };
        let names =
            self.names.is_empty() || (!other.names.is_empty() && other.names.iter().all(|n| self.names.contains(n)));
        all(&self.verbs, &other.verbs)
            && all(&self.groups, &other.groups)
            && other.resources.iter().all(resource)
            && names
            && other.urls.iter().all(|theirs| self.urls.iter().any(|own| url_covers(own, theirs)))
    }

    /// The same rights as rules of one verb, resource and name each.
    pub(crate) fn parts(&self) -> Vec<Self> {
        let mut parts = Vec::new();
        let names: Vec<Vec<&str>> =
            if self.names.is_empty() { vec![Vec::new()] } else { self.names.iter().map(|n| vec![*n]).collect() };
        for group in &self.groups {
            for resource in &self.resources {
                for verb in &self.verbs {
                    parts.extend(names.iter().map(|names| Self {
                        groups: vec![group],
                        resources: vec![resource],
                        names: names.clone(),
                        verbs: vec![verb],
                        urls: Vec::new(),
                    }));
                }
            }
        }
        for url in &self.urls {
            parts.extend(self.verbs.iter().map(|verb| Self { urls: vec![url], verbs: vec![verb], ..Self::default() }));
        }
        parts
    }

    /// The rule as an escalation error shows it.
    pub(crate) fn describe(&self) -> String {
        let members = [
            ("APIGroups", &self.groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.urls),
            ("ResourceNames", &self.names),
            ("Verbs", &self.verbs),
        ];
        let shown = members.iter().filter(|(_, list)| !list.is_empty());
        let shown: Vec<_> = shown.map(|(name, list)| format!("{name}:{}", quoted_list(list))).collect();
        format!("{{{}}}", shown.join(", "))
    }

    /// The rule as a rules review lists it: a resource rule or a non-resource rule.
    pub(crate) fn to_value(&self) -> Value {
        let members = [
            ("verbs", &self.verbs),
            ("apiGroups", &self.groups),
            ("resources", &self.resources),
            ("resourceNames", &self.names),
            ("nonResourceURLs", &self.urls),
        ];
        let filled = members.into_iter().filter(|(_, list)| !list.is_empty());
        Value::Object(filled.map(|(name, list)| (name.to_owned(), list.as_slice().into())).collect::<Map<_, _>>())
    }
}

/// Go's `%q` of a list of strings.
pub(crate) fn quoted_list<T: AsRef<str>>(list: &[T]) -> String {
    let texts: Vec<_> = list.iter().map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", texts.join(" "))
}

/// Whether a rule's resource matches: `*` matches everything, `pods/log` one subresource, `*/scale` that subresource of
/// any resource.
fn resource_matches(rule: &str, resource: &str, subresource: &str) -> bool {
    let (plural, sub) = rule.split_once('/').unwrap_or((rule, ""));
    rule == "*"
        || (plural == resource && sub == subresource)
        || (plural == "*" && !subresource.is_empty() && sub == subresource)
}

/// Whether a rule's path covers a path; a trailing star matches any suffix.
fn url_covers(rule: &str, path: &str) -> bool {
    rule == path || (rule.ends_with('*') && path.starts_with(rule.trim_end_matches('*')))
}
