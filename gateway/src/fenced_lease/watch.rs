//! List-and-watch: keeps a cache in step with one collection.
//!
//! A consistent LIST, then a watch from its version. A watch that ends is resumed at its last version. If that version
//! has expired (410, as an answer or as an event), the loop starts over with a LIST. A watch without any event for
//! longer than the server lets a watch last is abandoned. Bookmarks advance the version while nothing happens.
//! kube-runtime's watcher is not used: it takes randomness, hash order and tasks from the process, where this loop
//! takes them from the gateway's seams, and it hides Retry-After.
use super::{
    backoff::Backoff,
    call::Calls,
    call_error::{CallError, parse},
    list::List,
    version::{Versioned, number},
};
use crate::{
    clock::{SharedClock, within},
    entropy::SharedEntropy,
    warnings::Warnings,
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use kube::{
    api::{ListParams, WatchParams},
    client::Body,
};
use serde::{Deserialize, de::DeserializeOwned};
use std::{sync::Arc, time::Duration};

/// After this many seconds the server ends a watch. kube refuses 295 and more.
const WATCH_SECONDS: u32 = 290;
/// A watch without an event for this time is dead: its connection is broken, or the server forgot it.
const SILENCE_MAX: Duration = Duration::from_secs(330);
/// A watch that lasted less than this is resumed only after a pause.
const BRIEF: Duration = Duration::from_secs(1);
/// Longest time of one LIST.
const LIST_TIMEOUT: Duration = Duration::from_secs(60);

/// A cache that a list-and-watch loop fills.
pub(super) trait Cache: Send + Sync {
    type Object: Versioned + DeserializeOwned + Send;
    /// The collection is exactly `objects` at `version`.
    fn replace(&self, objects: Vec<Self::Object>, version: u64);
    /// `object` was created or changed.
    fn apply(&self, object: Self::Object);
    /// `object` was deleted; its version is that of the deletion.
    fn delete(&self, object: Self::Object);
    /// Every event up to `version` has been applied.
    fn reach(&self, version: u64);
}

/// A collection to follow, and the means to do so.
pub(super) struct Source {
    pub(super) calls: Calls,
    pub(super) clock: SharedClock,
    pub(super) entropy: SharedEntropy,
    pub(super) warnings: Arc<Warnings>,
    pub(super) path: String,
    pub(super) label_selector: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Event<T> {
    #[serde(rename = "type")]
    kind: String,
    object: T,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failure {
    code: u16,
    message: String,
}

/// The end of a watch.
enum End {
    /// The stream ended: resume at the last version.
    Over,
    /// The stream failed: resume at the last version after a pause.
    Failed(String),
    /// The version expired: start over with a LIST.
    Expired,
}

/// Follows `source` into `cache`; never ends.
pub(super) async fn follow<C: Cache>(source: &Source, cache: &C) {
    let mut backoff = Backoff::default();
    loop {
        match source.list::<C::Object>().await {
            Ok(list) => {
                backoff.reset();
                let version = list.metadata.resource_version;
                cache.replace(list.items, number(&version));
                watch(source, cache, version).await;
            }
            Err(error) => source.pause_after(&mut backoff, &error).await,
        }
    }
}

/// Watches until the version expires.
async fn watch<C: Cache>(source: &Source, cache: &C, mut version: String) {
    let mut backoff = Backoff::default();
    loop {
        let opened = source.clock.monotonic();
        let end = match source.watch(&version).await {
            Ok(body) => read(source, cache, body, &mut version).await,
            Err(error) if error.is_expired() => End::Expired,
            Err(error) => {
                source.pause_after(&mut backoff, &error).await;
                continue;
            }
        };
        match end {
            End::Expired => return,
            End::Over if source.clock.monotonic() >= opened + BRIEF => backoff.reset(),
            End::Over => source.pause(&mut backoff, "over", "the watch ended at once", None).await,
            End::Failed(why) => source.pause(&mut backoff, "failed", &why, None).await,
        }
    }
}

/// Applies a watch's events until it ends.
async fn read<C: Cache>(source: &Source, cache: &C, mut body: Body, version: &mut String) -> End {
    let mut lines = Lines::default();
    loop {
        let silent = source.clock.monotonic() + SILENCE_MAX;
        let chunk = match within(&*source.clock, silent, body.frame()).await {
            None => return End::Failed("the watch fell silent".to_owned()),
            Some(None) => return End::Over,
            Some(Some(Err(error))) => return End::Failed(error.to_string()),
            Some(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
        };
        lines.push(&chunk);
        while let Some(line) = lines.next() {
            if let Err(end) = apply(cache, &line, version) {
                return end;
            }
        }
    }
}

fn apply<C: Cache>(cache: &C, line: &[u8], version: &mut String) -> Result<(), End> {
    let event = match parse::<Event<C::Object>>(line) {
        Ok(event) if event.kind != "ERROR" => event,
        Ok(_) | Err(_) => return Err(failure(line)),
    };
    if !event.object.version().is_empty() {
        event.object.version().clone_into(version);
    }
    match event.kind.as_str() {
        "ADDED" | "MODIFIED" => cache.apply(event.object),
        "DELETED" => cache.delete(event.object),
        // BOOKMARK, or a type that a newer server sends: only its version matters.
        _ => {}
    }
    cache.reach(number(version));
    Ok(())
}

fn failure(line: &[u8]) -> End {
    match parse::<Event<Failure>>(line) {
        Ok(Event { object: Failure { code: 410, .. }, .. }) => End::Expired,
        Ok(Event { kind, object }) => End::Failed(format!("{kind} event: {} {}", object.code, object.message)),
        Err(error) => End::Failed(format!("an event that does not parse: {error}")),
    }
}

/// Splits a byte stream into lines.
#[derive(Debug, Default)]
struct Lines {
    buffer: BytesMut,
    searched: usize,
}

impl Lines {
    fn push(&mut self, chunk: &Bytes) {
        self.buffer.extend_from_slice(chunk);
    }

    fn next(&mut self) -> Option<BytesMut> {
        loop {
            let Some(end) = memchr::memchr(b'\n', &self.buffer[self.searched..]) else {
                self.searched = self.buffer.len();
                return None;
            };
            let mut line = self.buffer.split_to(self.searched + end + 1);
            self.searched = 0;
            line.truncate(line.len() - 1);
            if !line.iter().all(u8::is_ascii_whitespace) {
                return Some(line);
            }
        }
    }
}

impl Source {
    async fn list<T: DeserializeOwned>(&self) -> Result<List<T>, CallError> {
        let selector = ListParams { label_selector: self.label_selector.clone(), ..ListParams::default() };
        self.calls.list(&self.path, &selector, self.clock.monotonic() + LIST_TIMEOUT).await
    }

    async fn watch(&self, version: &str) -> Result<Body, CallError> {
        let params = WatchParams {
            label_selector: self.label_selector.clone(),
            timeout: Some(WATCH_SECONDS),
            bookmarks: true,
            ..WatchParams::default()
        };
        self.calls.watch(&self.path, &params, version).await
    }

    async fn pause_after(&self, backoff: &mut Backoff, error: &CallError) {
        let kind = error.code().map_or_else(|| "unanswered".to_owned(), |code| code.to_string());
        self.pause(backoff, &kind, &error.to_string(), error.retry_after()).await;
    }

    /// Waits before the next LIST or watch; `kind` limits how often the reason is logged.
    async fn pause(&self, backoff: &mut Backoff, kind: &str, why: &str, retry_after: Option<Duration>) {
        if let Some(left_out) = self.warnings.due(&format!("{} {kind}", self.path)) {
            tracing::warn!(path = self.path, why, left_out, "watching again");
        }
        self.clock.sleep(backoff.next(&*self.entropy, retry_after)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_survive_any_cut() {
        let text = b"{\"a\":1}\n\n{\"b\":2}\r\n{\"c\":3}";
        for cut in 0..text.len() {
            let mut lines = Lines::default();
            let mut seen = Vec::new();
            for part in [&text[..cut], &text[cut..]] {
                lines.push(&Bytes::copy_from_slice(part));
                seen.extend(std::iter::from_fn(|| lines.next()));
            }
            assert_eq!(seen, [&b"{\"a\":1}"[..], b"{\"b\":2}\r"], "cut at {cut}");
        }
    }

    #[test]
    fn error_events_are_distinguished() {
        let expired =
            br#"{"type":"ERROR","object":{"kind":"Status","status":"Failure","code":410,"message":"too old"}}"#;
        assert!(matches!(failure(expired), End::Expired));
        let timeout = br#"{"type":"ERROR","object":{"code":504,"message":"later"}}"#;
        assert!(matches!(failure(timeout), End::Failed(why) if why == "ERROR event: 504 later"));
        assert!(matches!(failure(b"{\"type\":"), End::Failed(_)));
    }
}
