//! A request to a known kind, as every handler receives it.
use super::options::{FIELD_MANAGER_LIMIT, Options};
use crate::{
    access::user::User,
    apply::managed_fields::field_manager::FieldManager,
    base::{
        go_text::is_printable,
        id::{ResourceId, ServerId},
        object::{Object, encode},
        request::{Answer, json_answer},
        status::{self, Outcome},
    },
    codec::{
        negotiation::{self, Encoding, Form, Shape},
        table::{self, Include, Style},
    },
    registry::{conversion, events::Through, kind::Kind, resources::Registry},
};
use http::{HeaderMap, header};
use jiff::Timestamp;
use serde_json::Value;

/// One request to a known resource.
#[derive(Clone)]
pub(crate) struct Call<'a> {
    pub(crate) server: ServerId,
    pub(crate) actor: u32,
    /// The authenticated user, if requests are authenticated.
    pub(crate) user: Option<&'a User>,
    pub(crate) now: Timestamp,
    pub(crate) kind: &'a Kind,
    /// The namespace; empty for cluster-scoped kinds and for all namespaces.
    pub(crate) namespace: &'a str,
    /// The object's name; empty for collections.
    pub(crate) name: &'a str,
    /// `status`, `scale`, for namespaces `finalize`; empty for the object itself.
    pub(crate) subresource: &'a str,
    pub(crate) options: Options<'a>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    /// Whether the admission plugins have judged the request already, as one for a subresource.
    pub(crate) admitted: bool,
    pub(crate) form: Form,
    /// The part of each object that accompanies its row in a table.
    pub(crate) include: Include,
}

impl Call<'_> {
    pub(crate) fn resource(&self) -> ResourceId {
        self.kind.storage
    }

    pub(crate) fn key(&self) -> String {
        self.kind.key(self.namespace, self.name)
    }

    /// An object in its stored form.
    pub(crate) fn stored(&self, value: Value) -> Value {
        if self.kind.custom && self.kind.is_view() { conversion::stored(&value, self.kind) } else { value }
    }

    /// The field manager: the one that the request names, or the program's name (prefixFromUserAgent).
    pub(crate) fn manager(&self) -> String {
        if !self.options.field_manager.is_empty() {
            return self.options.field_manager.clone().into_owned();
        }
        let agent = self.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let program = agent.split('/').next().unwrap_or_default().chars().filter(|c| is_printable(*c));
        program.take(FIELD_MANAGER_LIMIT).collect()
    }

    pub(crate) fn field_manager<'a>(&'a self, registry: &'a Registry) -> FieldManager<'a> {
        FieldManager::new(registry, self.kind, self.subresource, self.now)
    }

    /// The encoding of the body.
    ///
    /// # Errors
    /// 415 for a type that no Kubernetes API knows, 501 for protobuf of a custom resource: kube-apiserver 1.36 panics
    /// on it and closes the connection.
    pub(crate) fn body_encoding(&self) -> Outcome<Encoding> {
        match negotiation::of_body(self.headers)? {
            Encoding::Protobuf if self.kind.custom => Err(status::not_simulated("protobuf of a custom resource")),
            encoding => Ok(encoding),
        }
    }

    /// The 404 for the object of this call.
    pub(crate) fn not_found(&self) -> Box<status::Status> {
        status::not_found(self.kind.subject(), self.name)
    }

    pub(crate) fn object_answer(&self, code: u16, object: &Object, warnings: &[String]) -> Answer {
        match self.form.shape {
            Shape::Object if !self.kind.is_view() => json_answer(code, object.json().clone(), warnings),
            _ => self.value_answer(code, &object.value, warnings),
        }
    }

    /// The answer for an object that is not stored: from a dry run, or from the update that completes a deletion.
    pub(crate) fn value_answer(&self, code: u16, value: &Value, warnings: &[String]) -> Answer {
        let body = match self.form.shape {
            Shape::Object => encode(&*self.kind.shown(value)),
            Shape::Metadata { version, .. } => encode(&table::partial(version, value)),
            Shape::Table(version) => {
                let style = Style { version, include: self.include };
                encode(&table::single(self.kind, style, value, self.now, true))
            }
        };
        json_answer(code, body, warnings)
    }

    /// The API through which an event was sent.
    pub(crate) fn through(&self) -> Through {
        if self.kind.is_view() { Through::Events } else { Through::Core }
    }
}
