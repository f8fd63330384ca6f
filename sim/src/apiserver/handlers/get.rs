//! GET of one object: from the store if no version is named, from the server's cache otherwise
//! (k8s.io/apiserver/pkg/storage/cacher/delegator.go, Get).
use super::{Call, parse_revision};
use crate::apiserver::{
    Answer, ApiServer,
    status::{self, Outcome},
};

impl ApiServer {
    pub(super) fn get(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        let key = call.key();
        if call.options.resource_version.is_empty() {
            let object = self.store.get(call.resource(), &key).ok_or_else(|| call.not_found())?;
            return Ok(call.object_answer(200, object, &[]));
        }
        let wanted = parse_revision(&call.options.resource_version).map_err(status::bare_error)?;
        let revision = if self.caches.ready(call.server, call.resource()) {
            self.wait_for_cache(call, wanted)?;
            self.caches.revision(&self.store, call.server, call.resource())
        } else {
            // While there is no cache, etcd serves (KEP-4568, "Delegate get requests to etcd").
            self.store.revision()
        };
        let object = self.store.get_at(call.resource(), &key, revision).ok_or_else(|| call.not_found())?;
        Ok(call.object_answer(200, object, &[]))
    }

    /// Whether the cache can serve a collection.
    ///
    /// # Errors
    /// 429 while its server has just started (KEP-4568).
    pub(super) fn cache_is_ready(&mut self, call: &Call<'_>) -> Outcome<()> {
        if self.caches.ready(call.server, call.resource()) {
            return Ok(());
        }
        self.caches.was_read(call.server, call.resource());
        Err(Box::new(status::too_many_requests(1)))
    }

    /// A read from the cache that is not older than a version. The real server waits for its cache, three seconds at most: here
    /// the cache moves on.
    ///
    /// # Errors
    /// 504 for a version that the store has not reached.
    pub(super) fn wait_for_cache(&mut self, call: &Call<'_>, wanted: u64) -> Outcome<()> {
        self.caches.was_read(call.server, call.resource());
        if wanted > self.store.revision() {
            let current = self.caches.revision(&self.store, call.server, call.resource());
            return Err(status::too_large_resource_version(wanted, current));
        }
        self.caches.catch_up(&self.store, call.server, call.resource(), wanted);
        Ok(())
    }
}
