//! The API server's audit log: what the gateway asked for, and whether it was allowed.
use crate::rules::{Rule, Scope};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path};

/// The user whose requests are logged.
pub(crate) const USER: &str = "system:serviceaccount:kubernaut-system:gateway";

/// Flags for a server that logs these requests to `folder`, which gets the policy.
pub(crate) fn flags(folder: &Path) -> Vec<String> {
    let policy = format!(
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\n\
         rules: [{{level: Metadata, users: [\"{USER}\"]}}, {{level: None}}]\n"
    );
    std::fs::write(folder.join("policy.yaml"), policy).expect("a file");
    let path = |name: &str| folder.join(name).display().to_string();
    vec![format!("--audit-policy-file={}", path("policy.yaml")), format!("--audit-log-path={}", path("audit.log"))]
}

/// One request of the gateway for a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Request {
    namespace: String,
    group: String,
    resource: String,
    pub(crate) name: String,
    pub(crate) verb: String,
    allowed: bool,
}

/// Every request for a resource in the log; requests for documents such as discovery need no rule.
pub(crate) fn requests(folder: &Path) -> Vec<Request> {
    let log = std::fs::read_to_string(folder.join("audit.log")).expect("an audit log");
    // The last line may be unfinished.
    let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    events.filter(|event| event.get("objectRef").is_some()).map(|event| request(&event)).collect()
}

fn request(event: &Value) -> Request {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let object = &event["objectRef"];
    let (resource, subresource) = (text(&object["resource"]), text(&object["subresource"]));
    let resource = if subresource.is_empty() { resource } else { format!("{resource}/{subresource}") };
    Request {
        namespace: text(&object["namespace"]),
        group: text(&object["apiGroup"]),
        resource,
        name: text(&object["name"]),
        verb: text(&event["verb"]),
        allowed: event["annotations"]["authorization.k8s.io/decision"] == "allow",
    }
}

impl Request {
    fn needs(&self, rule: &Rule, own: &str) -> bool {
        let within = rule.scope == Scope::Cluster || self.namespace == own;
        within && (&*rule.group, &*rule.resource, &*rule.verb) == (&*self.group, &*self.resource, &*self.verb)
    }

    /// The rule that would allow it.
    fn rule(&self, own: &str) -> Rule {
        let scope = if self.namespace == own { Scope::Namespace } else { Scope::Cluster };
        Rule { scope, group: self.group.clone(), resource: self.resource.clone(), verb: self.verb.clone() }
    }
}

/// The rules that denied requests need, one sentence each. `own` is the gateway's namespace.
///
/// A request may be denied although a rule allows it: an API server that has just started does not know its roles yet.
pub(crate) fn missing(granted: &BTreeSet<Rule>, requests: &[Request], own: &str) -> BTreeSet<String> {
    let is_missing = |request: &&Request| !request.allowed && !granted.iter().any(|rule| request.needs(rule, own));
    let rules = requests.iter().filter(is_missing).map(|request| request.rule(own));
    rules.map(|rule| format!("no rule allows: {rule}. Add it to gateway/deploy/base/rbac.yaml")).collect()
}

/// The rules that no request needs, one sentence each.
pub(crate) fn unused(granted: &BTreeSet<Rule>, requests: &[Request], own: &str) -> BTreeSet<String> {
    let is_used = |rule: &&Rule| requests.iter().any(|request| request.allowed && request.needs(rule, own));
    let rules = granted.iter().filter(|rule| !is_used(rule));
    rules.map(|rule| format!("no request needs: {rule}. Remove it from gateway/deploy/base/rbac.yaml")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(verb: &str, resource: &str, namespace: &str, decision: &str) -> Request {
        request(&json!({
            "verb": verb, "objectRef": {"resource": resource, "namespace": namespace},
            "annotations": {"authorization.k8s.io/decision": decision},
        }))
    }

    fn rule(scope: Scope, verb: &str, resource: &str) -> Rule {
        Rule { scope, group: String::new(), resource: resource.to_owned(), verb: verb.to_owned() }
    }

    fn only(found: BTreeSet<String>) -> String {
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().collect()
    }

    #[test]
    fn denied_request_names_its_rule() {
        let found = only(missing(&BTreeSet::new(), &[asked("get", "pods", "payments", "forbid")], "own"));
        assert_eq!(found, "no rule allows: get pods in every namespace. Add it to gateway/deploy/base/rbac.yaml");
    }

    #[test]
    fn rule_without_a_request_is_named() {
        let granted = [rule(Scope::Namespace, "get", "leases"), rule(Scope::Cluster, "get", "pods")].into();
        let elsewhere = asked("get", "leases", "payments", "allow");
        let found = only(unused(&granted, &[elsewhere, asked("get", "pods", "payments", "allow")], "own"));
        assert!(found.starts_with("no request needs: get leases in the gateway's namespace. Remove"), "{found}");
    }

    #[test]
    fn rule_that_is_only_denied_is_unused() {
        let (granted, denied) = ([rule(Scope::Cluster, "get", "pods")].into(), asked("get", "pods", "a", "forbid"));
        assert!(missing(&granted, std::slice::from_ref(&denied), "own").is_empty());
        assert!(only(unused(&granted, &[denied], "own")).starts_with("no request needs: get pods"));
    }

    #[test]
    fn rules_that_fit_make_no_difference() {
        let (granted, asked) =
            ([rule(Scope::Namespace, "get", "leases")].into(), [asked("get", "leases", "own", "allow")]);
        assert!(missing(&granted, &asked, "own").is_empty() && unused(&granted, &asked, "own").is_empty());
    }
}
