//! Selects the webhooks that apply to a write: rules, scopes and selectors of the stored configurations
//! (k8s.io/apiserver/pkg/admission/plugin/webhook/{generic/webhook.go,predicates}).
use super::webhook::Write;
use crate::{
    base::{
        object::Object,
        selectors::structured,
        status::{self, Outcome},
    },
    request::call::Call,
};
use serde_json::Value;
use std::sync::Arc;

/// The two rounds in which webhooks are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Mutating,
    Validating,
}

impl Phase {
    pub(super) const fn plural(self) -> &'static str {
        match self {
            Self::Mutating => "mutatingwebhookconfigurations",
            Self::Validating => "validatingwebhookconfigurations",
        }
    }
}

/// A webhook that applies to the write.
pub(super) struct Matched {
    pub(super) phase: Phase,
    pub(super) name: String,
    /// The webhook's URL with its timeout, as errors show it.
    pub(super) url: String,
    /// Whether the failure policy is `Ignore`.
    pub(super) fails_open: bool,
}

/// The write for which webhooks are looked up.
pub(super) struct Wanted<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) write: Write<'a>,
    pub(super) namespace: Option<&'a Value>,
}

/// The webhooks that apply, ordered by configuration, then by position in it.
///
/// # Errors
/// 501 for a webhook with conditions in CEL.
pub(super) fn matching<'a>(
    phase: Phase,
    configurations: impl Iterator<Item = &'a Arc<Object>>,
    wanted: &Wanted<'_>,
) -> Outcome<Vec<Matched>> {
    let mut found = Vec::new();
    for configuration in configurations {
        for webhook in list(&configuration.value, "webhooks") {
            if !wanted.by(webhook) {
                continue;
            }
            if webhook.get("matchConditions").is_some() {
                return Err(status::not_simulated("matchConditions of an admission webhook"));
            }
            found.push(Matched {
                phase,
                name: text(webhook, "name").to_owned(),
                url: url(webhook),
                fails_open: text(webhook, "failurePolicy") == "Ignore",
            });
        }
    }
    Ok(found)
}

impl Wanted<'_> {
    fn by(&self, webhook: &Value) -> bool {
        list(webhook, "rules").iter().any(|rule| self.fits(rule))
            && self.in_namespace(&webhook["namespaceSelector"])
            && self.selected(&webhook["objectSelector"])
    }

    fn fits(&self, rule: &Value) -> bool {
        let kind = self.call.kind;
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
        scope
            && resource
            && has("operations", self.write.operation.name())
            && has("apiGroups", &kind.group)
            && has("apiVersions", &kind.version)
    }

    /// A namespace is selected by its own labels; other cluster-scoped objects always match.
    fn in_namespace(&self, selector: &Value) -> bool {
        let kind = self.call.kind;
        let own = kind.kind == "Namespace" && !kind.custom;
        let labelled = if own { self.write.object.or(self.write.old) } else { self.namespace };
        (!own && !kind.namespaced) || structured::matches(selector, labelled.unwrap_or(&Value::Null))
    }

    fn selected(&self, selector: &Value) -> bool {
        [self.write.object, self.write.old].into_iter().flatten().any(|object| structured::matches(selector, object))
    }
}

fn url(webhook: &Value) -> String {
    let timeout = webhook.get("timeoutSeconds").and_then(Value::as_u64).unwrap_or(10);
    let config = &webhook["clientConfig"];
    let base = match config.get("service") {
        None => text(config, "url").to_owned(),
        Some(service) => {
            let port = service.get("port").and_then(Value::as_u64).unwrap_or(443);
            let path = text(service, "path").trim_start_matches('/');
            format!("https://{}.{}.svc:{port}/{path}", text(service, "name"), text(service, "namespace"))
        }
    };
    format!("{base}?timeout={timeout}s")
}

fn list<'a>(object: &'a Value, member: &str) -> &'a [Value] {
    object.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(object: &'a Value, member: &str) -> &'a str {
    object.get(member).and_then(Value::as_str).unwrap_or_default()
}
