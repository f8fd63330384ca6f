//! LIST: the state that it shows (KEP-2340, KEP-3157), its pages and its encoding.
//!
//! A list without a version is consistent: the real server waits until its cache has caught up with etcd, so here the
//! cache catches up.
use super::revision::parse_revision;
use crate::{
    base::{
        cache::CachedRead,
        id::ServerId,
        object::{Object, encode},
        request::{Answer, Request, json_answer},
        selectors::{Selector, field::demanded_name},
        status::{self, Outcome},
    },
    codec::{
        negotiation::{MetaVersion, Shape},
        table::{self, Style},
    },
    request::{
        call::Call,
        options::Options,
        request_info::{self, Target},
    },
    server::state::ApiServer,
    storage::continue_token::ContinueToken,
    validation,
};
use bytes::{BufMut, Bytes, BytesMut};
use http::Method;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The state that a list shows.
struct Source {
    revision: u64,
    /// First key of the page, relative to the prefix.
    start: Option<String>,
    limit: Option<usize>,
}

/// The result of a list.
pub(crate) struct Page {
    revision: u64,
    pub(crate) objects: Vec<Arc<Object>>,
    next: Option<ContinueToken>,
    /// Number of objects after this page; known only without selectors.
    remaining: Option<usize>,
}

/// Number of objects on a page of a deletion.
const DELETION_PAGE: i64 = 10_000;

impl ApiServer {
    pub(crate) fn list(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        validation::options::validate_list(&call.options, false)?;
        let selector = call.kind.selector(&call.options.label_selector, &call.options.field_selector)?;
        let source = self.source(call, &selector)?;
        let page = self.page(call, &selector, &source)?;
        Ok(json_answer(200, encode_page(call, &page), &[]))
    }

    /// Whether the request is a consistent list that finds its server's cache behind the store. The real server waits
    /// three seconds for the cache and then answers 429 (ConsistentListFromCacheSkipTimeoutFallback); the caller
    /// decides whether that time is enough.
    pub fn list_finds_cache_behind(&self, server: ServerId, request: &Request) -> bool {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let Target::Resource(info) = request_info::parse(path) else { return false };
        let options = Options::parse(query);
        let consistent = !options.watch && options.resource_version.is_empty() && options.continue_token.is_empty();
        let list = request.method == Method::GET && info.name.is_empty() && !info.watch_prefix && consistent;
        let kind = self.registry.find(info.group, info.version, info.resource).filter(|_| list);
        kind.is_some_and(|kind| self.cache_lag(server, kind.id) > 0)
    }

    /// The latest state of a collection.
    fn consistent_page(&mut self, call: &Call<'_>, selector: &Selector) -> Outcome<Page> {
        self.page(call, selector, &Source { revision: self.store.revision(), start: None, limit: None })
    }

    /// The objects that a DELETE of a collection is about: a page, or the latest state.
    pub(crate) fn listed_for_deletion(&mut self, call: &Call<'_>, selector: &Selector) -> Outcome<Page> {
        let options = &call.options;
        if options.limit <= 0 && options.continue_token.is_empty() && options.resource_version.is_empty() {
            return self.consistent_page(call, selector);
        }
        // The server lists by pages, for which a version is exact.
        let mut paged = call.clone();
        if paged.options.limit <= 0 && paged.options.resource_version != "0" {
            paged.options.limit = DELETION_PAGE;
        }
        let source = self.source(&paged, selector)?;
        self.page(call, selector, &source)
    }

    fn source(&mut self, call: &Call<'_>, selector: &Selector) -> Outcome<Source> {
        let options = &call.options;
        let limit = usize::try_from(options.limit).ok().filter(|l| *l > 0);
        if !options.continue_token.is_empty() {
            return self.continued(call, limit);
        }
        let wanted = parse_revision(&options.resource_version)
            .map_err(|why| status::bad_request(format!("invalid resource version: {why}")))?;
        // Until the cache is ready, etcd serves a page without selectors (KEP-4568, "Adjust what lists are delegated").
        let from_etcd = selector.is_empty() && limit.is_some() && !self.caches.ready(call.server, call.resource());
        if options.resource_version.is_empty() {
            let revision = self.store.revision();
            if !from_etcd {
                self.cache_is_ready(call)?;
                self.cached_read = Some(CachedRead { resource: call.resource(), revision, shown: true });
            }
            self.caches.catch_up(&self.store, call.server, call.resource(), revision);
            return Ok(Source { revision, start: None, limit });
        }
        let exact = &*options.resource_version_match == "Exact"
            || (options.resource_version_match.is_empty() && limit.is_some() && wanted > 0);
        if exact && wanted <= self.store.revision() {
            if self.is_forgotten(call, wanted) {
                return Err(status::expired("The resourceVersion for the provided list is too old."));
            }
            return Ok(Source { revision: wanted, start: None, limit });
        }
        if from_etcd {
            return Ok(Source { revision: self.store.revision(), start: None, limit: limit.filter(|_| wanted > 0) });
        }
        self.cache_is_ready(call)?;
        self.wait_for_cache(call, wanted)?;
        let revision = self.caches.revision(&self.store, call.server, call.resource());
        self.cached_read = Some(CachedRead { resource: call.resource(), revision, shown: true });
        Ok(Source { revision, start: None, limit: limit.filter(|_| wanted > 0) })
    }

    fn continued(&mut self, call: &Call<'_>, limit: Option<usize>) -> Outcome<Source> {
        let token = ContinueToken::decode(&call.options.continue_token)?;
        let from_cache = call.options.resource_version == "0";
        if !call.options.resource_version.is_empty() && !from_cache {
            return Err(status::bad_request("specifying resource version is not allowed when using continue"));
        }
        let limit = limit.filter(|_| !from_cache);
        let Ok(revision) = u64::try_from(token.rv) else {
            return Ok(Source { revision: self.store.revision(), start: Some(token.start), limit });
        };
        if revision > self.store.revision() {
            return Err(status::too_large_resource_version(revision, self.store.revision()));
        }
        if self.is_forgotten(call, revision) {
            let rest = ContinueToken::new(-1, token.start).encode();
            return Err(status::expired(EXPIRED_TOKEN).with_continue(rest));
        }
        Ok(Source { revision, start: Some(token.start), limit })
    }

    /// Whether a revision is compacted in the store and older than the cache's snapshots.
    fn is_forgotten(&self, call: &Call<'_>, revision: u64) -> bool {
        let remembered = self.caches.snapshots_since(&self.store, call.server, call.resource());
        revision < remembered && revision <= self.store.compacted()
    }

    fn page(&mut self, call: &Call<'_>, selector: &Selector, source: &Source) -> Outcome<Page> {
        let prefix = if call.namespace.is_empty() { String::new() } else { [call.namespace, "/"].concat() };
        self.convert_all(call.kind, &prefix, source.revision)?;
        let start = source.start.as_ref().map(|s| [prefix.as_str(), s].concat());
        let mut range = self.store.range_at(call.resource(), &prefix, start.as_deref(), source.revision);
        let mut page = Page { revision: source.revision, objects: Vec::new(), next: None, remaining: None };
        for object in range.by_ref() {
            let object = self.forms.of(call.kind, object).unwrap_or(object);
            if selector.is_empty() || selector.matches(&object.value) {
                page.objects.push(object.clone());
            }
            if Some(page.objects.len()) == source.limit {
                break;
            }
        }
        let remaining = range.count();
        // A list of one name reads one key, so it has no further pages.
        let one_place = !call.namespace.is_empty() || !call.kind.namespaced;
        let single = one_place && source.start.is_none() && demanded_name(&call.options.field_selector).is_some();
        if remaining > 0
            && !single
            && let Some(last) = page.objects.last()
        {
            let key = call.kind.key(&last.namespace, &last.name);
            let start = format!("{}\0", &key[prefix.len()..]);
            page.next = Some(ContinueToken::new(i64::try_from(source.revision).unwrap_or(i64::MAX), start));
            page.remaining = selector.is_empty().then_some(remaining);
        }
        Ok(page)
    }
}

const EXPIRED_TOKEN: &str = "The provided continue parameter is too old to display a consistent list result. \
    You can start a new list without the continue parameter, or use the continue token in this response to \
    retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - \
    objects that were created, modified, or deleted between the time the first chunk was returned and now may \
    show up in the list.";

/// Encodes a list. Lists of custom resources always have a continue token, and their items have kind and apiVersion;
/// lists of built-in kinds have a token only if there are more pages.
pub(crate) fn encode_page(call: &Call<'_>, page: &Page) -> Bytes {
    let partial = match call.form.shape {
        Shape::Object => None,
        Shape::Metadata { version, .. } => Some(version),
        Shape::Table(version) => {
            let style = Style { version, include: call.include };
            let objects = page.objects.iter().map(|object| &*object.value);
            return encode(&table::table(call.kind, style, list_metadata(call, page), objects, call.now, true));
        }
    };
    let (api_version, kind) = match partial {
        Some(version) => (version.api_version(), "PartialObjectMetadataList"),
        None => (call.kind.api_version.as_str(), call.kind.list_kind.as_str()),
    };
    let head = json!({"apiVersion": api_version, "kind": kind, "metadata": list_metadata(call, page)});
    let head = encode(&head);
    let size = head.len() + 16 + page.objects.iter().map(|o| o.json().len() + 1).sum::<usize>();
    let mut text = BytesMut::with_capacity(size);
    text.put_slice(&head[..head.len() - 1]);
    if partial.is_some() && page.objects.is_empty() {
        // A nil slice in Go, so JSON null.
        text.put_slice(b",\"items\":null}");
        return text.freeze();
    }
    text.put_slice(b",\"items\":[");
    for (i, object) in page.objects.iter().enumerate() {
        if i > 0 {
            text.put_u8(b',');
        }
        put_item(call, &mut text, object, partial);
    }
    text.put_slice(b"]}");
    text.freeze()
}

fn put_item(call: &Call<'_>, text: &mut BytesMut, object: &Object, partial: Option<MetaVersion>) {
    if let Some(version) = partial {
        text.put_slice(&encode(&table::partial(version, &object.value)));
        return;
    }
    match &*call.kind.shown(&object.value) {
        Value::Object(members) if !call.kind.custom => text.put_slice(&encode(&Untyped(members))),
        shown if call.kind.is_view() => text.put_slice(&encode(shown)),
        _ => text.put_slice(object.json()),
    }
}

fn list_metadata(call: &Call<'_>, page: &Page) -> Value {
    let mut metadata = json!({"resourceVersion": page.revision.to_string()});
    if let Some(next) = &page.next {
        metadata["continue"] = next.encode().into();
    } else if call.kind.custom && call.form.shape == Shape::Object {
        metadata["continue"] = "".into();
    }
    if let Some(remaining) = page.remaining {
        metadata["remainingItemCount"] = remaining.into();
    }
    metadata
}

/// An object without its kind and apiVersion.
struct Untyped<'a>(&'a Map<String, Value>);

impl Serialize for Untyped<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.0.iter().filter(|(name, _)| !matches!(name.as_str(), "apiVersion" | "kind")) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
