//! The one API server behind its lock, and the news that it moved.
use apiserver::{Answer, ApiServer, Request, ServerId, WatchId, WatchItem};
use jiff::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Who writes for the controllers, in commits that nobody reads.
const CONTROLLER: u32 = 1;

/// Clone it freely: all clones are one server.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    api: Arc<Mutex<ApiServer>>,
    /// Changes with every commit, and when watches are ended.
    moved: Arc<watch::Sender<u64>>,
}

/// The machine's clock.
#[expect(clippy::disallowed_methods, reason = "no run is served over a real socket: its clients live in real time")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

impl Shared {
    pub(super) fn new(api: ApiServer) -> Self {
        let moved = watch::Sender::new(api.revision());
        Self { api: Arc::new(Mutex::new(api)), moved: Arc::new(moved) }
    }

    /// Executes a request now and wakes the watches if it committed anything.
    pub(super) fn handle(&self, request: &Request) -> Answer {
        let (answer, revision) = {
            let mut api = self.lock();
            let answer = api.handle(ServerId(0), 0, request, now());
            // Nobody reads them here, and they would pile up.
            drop(api.take_commits());
            (answer, api.revision())
        };
        self.tell(revision);
        answer
    }

    /// Lets a controller do the first thing that it would do now; false if there is nothing.
    pub(super) fn perform_one(&self) -> bool {
        let (task, revision) = {
            let mut api = self.lock();
            let task = api.controller_tasks(now()).into_iter().next();
            task.iter().for_each(|task| _ = api.perform(task, CONTROLLER, now()));
            drop(api.take_commits());
            (task, api.revision())
        };
        self.tell(revision);
        task.is_some()
    }

    pub(super) fn has_controllers(&self) -> bool {
        self.lock().has_controllers()
    }

    fn tell(&self, revision: u64) {
        self.moved.send_if_modified(|known| {
            let news = *known != revision;
            *known = revision;
            news
        });
    }

    /// What changes when there may be something new for a watch.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    pub(super) fn next_event(&self, watch: WatchId) -> WatchItem {
        self.lock().next_event(watch)
    }

    /// The `timeoutSeconds` of a watch.
    pub(super) fn timeout(&self, watch: WatchId) -> Option<u32> {
        self.lock().watch_timeout(watch)
    }

    pub(super) fn bookmark(&self, watch: WatchId) {
        self.lock().bookmark(watch);
    }

    pub(super) fn end_watch(&self, watch: WatchId) {
        self.lock().end_watch(watch);
    }

    pub(super) fn close_watch(&self, watch: WatchId) {
        self.lock().close_watch(watch);
    }

    /// The server ends all its watches.
    pub(super) fn end_watches(&self) {
        let mut api = self.lock();
        let open: Vec<_> = api.watches().map(|(watch, ..)| watch).collect();
        open.into_iter().for_each(|watch| api.end_watch(watch));
        drop(api);
        self.moved.send_modify(|_| ());
    }

    /// Compacts the store as etcd does.
    ///
    /// # Errors
    /// etcd's reason to refuse.
    pub(super) fn compact(&self, revision: u64) -> Result<u64, &'static str> {
        let mut api = self.lock();
        match revision {
            future if future > api.revision() => Err("etcdserver: mvcc: required revision is a future revision"),
            past if past <= api.compacted() => Err("etcdserver: mvcc: required revision has been compacted"),
            _ => {
                api.compact(revision);
                Ok(api.revision())
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, ApiServer> {
        self.api.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
