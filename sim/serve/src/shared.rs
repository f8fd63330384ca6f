//! The API server that all connections share, behind a lock, with notifications of its changes.
use crate::webhooks;
use apiserver::{Answer, ApiServer, Conversation, Request, ServerId, WatchId, WatchItem};
use jiff::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The actor of writes by controllers. Its commits are not read.
const CONTROLLER: u32 = 1;

/// Handle to the API server. All clones share one server.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    api: Arc<Mutex<ApiServer>>,
    /// The store's revision; notifies of every commit, and when the server ends watches.
    revision: Arc<watch::Sender<u64>>,
}

/// The machine's clock.
#[expect(clippy::disallowed_methods, reason = "no run is served over a real socket: its clients live in real time")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

impl Shared {
    pub(super) fn new(api: ApiServer) -> Self {
        let revision = watch::Sender::new(api.revision());
        Self { api: Arc::new(Mutex::new(api)), revision: Arc::new(revision) }
    }

    /// Executes a request as of now, with the answers of webhooks that it needs, and wakes the watches if it committed
    /// anything. Other requests are executed while a webhook is asked.
    pub(super) async fn handle(&self, request: &Request) -> Answer {
        let (now, mut conversation) = (now(), Conversation::default());
        loop {
            if let Some(answer) = self.attempt(request, now, &mut conversation) {
                return answer;
            }
            if let Some(question) = conversation.question() {
                let reply = webhooks::call(question).await;
                conversation.answer(reply);
            }
        }
    }

    fn attempt(&self, request: &Request, now: Timestamp, conversation: &mut Conversation) -> Option<Answer> {
        let (answer, revision) = {
            let mut api = self.lock();
            let answer = api.handle_asking(ServerId(0), 0, request, now, conversation);
            // Commits are not read here, and would accumulate.
            drop(api.take_commits());
            (answer, api.revision())
        };
        self.notify(revision);
        answer
    }

    /// Performs the first task of the controllers; false if there is none.
    pub(super) fn perform_next_task(&self) -> bool {
        let (task, revision) = {
            let mut api = self.lock();
            let task = api.controller_tasks(now()).into_iter().next();
            task.iter().for_each(|task| _ = api.perform(task, CONTROLLER, now()));
            drop(api.take_commits());
            (task, api.revision())
        };
        self.notify(revision);
        task.is_some()
    }

    pub(super) fn has_controllers(&self) -> bool {
        self.lock().has_controllers()
    }

    fn notify(&self, revision: u64) {
        self.revision.send_if_modified(|known| {
            let changed = *known != revision;
            *known = revision;
            changed
        });
    }

    /// Notifications that watches may have new events.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// The next event of a watch, with the answers of webhooks that it needs.
    pub(super) async fn next_event(&self, watch: WatchId) -> WatchItem {
        let mut conversation = Conversation::default();
        loop {
            let item = self.lock().next_event_asking(watch, &mut conversation);
            if let Some(item) = item {
                return item;
            }
            if let Some(question) = conversation.question() {
                let reply = webhooks::call(question).await;
                conversation.answer(reply);
            }
        }
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

    /// Ends all watches on the server's side.
    pub(super) fn end_watches(&self) {
        let mut api = self.lock();
        let open: Vec<_> = api.watches().map(|(watch, ..)| watch).collect();
        open.into_iter().for_each(|watch| api.end_watch(watch));
        drop(api);
        self.revision.send_modify(|_| ());
    }

    /// The store's newest version.
    pub(super) fn revision(&self) -> u64 {
        self.lock().revision()
    }

    /// Compacts the store as kube-apiserver does.
    pub(super) fn compact_with_caches(&self, revision: u64) {
        self.lock().compact_with_caches(revision);
    }

    /// Compacts the store as etcd does.
    ///
    /// # Errors
    /// etcd's reason for a refusal.
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
