//! The webhooks of the stored configurations that apply to a write
//! (k8s.io/apiserver/pkg/admission/plugin/webhook/generic/webhook.go).
use super::{
    conditions::{Conditions, Held, Inputs},
    expressions::{Variables, scope},
    matching::Subject,
    review, rights,
};
use crate::{
    base::{
        json::{list, text},
        object::Object,
        status::{self, Outcome},
    },
    cel::{Check, Program},
    registry::kind::Kind,
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

/// A webhook of a stored configuration.
pub(super) struct Configured {
    phase: Phase,
    configuration: Arc<Object>,
    index: usize,
}

/// A webhook that applies to the write.
pub(super) struct Matched<'a> {
    pub(super) phase: Phase,
    /// Distinguishes the webhook from all others.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) config: Value,
    /// The webhook's URL with its timeout, as errors show it.
    pub(super) url: String,
    pub(super) timeout: u64,
    /// Whether the failure policy is `Ignore`.
    pub(super) fails_open: bool,
    /// Whether a dry run must not call it.
    pub(super) has_side_effects: bool,
    /// Whether it is called again after later changes of the object.
    pub(super) may_be_called_again: bool,
    /// The version of the review that it is sent.
    pub(super) review_version: String,
    /// The kind in which it gets the object.
    pub(super) kind: &'a Kind,
}

/// All webhooks, ordered by configuration, then by position in it.
pub(super) fn configured<'a>(phase: Phase, configurations: impl Iterator<Item = &'a Arc<Object>>) -> Vec<Configured> {
    let each = |configuration: &'a Arc<Object>| {
        let count = list(&configuration.value, "webhooks").len();
        (0..count).map(move |index| Configured { phase, configuration: Arc::clone(configuration), index })
    };
    configurations.flat_map(each).collect()
}

impl Configured {
    /// The webhook, if it applies to the write.
    ///
    /// # Errors
    /// 403 for conditions that fail; 501 for conditions that are not simulated.
    pub(super) fn matched<'a>(&self, subject: &Subject<'a>) -> Outcome<Option<Matched<'a>>> {
        let webhook = &self.configuration.value["webhooks"][self.index];
        let Some(kind) = subject.by_webhook(webhook) else { return Ok(None) };
        subject.check_simulated(kind)?;
        let fails_open = text(webhook, "failurePolicy") == "Ignore";
        match holds(webhook, subject, kind)? {
            Held::Yes => {}
            Held::Failed(why) if !fails_open => {
                return Err(status::forbidden(subject.call.kind.subject(), subject.name(), &why));
            }
            Held::No | Held::Failed(_) => return Ok(None),
        }
        let name = text(webhook, "name").to_owned();
        let timeout = webhook.get("timeoutSeconds").and_then(Value::as_u64).unwrap_or(10);
        let versions = list(webhook, "admissionReviewVersions").iter().filter_map(Value::as_str);
        let mut known = versions.filter(|version| matches!(*version, "v1" | "v1beta1"));
        Ok(Some(Matched {
            phase: self.phase,
            id: format!("{}/{name}/{}", self.configuration.name, self.index),
            name,
            config: webhook["clientConfig"].clone(),
            url: url(&webhook["clientConfig"], timeout),
            timeout,
            fails_open,
            has_side_effects: !matches!(text(webhook, "sideEffects"), "None" | "NoneOnDryRun"),
            may_be_called_again: text(webhook, "reinvocationPolicy") == "IfNeeded",
            review_version: known.next().unwrap_or("v1").to_owned(),
            kind,
        }))
    }
}

/// Refuses conditions that are not simulated.
///
/// # Errors
/// 501 that names what is missing.
pub(super) fn check_simulated(configuration: &Value) -> Outcome<()> {
    list(configuration, "webhooks").iter().try_for_each(|webhook| conditions(webhook).map(drop))
}

fn conditions(webhook: &Value) -> Outcome<Conditions> {
    Conditions::compile(webhook, &scope(Variables { params: false, authorizer: true }, None))
}

/// Whether the matchConditions of a webhook hold.
fn holds(webhook: &Value, subject: &Subject<'_>, kind: &Kind) -> Outcome<Held> {
    if list(webhook, "matchConditions").is_empty() {
        return Ok(Held::Yes);
    }
    let conditions = conditions(webhook)?;
    let ([object, old], request) = (subject.objects(kind), review::request(subject, kind));
    let ask = |check: &Check, verb: &str| rights::answer(subject, check, verb);
    let inputs = Inputs {
        object: object.as_deref(),
        old: old.as_deref(),
        request: &request,
        namespace: None,
        params: None,
        ask: &ask,
        resource: rights::resource(subject),
    };
    Ok(conditions.hold(&inputs, &Program::named(&[])))
}

/// The URL of a webhook with its timeout, as errors show it.
pub(crate) fn url(config: &Value, timeout: u64) -> String {
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
