//! GET of one object: from the store if the request names no version, from the server's cache otherwise
//! (k8s.io/apiserver/pkg/storage/cacher/delegator.go, Get).
use super::revision::parse_revision;
use crate::{
    base::{
        id::ServerId,
        request::{Answer, Request},
        status::{self, Outcome},
    },
    request::{
        call::Call,
        options::Options,
        request_info::{self, Target},
    },
    server::state::ApiServer,
};
use http::Method;

impl ApiServer {
    pub(crate) fn get(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        let key = call.key();
        if call.options.resource_version.is_empty() {
            let object = self.store.get(call.resource(), &key).cloned().ok_or_else(|| call.not_found())?;
            let object = self.in_version_anew(call.kind, &object)?;
            return Ok(call.object_answer(200, &object, &[]));
        }
        let wanted = parse_revision(&call.options.resource_version).map_err(status::bare_error)?;
        let revision = if self.caches.ready(call.server, call.resource()) {
            self.wait_for_cache(call, wanted)?;
            self.caches.revision(&self.store, call.server, call.resource())
        } else {
            // Until the cache is ready, etcd serves (KEP-4568, "Delegate get requests to etcd").
            self.store.revision()
        };
        let object = self.store.get_at(call.resource(), &key, revision).cloned().ok_or_else(|| call.not_found())?;
        let object = self.in_version(call.kind, &object)?;
        Ok(call.object_answer(200, &object, &[]))
    }

    /// Whether the request reads the latest state of one object while its server's cache is behind the store: an answer
    /// from that cache would be stale.
    pub fn read_finds_cache_behind(&self, server: ServerId, request: &Request) -> bool {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let Target::Resource(info) = request_info::parse(path) else { return false };
        let newest = Options::parse(query).resource_version.is_empty();
        let read = request.method == Method::GET && !info.name.is_empty() && newest;
        let kind = self.registry.find(info.group, info.version, info.resource).filter(|_| read);
        kind.is_some_and(|kind| self.cache_lag(server, kind.id) > 0)
    }

    /// Checks that the cache can serve a collection.
    ///
    /// # Errors
    /// 429 while the server is starting (KEP-4568).
    pub(crate) fn cache_is_ready(&mut self, call: &Call<'_>) -> Outcome<()> {
        if self.caches.ready(call.server, call.resource()) {
            return Ok(());
        }
        self.caches.was_read(call.server, call.resource());
        Err(Box::new(status::too_many_requests(1)))
    }

    /// Prepares a read from the cache at a version or later. The real server waits for its cache for up to three
    /// seconds: here the cache catches up.
    ///
    /// # Errors
    /// 504 for a version that the store has not reached.
    pub(crate) fn wait_for_cache(&mut self, call: &Call<'_>, wanted: u64) -> Outcome<()> {
        self.caches.was_read(call.server, call.resource());
        if wanted > self.store.revision() {
            let current = self.caches.revision(&self.store, call.server, call.resource());
            return Err(status::too_large_resource_version(wanted, current));
        }
        self.caches.catch_up(&self.store, call.server, call.resource(), wanted);
        Ok(())
    }
}
