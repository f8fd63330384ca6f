//! Rules of RBAC, one verb on one resource at a time, as they are stored on a server.
use serde_json::Value;
use std::{collections::BTreeSet, fmt};

/// The part of the cluster in which a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// In the gateway's namespace.
    Namespace,
    /// In every namespace, and for objects without one.
    Cluster,
}

/// One verb on one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rule {
    pub(crate) scope: Scope,
    pub(crate) group: String,
    /// With its subresource, as in `remediationrequests/status`.
    pub(crate) resource: String,
    pub(crate) verb: String,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope, group, resource, verb } = self;
        let dot = if group.is_empty() { "" } else { "." };
        let place = if *scope == Scope::Namespace { "in the gateway's namespace" } else { "in every namespace" };
        write!(f, "{verb} {resource}{dot}{group} {place}")
    }
}

/// The rules of a role, each with one verb and one resource.
pub(crate) fn rules(role: &Value, scope: Scope) -> BTreeSet<Rule> {
    let list = |rule: &Value, key: &str| -> Vec<String> {
        let texts = rule[key].as_array().unwrap_or_else(|| panic!("{key} is missing from {rule}"));
        let texts: Vec<String> = texts.iter().map(|text| text.as_str().expect("a text").to_owned()).collect();
        assert!(!texts.iter().any(|text| text.contains('*')), "a wildcard grants what no request needs: {rule}");
        texts
    };
    let mut found = BTreeSet::new();
    for rule in role["rules"].as_array().expect("rules") {
        for (group, resource) in product(&list(rule, "apiGroups"), &list(rule, "resources")) {
            for verb in list(rule, "verbs") {
                found.insert(Rule { scope, group: group.clone(), resource: resource.clone(), verb });
            }
        }
    }
    found
}

fn product(some: &[String], others: &[String]) -> Vec<(String, String)> {
    some.iter().flat_map(|one| others.iter().map(|other| (one.clone(), other.clone()))).collect()
}
