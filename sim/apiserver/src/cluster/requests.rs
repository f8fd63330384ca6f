//! The entry for requests: the answer first, then the controllers of definitions.
use crate::{
    admission::conversation::Conversation,
    base::{
        actor::ADMIN,
        id::ServerId,
        object::encode,
        request::{Answer, AnswerBody, Request},
    },
    codec::{negotiation, representation},
    registry::group::ADMISSION,
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

    /// As [`Self::handle`], for a caller that asks webhooks over the network: None if the request needs the answer to
    /// the conversation's question. Then nothing has been committed, unless a collection is deleted, and the request is
    /// to be handled again, at the same time, once the question is answered.
    ///
    /// # Panics
    /// If there is no such server.
    pub fn handle_asking(
        &mut self,
        server: ServerId,
        actor: u32,
        request: &Request,
        now: Timestamp,
        conversation: &mut Conversation,
    ) -> Option<Answer> {
        if !self.has_webhooks() && !self.registry.has_converters() {
            return Some(self.handle(server, actor, request, now));
        }
        // Each execution generates the same identifiers, and no other request does.
        let own = conversation.ids.get_or_insert_with(|| self.ids.split()).clone();
        let shared = std::mem::replace(&mut self.ids, own);
        conversation.begin();
        self.conversation = Some(std::mem::take(conversation));
        let answer = self.handle(server, actor, request, now);
        *conversation = self.conversation.take().unwrap_or_default();
        self.ids = shared;
        conversation.question().is_none().then_some(answer)
    }

    /// Whether any configuration of webhooks was ever stored.
    fn has_webhooks(&self) -> bool {
        ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"].into_iter().any(|plural| {
            self.registry.find(ADMISSION, "v1", plural).is_some_and(|kind| !self.store.log(kind.id).is_empty())
        })
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
