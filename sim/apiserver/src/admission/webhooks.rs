//! The webhooks of the stored configurations that apply to a write
//! (k8s.io/apiserver/pkg/admission/plugin/webhook/generic/webhook.go).
use super::{
    conditions::{Conditions, Held, Inputs},
    expressions::{Variables, scope},
    matching::Subject,
    review,
};
use crate::{
    base::{
        json::{list, text},
        object::Object,
        status::{self, Outcome},
    },
    cel::Program,
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

/// A webhook that applies to the write.
pub(super) struct Matched {
    pub(super) phase: Phase,
    pub(super) name: String,
    /// The webhook's URL with its timeout, as errors show it.
    pub(super) url: String,
    /// Whether the failure policy is `Ignore`.
    pub(super) fails_open: bool,
}

/// The webhooks that apply, ordered by configuration, then by position in it.
///
/// # Errors
/// 403 for conditions that fail; 501 for conditions that are not simulated.
pub(super) fn matching<'a>(
    phase: Phase,
    configurations: impl Iterator<Item = &'a Arc<Object>>,
    subject: &Subject<'_>,
) -> Outcome<Vec<Matched>> {
    let mut found = Vec::new();
    for configuration in configurations {
        for webhook in list(&configuration.value, "webhooks") {
            let Some(kind) = subject.by_webhook(webhook) else { continue };
            let fails_open = text(webhook, "failurePolicy") == "Ignore";
            match holds(webhook, subject, kind)? {
                Held::Yes => {}
                Held::Failed(why) if !fails_open => {
                    return Err(status::forbidden(subject.call.kind.subject(), subject.name(), &why));
                }
                Held::No | Held::Failed(_) => continue,
            }
            let name = text(webhook, "name").to_owned();
            found.push(Matched { phase, name, url: url(webhook), fails_open });
        }
    }
    Ok(found)
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
    let inputs =
        Inputs { object: object.as_deref(), old: old.as_deref(), request: &request, namespace: None, params: None };
    Ok(conditions.hold(&inputs, &Program::named(&[])))
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
