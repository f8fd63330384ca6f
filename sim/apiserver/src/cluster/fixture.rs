//! Fixtures: objects that exist from the beginning, created through the API.
use crate::{
    base::{object, request::AnswerBody},
    server::state::ApiServer,
};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

/// Reason why a fixture could not be created.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// No served kind has this apiVersion and kind.
    #[error("fixture {api_version} {kind} is not served: add its definition to the registry")]
    UnknownKind {
        /// The object's apiVersion.
        api_version: String,
        /// The object's kind.
        kind: String,
    },
    /// The server refused the object.
    #[error("fixture {name} was refused with {status}: {body}")]
    Refused {
        /// The object's name.
        name: String,
        /// HTTP status.
        status: u16,
        /// The Status as JSON.
        body: String,
    },
}

impl ApiServer {
    /// Creates objects as an administrator, each through the create path, and sets its status if it has one.
    ///
    /// # Errors
    /// At the first object that is not served or is refused.
    pub fn apply_fixture(&mut self, objects: &[Value], now: Timestamp) -> Result<(), FixtureError> {
        objects.iter().try_for_each(|object| self.apply_object(object, now))
    }

    fn apply_object(&mut self, object: &Value, now: Timestamp) -> Result<(), FixtureError> {
        let registry = Arc::clone(&self.registry);
        let Some(kind) = registry.kind_of(object) else {
            let text = |member: &str| object.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
            return Err(FixtureError::UnknownKind { api_version: text("apiVersion"), kind: text("kind") });
        };
        let prefix = if kind.group.is_empty() { "/api" } else { "/apis" };
        let namespace = match object::meta_str(object, "namespace") {
            namespace if kind.namespaced => {
                format!("/namespaces/{}", if namespace.is_empty() { "default" } else { namespace })
            }
            _ => String::new(),
        };
        let collection = format!("{prefix}/{}{namespace}/{}", kind.api_version, kind.plural);
        let name = object::meta_str(object, "name");
        self.fixture_write(Method::POST, collection.clone(), object, now)?;
        if kind.has_status && object.get("status").is_some() {
            let patch = json!({"status": object["status"]});
            self.fixture_write(Method::PATCH, format!("{collection}/{name}/status"), &patch, now)?;
        }
        Ok(())
    }

    fn fixture_write(
        &mut self,
        method: Method,
        target: String,
        body: &Value,
        now: Timestamp,
    ) -> Result<(), FixtureError> {
        let name = object::meta_str(body, "name").to_owned();
        let answer = self.post(method, target, body, now);
        match answer.body {
            AnswerBody::Full(text) if answer.status >= 300 => {
                let body = String::from_utf8_lossy(&text).into_owned();
                Err(FixtureError::Refused { name, status: answer.status, body })
            }
            _ => Ok(()),
        }
    }
}
