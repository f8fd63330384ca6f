//! Privilege escalation: a user may only grant rights that the user has, so roles and bindings are checked when they
//! are written (k8s.io/kubernetes/pkg/registry/rbac/{escalation_check.go,role/policybased,rolebinding/policybased}).
//!
//! Users who may `escalate` a role or `bind` it are exempt, and so are updates that change only owners and finalizers.
use super::{
    Rbac,
    rule::{Rule, quoted_list},
};
use crate::base::go_text::quoted;
use crate::{
    access::{
        authorizer::Attributes,
        user::{MASTERS, User},
    },
    base::{
        object,
        status::{self, Outcome},
    },
    registry::{group::RBAC, kind::Kind},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A write of a role or a binding.
pub(crate) struct Grant<'a> {
    pub(crate) kind: &'a Kind,
    pub(crate) user: &'a User,
    /// The request itself.
    pub(crate) request: &'a Attributes<'a>,
    pub(crate) value: &'a Value,
    pub(crate) old: Option<&'a Value>,
}

/// Checks a write.
///
/// # Errors
/// 403 that lists the missing rights, 404 if the role of a binding does not exist.
pub(crate) fn check(rbac: &Rbac<'_>, grant: &Grant<'_>) -> Outcome<()> {
    let Grant { kind, user, request, value, old } = grant;
    if user.is_in(MASTERS) || old.is_some_and(|old| differs_for_collector_only(value, old)) {
        return Ok(());
    }
    let namespace = request.namespace;
    let rules = if kind.plural.ends_with("bindings") {
        let role_ref = &value["roleRef"];
        let name = role_ref["name"].as_str().unwrap_or_default();
        let resource = if role_ref["kind"] == "Role" { "roles" } else { "clusterroles" };
        let bind = Attributes { verb: "bind", group: RBAC, resource, subresource: "", name, ..**request };
        if rbac.authorize(user, &bind).allowed {
            return Ok(());
        }
        if name.is_empty() {
            return Err(status::bad_request("Name parameter required."));
        }
        // The error names the missing role, but with the resource of the binding.
        rbac.referenced_rules(role_ref, namespace).map_err(|_| status::not_found(kind.subject(), name))?
    } else {
        if rbac.authorize(user, &Attributes { verb: "escalate", subresource: "", ..**request }).allowed {
            return Ok(());
        }
        Rule::all(value).collect()
    };
    let (own, errors) = rbac.rules_for(user, namespace);
    let parts = rules.iter().flat_map(Rule::parts);
    let missing: Vec<_> = parts.filter(|part| !own.iter().any(|rule| rule.covers(part))).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let shown: BTreeSet<_> = compact(missing).iter().map(Rule::describe).collect();
    let shown: Vec<_> = shown.into_iter().collect();
    let errors = if errors.is_empty() { errors } else { format!("; resolution errors: [{errors}]") };
    let why = format!(
        "user {} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}{errors}",
        quoted(&user.name),
        quoted_list(&user.groups),
        shown.join("\n")
    );
    Err(status::forbidden(kind.subject(), object::meta_str(value, "name"), &why))
}

/// Merges rules that differ only in their verb.
fn compact(rules: Vec<Rule<'_>>) -> Vec<Rule<'_>> {
    let mut kept = Vec::new();
    let mut verbs: BTreeMap<Rule<'_>, Vec<&str>> = BTreeMap::new();
    for mut rule in rules {
        if rule.urls.is_empty() {
            let own = std::mem::take(&mut rule.verbs);
            verbs.entry(rule).or_default().extend(own);
        } else {
            kept.push(rule);
        }
    }
    kept.extend(verbs.into_iter().map(|(rule, verbs)| Rule { verbs, ..rule }));
    kept
}

fn differs_for_collector_only(new: &Value, old: &Value) -> bool {
    let without = |value: &Value| {
        let mut value = value.clone();
        let meta = object::metadata_mut(&mut value);
        for member in ["ownerReferences", "finalizers", "managedFields"] {
            meta.remove(member);
        }
        value
    };
    without(new) == without(old)
}
