//! The webhook that a definition names for conversions.
use crate::base::json::{list, text};
use serde_json::Value;
use std::sync::Arc;

/// The webhook that converts the objects of a definition between its versions.
#[derive(Debug)]
pub(crate) struct Converter {
    /// Name of the definition.
    pub(crate) definition: String,
    /// Its `clientConfig`.
    pub(crate) config: Value,
    /// Version of the review that it is sent.
    pub(crate) review_version: String,
}

impl Converter {
    /// The webhook of a definition, if its strategy is `Webhook`.
    pub(crate) fn of(definition: &Value) -> Option<Arc<Self>> {
        let conversion = definition.pointer("/spec/conversion").filter(|found| text(found, "strategy") == "Webhook")?;
        let webhook = conversion.get("webhook")?;
        let versions = list(webhook, "conversionReviewVersions").iter().filter_map(Value::as_str);
        let mut known = versions.filter(|version| matches!(*version, "v1" | "v1beta1"));
        Some(Arc::new(Self {
            definition: text(definition.get("metadata").unwrap_or(&Value::Null), "name").to_owned(),
            config: webhook["clientConfig"].clone(),
            review_version: known.next().unwrap_or("v1").to_owned(),
        }))
    }
}
