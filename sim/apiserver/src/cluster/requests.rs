//! The entry for requests: the answer first, then the controllers of definitions.
use crate::{
    base::{
        actor::ADMIN,
        id::ServerId,
        object::encode,
        request::{Answer, AnswerBody, Request},
    },
    codec::{negotiation, representation},
    server::state::ApiServer,
};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;

impl ApiServer {
    /// Commits one request on one server now, and answers it. `actor` identifies the sender, for commits and the
    /// authorizer.
    ///
    /// Requests for which the real server first waits for its cache (a list without a version, a read that is "not
    /// older than") leave the cache caught up.
    ///
    /// # Panics
    /// If there is no such server.
    pub fn handle(&mut self, server: ServerId, actor: u32, request: &Request, now: Timestamp) -> Answer {
        let registry = Arc::clone(&self.registry);
        self.now = now;
        let outcome = self.dispatch(&registry, server, actor, request, now);
        if self.extensions.is_pending() {
            self.reconcile_definitions(now);
        }
        let mut answer = outcome
            .unwrap_or_else(|status| representation::of_error(&status, negotiation::for_errors(&request.headers)));
        if request.method == Method::HEAD {
            answer.body = AnswerBody::Full(bytes::Bytes::new());
        }
        answer
    }

    /// A write in the name of this actor, without authorization.
    pub(crate) fn write_as(
        &mut self,
        actor: u32,
        method: Method,
        target: String,
        body: &Value,
        now: Timestamp,
    ) -> Answer {
        let before = self.commits.len();
        let answer = self.post(method, target, body, now);
        self.commits[before..].iter_mut().for_each(|commit| commit.actor = actor);
        answer
    }

    pub(crate) fn post(&mut self, method: Method, target: String, body: &Value, now: Timestamp) -> Answer {
        let mut headers = HeaderMap::new();
        let media_type = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(media_type));
        headers.insert(http::header::USER_AGENT, http::HeaderValue::from_static("kube-apiserver"));
        let request = Request { method, target, headers, body: encode(body) };
        self.handle(ServerId(0), ADMIN, &request, now)
    }
}
