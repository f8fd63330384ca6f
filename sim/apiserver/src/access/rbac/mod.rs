//! RBAC as kube-apiserver evaluates it: the rules that the stored bindings grant to a user
//! (k8s.io/kubernetes/pkg/registry/rbac/validation/rule.go, plugin/pkg/auth/authorizer/rbac).
//!
//! Objects are read from the store at the time of the request: the real server reads them from watch caches, which lag
//! by milliseconds. Bindings are visited by name, where the real one visits them in no defined order.
use super::{
    authorizer::{Attributes, Verdict},
    user::{MASTERS, User},
};
use crate::{
    base::{aggregate::aggregate, go_text::quoted, object::Object},
    registry::{group::RBAC, resources::Registry},
    storage::store::Store,
};
use rule::Rule;
use serde_json::Value;
use std::{ops::ControlFlow, sync::Arc};

pub(crate) mod bootstrap;
pub(crate) mod escalation;
pub(crate) mod rule;

/// The stored roles and bindings.
pub(crate) struct Rbac<'a> {
    store: &'a Store,
    registry: &'a Registry,
}

/// A binding, and the subject that matches the user.
#[derive(Clone, Copy)]
struct Source<'a> {
    binding: &'a Object,
    subject: &'a Value,
}

/// A visited item: a rule with the binding that grants it, or an error about a missing role.
type Visit<'a> = Result<(Source<'a>, Rule<'a>), String>;

impl<'a> Rbac<'a> {
    pub(crate) fn new(store: &'a Store, registry: &'a Registry) -> Self {
        Self { store, registry }
    }

    /// Whether a user may do this. Members of `system:masters` may do anything, without a reason in the verdict.
    pub(crate) fn authorize(&self, user: &User, attributes: &Attributes<'_>) -> Verdict {
        if user.is_in(MASTERS) {
            return Verdict { allowed: true, reason: String::new() };
        }
        let mut missing = Vec::new();
        let found = self.visit(user, attributes.namespace, &mut |visit| match visit {
            Ok((source, rule)) if rule.allows(attributes) => ControlFlow::Break(source.describe()),
            Ok(_) => ControlFlow::Continue(()),
            Err(why) => {
                missing.push(why);
                ControlFlow::Continue(())
            }
        });
        match (found, aggregate(missing)) {
            (Some(source), _) => Verdict { allowed: true, reason: format!("RBAC: allowed by {source}") },
            (None, None) => Verdict::default(),
            (None, Some(missing)) => Verdict { allowed: false, reason: format!("RBAC: {missing}") },
        }
    }

    /// All rules for a user in a namespace, and the errors in the bindings.
    pub(crate) fn rules_for(&self, user: &User, namespace: &str) -> (Vec<Rule<'a>>, String) {
        let (mut rules, mut missing) = (Vec::new(), Vec::new());
        self.visit(user, namespace, &mut |visit| {
            match visit {
                Ok((_, rule)) => rules.push(rule),
                Err(why) => missing.push(why),
            }
            ControlFlow::<()>::Continue(())
        });
        (rules, aggregate(missing).unwrap_or_default())
    }

    /// The rules of the role that a binding in this namespace refers to.
    ///
    /// # Errors
    /// The real server's message for a role that does not exist.
    pub(crate) fn referenced_rules(&self, role_ref: &Value, namespace: &str) -> Result<Vec<Rule<'a>>, String> {
        let text = |member: &str| role_ref.get(member).and_then(Value::as_str).unwrap_or_default();
        let name = text("name");
        let (plural, namespace) = match text("kind") {
            "Role" => ("roles", namespace),
            "ClusterRole" => ("clusterroles", ""),
            other => return Err(format!("unsupported role reference kind: {other}", other = quoted(other))),
        };
        let role = self.registry.find(RBAC, "v1", plural).and_then(|k| self.store.get(k.id, &k.key(namespace, name)));
        let missing = || format!("{}.{RBAC} {name} not found", plural.trim_end_matches('s'), name = quoted(name));
        Ok(role.map(|role| Rule::all(&role.value)).ok_or_else(missing)?.collect())
    }

    fn visit<B>(
        &self,
        user: &User,
        namespace: &str,
        visitor: &mut dyn FnMut(Visit<'a>) -> ControlFlow<B>,
    ) -> Option<B> {
        let cluster = self.bindings("clusterrolebindings", "").into_iter().map(|binding| (binding, ""));
        let local = if namespace.is_empty() { Vec::new() } else { self.bindings("rolebindings", namespace) };
        for (binding, namespace) in cluster.chain(local.into_iter().map(|binding| (binding, namespace))) {
            let mut subjects = binding.value.get("subjects").and_then(Value::as_array).into_iter().flatten();
            let Some(subject) = subjects.find(|subject| is_subject(user, subject, namespace)) else { continue };
            let rules = match self.referenced_rules(&binding.value["roleRef"], namespace) {
                Ok(rules) => rules,
                Err(why) => match visitor(Err(why)) {
                    ControlFlow::Break(found) => return Some(found),
                    ControlFlow::Continue(()) => continue,
                },
            };
            let source = Source { binding, subject };
            for rule in rules {
                if let ControlFlow::Break(found) = visitor(Ok((source, rule))) {
                    return Some(found);
                }
            }
        }
        None
    }

    fn bindings(&self, plural: &str, namespace: &str) -> Vec<&'a Arc<Object>> {
        let Some(kind) = self.registry.find(RBAC, "v1", plural) else { return Vec::new() };
        let prefix = kind.key(namespace, "");
        let revision = self.store.revision();
        self.store.range_at(kind.id, &prefix, None, revision).collect()
    }
}

impl Source<'_> {
    fn describe(&self) -> String {
        let text = |value: &Value, member: &str| value[member].as_str().unwrap_or_default().to_owned();
        let (role, subject) = (&self.binding.value["roleRef"], self.subject);
        let own = &*self.binding.namespace;
        let binding = if own.is_empty() {
            format!("ClusterRoleBinding {}", quoted(&self.binding.name))
        } else {
            format!("RoleBinding {}", quoted(&format!("{}/{own}", self.binding.name)))
        };
        let mut name = text(subject, "name");
        if text(subject, "kind") == "ServiceAccount" {
            let namespace = Some(text(subject, "namespace")).filter(|n| !n.is_empty());
            name = format!("{name}/{}", namespace.as_deref().unwrap_or(own));
        }
        let (role_kind, role_name) = (text(role, "kind"), quoted(&text(role, "name")));
        format!("{binding} of {role_kind} {role_name} to {} {}", text(subject, "kind"), quoted(&name))
    }
}

/// Whether a subject matches a user; a service account without a namespace is in the binding's.
fn is_subject(user: &User, subject: &Value, namespace: &str) -> bool {
    let text = |member: &str| subject.get(member).and_then(Value::as_str).unwrap_or_default();
    match text("kind") {
        "User" => user.name == text("name"),
        "Group" => user.is_in(text("name")),
        "ServiceAccount" => {
            let own = Some(text("namespace")).filter(|n| !n.is_empty()).unwrap_or(namespace);
            user.is_service_account(own, text("name"))
        }
        _ => false,
    }
}
