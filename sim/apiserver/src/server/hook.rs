//! A function in the place of the webhooks that convert custom resources.
use serde_json::Value;

/// One object to be converted to another version.
#[derive(Debug, Clone, Copy)]
pub struct ConversionRequest<'a> {
    /// Name of the definition, e.g. `widgets.example.com`.
    pub definition: &'a str,
    /// The wanted apiVersion, e.g. `example.com/v2`.
    pub desired: &'a str,
    /// The object in another version, without a resourceVersion.
    pub object: &'a Value,
}

/// The answer of a conversion webhook, or the failure of its call.
#[derive(Debug, Clone, PartialEq)]
pub enum ConversionResponse {
    /// The object in the wanted version. The server checks it, and restores its metadata except labels and annotations.
    Converted(Value),
    /// The webhook refuses with this message; an empty one is allowed.
    Refused(String),
    /// The call failed with this error, e.g. `context deadline exceeded`.
    Fail(String),
}

/// The function that answers for every conversion webhook.
pub type ConversionHook = Box<dyn FnMut(&ConversionRequest<'_>) -> ConversionResponse + Send>;
