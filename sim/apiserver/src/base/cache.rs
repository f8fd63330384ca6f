//! Limits of a watch cache, and a read from one.
use super::id::ResourceId;

/// Capacity of an API server. The real one's depends on the resource and on its load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Events of a resource that a watch cache remembers: an older watch gets 410. The real one keeps at least a
    /// hundred, and all of the last 75 s (k8s.io/apiserver/pkg/storage/cacher/watch_cache.go).
    pub history: usize,
    /// Events by which a stream may be behind its cache before the server ends it. The real one: ten to a thousand
    /// (k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go).
    pub buffer: usize,
}

impl Limits {
    /// No limits: everything is remembered, and the server waits for every client.
    pub const NONE: Limits = Limits { history: usize::MAX, buffer: usize::MAX };
}

/// A read of a collection from a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachedRead {
    /// The resource that was read.
    pub resource: ResourceId,
    /// The revision of the cache that served it.
    pub revision: u64,
    /// Whether the answer shows the client that revision. A watch that continues from a version does not.
    pub shown: bool,
}
