//! Rules and selectors: whether a webhook, a policy or a binding applies to a write
//! (k8s.io/apiserver/pkg/admission/plugin/webhook/predicates, plugin/policy/matching).
use super::webhook::Write;
use crate::{
    access::authorizer::Authorizer,
    base::{
        json::{list, text},
        object,
        selectors::structured,
        status::{self, Outcome},
    },
    registry::{conversion, kind::Kind, resources::Registry},
    request::call::Call,
    storage::store::Store,
};
use serde_json::Value;
use std::borrow::Cow;

/// A write as rules and selectors see it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) write: Write<'a>,
    pub(super) registry: &'a Registry,
    pub(super) store: &'a Store,
    /// The hook of the caller.
    pub(super) authorizer: Option<&'a Authorizer>,
    /// The namespace of the object; none for a namespace itself, and for other objects without one.
    pub(super) namespace: Option<&'a Value>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(
        call: &'a Call<'a>,
        write: Write<'a>,
        registry: &'a Registry,
        store: &'a Store,
        authorizer: Option<&'a Authorizer>,
    ) -> Self {
        let namespaces = registry.find("", "v1", "namespaces").filter(|_| call.kind.namespaced);
        let namespace = namespaces.and_then(|kind| store.get(kind.id, call.namespace)).map(|found| &*found.value);
        Self { call, write, registry, store, authorizer, namespace }
    }

    /// The same write of another object.
    pub(super) fn with_object<'v>(&'v self, object: &'v Value) -> Subject<'v> {
        Subject { write: Write { object: Some(object), ..self.write }, ..*self }
    }

    /// The name that the request has: none for the objects of a collection that is deleted.
    pub(super) fn name(&self) -> &'a str {
        let object = self.write.object.or(self.write.old).filter(|_| !self.write.in_collection);
        object.map_or("", |object| object::meta_str(object, "name"))
    }

    /// The name of the new object, or the beginning of a name to be generated.
    pub(super) fn object_name(&self) -> &'a str {
        let object = self.write.object.or(self.write.old.filter(|_| !self.write.in_collection));
        let text = |member: &str| object.map_or("", |object| object::meta_str(object, member));
        if text("name").is_empty() { text("generateName") } else { text("name") }
    }

    /// The namespace of the request: that of the object, or the name of a namespace.
    pub(super) fn namespace_name(&self) -> &'a str {
        if self.is_namespace() { self.name() } else { self.call.namespace }
    }

    fn is_namespace(&self) -> bool {
        self.call.kind.kind == "Namespace" && !self.call.kind.custom
    }

    /// The kind in which a webhook gets the object: that of the request if a rule fits it, or an equivalent one.
    pub(super) fn by_webhook(&self, webhook: &Value) -> Option<&'a Kind> {
        (self.in_namespace(&webhook["namespaceSelector"]) && self.selected(&webhook["objectSelector"]))
            .then(|| self.by_rules(list(webhook, "rules"), text(webhook, "matchPolicy")))?
    }

    /// The kind in which a policy sees the object, by its `matchConstraints` or a binding's `matchResources`.
    ///
    /// # Errors
    /// 404 if the namespace, whose labels are wanted, does not exist.
    pub(super) fn by_resources(&self, resources: &Value) -> Outcome<Option<&'a Kind>> {
        let selector = &resources["namespaceSelector"];
        let missing = self.namespace.is_none() && self.call.kind.namespaced && !is_empty(selector);
        if !missing && !self.in_namespace(selector) || !self.selected(&resources["objectSelector"]) {
            return Ok(None);
        }
        let (rules, policy) = (list(resources, "resourceRules"), text(resources, "matchPolicy"));
        if self.by_rules(list(resources, "excludeResourceRules"), policy).is_some() {
            return Ok(None);
        }
        let found = if rules.is_empty() { Some(self.call.kind) } else { self.by_rules(rules, policy) };
        match (found, self.registry.find("", "v1", "namespaces")) {
            (Some(_), Some(kind)) if missing => Err(status::not_found(kind.subject(), self.call.namespace)),
            (found, _) => Ok(found),
        }
    }

    fn by_rules(&self, rules: &[Value], policy: &str) -> Option<&'a Kind> {
        let kind = self.call.kind;
        if rules.iter().any(|rule| self.fits(rule, kind)) {
            return Some(kind);
        }
        let others = || self.registry.kinds().filter(|other| other.storage == kind.storage && other.id != kind.id);
        let equivalent = rules.iter().filter(|_| policy == "Equivalent");
        equivalent.flat_map(|rule| others().filter(|other| self.fits(rule, other))).next()
    }

    fn fits(&self, rule: &Value, kind: &Kind) -> bool {
        let has = |member: &str, wanted: &str| list(rule, member).iter().any(|v| *v == "*" || *v == wanted);
        let scope = match text(rule, "scope") {
            "Namespaced" => kind.namespaced,
            "Cluster" => !kind.namespaced,
            _ => true,
        };
        let resource = list(rule, "resources").iter().filter_map(Value::as_str).any(|resource| {
            let (plural, sub) = resource.split_once('/').unwrap_or((resource, ""));
            (plural == "*" || plural == kind.plural) && (sub == "*" || sub == self.call.subresource)
        });
        let names = list(rule, "resourceNames");
        scope
            && resource
            && has("operations", self.write.operation.name())
            && has("apiGroups", &kind.group)
            && has("apiVersions", &kind.version)
            && (names.is_empty() || names.iter().any(|name| name == self.name()))
    }

    /// A namespace is selected by its own labels; other cluster-scoped objects always match.
    fn in_namespace(&self, selector: &Value) -> bool {
        let own = self.is_namespace();
        let labelled = if own { self.write.object.or(self.write.old) } else { self.namespace };
        (!own && !self.call.kind.namespaced) || structured::matches(selector, labelled.unwrap_or(&Value::Null))
    }

    fn selected(&self, selector: &Value) -> bool {
        is_empty(selector)
            || [self.write.object, self.write.old]
                .into_iter()
                .flatten()
                .any(|object| structured::matches(selector, object))
    }

    /// Refuses to show the object in a version that only a conversion webhook can give it.
    ///
    /// # Errors
    /// 501.
    pub(super) fn check_simulated(&self, kind: &Kind) -> Outcome<()> {
        if kind.id == self.call.kind.id || kind.converter.is_none() {
            return Ok(());
        }
        Err(status::not_simulated("admission in another version than the request's, through a conversion webhook"))
    }

    /// The new and the old object, as objects of this kind.
    pub(super) fn objects(&self, kind: &Kind) -> [Option<Cow<'a, Value>>; 2] {
        [self.write.object, self.write.old].map(|object| object.map(|object| self.shown(object, kind)))
    }

    fn shown(&self, object: &'a Value, kind: &Kind) -> Cow<'a, Value> {
        let sent = self.call.kind;
        if self.write.body.is_some() {
            return Cow::Borrowed(object);
        }
        match (kind.custom, kind.id == sent.id) {
            // A custom resource is in the form in which it was sent, any other object in its stored one.
            (true, true) => Cow::Borrowed(object),
            (true, false) if sent.is_view() => Cow::Owned(kind.shown(&conversion::stored(object, sent)).into_owned()),
            _ => kind.shown(object),
        }
    }
}

/// An object that a webhook changed, in the form in which the server handles it.
pub(super) fn received(mut object: Value, from: &Kind, to: &Kind) -> Value {
    match (to.custom, from.id == to.id) {
        (true, false) => conversion::converted(&object, to),
        (true, true) => object,
        (false, _) => {
            from.store_form(&mut object);
            object
        }
    }
}

fn is_empty(selector: &Value) -> bool {
    selector.as_object().is_none_or(|selector| {
        selector.values().all(|part| match part {
            Value::Object(labels) => labels.is_empty(),
            Value::Array(requirements) => requirements.is_empty(),
            _ => true,
        })
    })
}
