//! Checks that an answer can have the requested form, after the request has been executed
//! (k8s.io/apiserver/pkg/endpoints/handlers/response.go). The forms themselves are built with the answer.
use crate::{
    base::{
        request::{Answer, AnswerBody},
        status::{self, Outcome},
    },
    codec::{negotiation::Shape, table::Include},
    request::call::Call,
};
use http::header;
use serde_json::Value;

impl Call<'_> {
    /// The answer to an executed request, or a refusal with its warnings if it cannot have the requested form
    /// (k8s.io/apiserver/pkg/endpoints/handlers/response.go, transformResponseObject).
    pub(crate) fn transformed(&self, verb: &str, answer: Answer) -> Answer {
        let refusal = match self.check_include().and_then(|()| self.check_shape(verb, &answer)) {
            Err(refusal) if verb != "watch" => refusal,
            _ => return answer,
        };
        let mut refused = refusal.answer();
        for warning in answer.headers.get_all(header::WARNING) {
            refused.headers.append(header::WARNING, warning.clone());
        }
        refused
    }

    /// Checks `includeObject`, which only Tables use.
    pub(crate) fn check_include(&self) -> Outcome<()> {
        if self.form.is_table() { Include::parse(&self.options.include_object).map(drop) } else { Ok(()) }
    }

    /// A list cannot be requested as the metadata of one object, nor an object as that of a list. A Status is sent
    /// unchanged.
    fn check_shape(&self, verb: &str, answer: &Answer) -> Outcome<()> {
        let many = matches!(verb, "list" | "deletecollection");
        let wanted = match self.form.shape {
            Shape::Metadata { list: false, .. } if many => "PartialObjectMetadata",
            Shape::Metadata { list: true, .. } if !many => "PartialObjectMetadataList",
            _ => return Ok(()),
        };
        if let AnswerBody::Full(body) = &answer.body
            && serde_json::from_slice::<Value>(body).is_ok_and(|value| value["kind"] == "Status")
        {
            return Ok(());
        }
        if self.kind.custom && !many {
            return Err(status::bare_error("content is not a list"));
        }
        let (list, suffix) = if many { ("a list", "List") } else { ("not a list", "") };
        let package = self.kind.group.split('.').next().filter(|group| !group.is_empty()).unwrap_or("core");
        let found = match self.kind.custom {
            true => format!("unstructured.Unstructured{suffix}"),
            false => format!("{package}.{}{suffix}", self.kind.kind),
        };
        let message = format!("you requested {wanted}, but the requested object is {list} (*{found})");
        Err(status::wrong_shape(message))
    }
}
