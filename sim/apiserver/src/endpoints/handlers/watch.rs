//! WATCH: the position at which a stream starts (k8s.io/apiserver/pkg/storage/cacher/cacher.go, Watch).
//!
//! A watch without a version starts from the server's cache, however old, because the gate
//! WatchFromStorageWithoutResourceVersion is off. A watch from a future version delivers nothing up to that version.
use super::revision::parse_revision;
use crate::{
    base::{
        cache::CachedRead,
        id::WatchId,
        request::{Answer, AnswerBody},
        status::{self, Outcome},
    },
    request::call::Call,
    server::{
        state::ApiServer,
        watcher::{Filter, Watcher},
    },
    validation,
};
use http::{HeaderMap, HeaderValue, header};

impl ApiServer {
    pub(crate) fn watch(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        let options = &call.options;
        validation::options::validate_list(options, true)?;
        let mut selector = call.kind.selector(&options.label_selector, &options.field_selector)?;
        if !call.name.is_empty() {
            // The deprecated watch path of one object.
            selector.require_name(call.name);
        }
        let wanted = parse_revision(&options.resource_version).map_err(status::bare_error)?;
        let namespace = (!call.namespace.is_empty()).then(|| call.namespace.to_owned());
        self.cache_is_ready(call)?;
        let filter = Filter {
            namespace,
            selector,
            kind: call.kind.id,
            view: call.kind.is_view(),
            form: call.form,
            include: call.include,
            headed: true,
        };
        // Since 1.34 a watch without a version, or from 0, is a streaming list too (metav1's SetListOptionsDefaults).
        let legacy = options.send_initial_events.is_none() && wanted == 0;
        let streaming = options.send_initial_events == Some(true) || legacy;
        if streaming {
            let at_least = if options.resource_version.is_empty() { self.store.revision() } else { wanted };
            // 0 accepts any state.
            if at_least > 0 {
                self.wait_for_cache(call, at_least)?;
            }
        }
        let (server, resource) = (call.server, call.resource());
        let since = self.caches.since(&self.store, server, resource);
        let current = self.caches.revision(&self.store, server, resource);
        let from_state = streaming;
        self.cached_read = Some(CachedRead { resource, revision: current, shown: from_state });
        let start = if from_state || wanted == 0 { current } else { wanted };
        let mut watcher = Watcher::new(&self.store, server, resource, filter, start);
        watcher.from_state = from_state;
        watcher.timeout = options.timeout_seconds;
        if options.allow_watch_bookmarks {
            watcher.allow_bookmarks(start);
        }
        if from_state {
            self.convert_all(call.kind, "", current)?;
            for object in self.store.range_at(resource, "", None, current) {
                watcher.push_initial(call.kind, self.forms.of(call.kind, object).unwrap_or(object), call.now);
            }
            if streaming && options.allow_watch_bookmarks {
                watcher.push_initial_events_end(call.kind, current, call.now);
            }
        } else if wanted > 0 && wanted < since {
            watcher.fail(&status::expired(format!("too old resource version: {wanted} ({since})")));
        }
        call.check_include()?;
        Ok(watch_answer(self.open_watch(watcher)))
    }
}

fn watch_answer(watch: WatchId) -> Answer {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Answer { status: 200, headers, body: AnswerBody::Watch(watch) }
}
