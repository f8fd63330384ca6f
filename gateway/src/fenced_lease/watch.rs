//! List-and-watch: keeps a cache in step with one collection, for ever.
//!
//! A consistent LIST, then a watch from its version. A watch that ends is resumed where it stopped; one whose version has
//! expired (410, as an answer or as an event) begins again with a LIST; one that says nothing for longer than the server lets
//! any watch live is given up. Bookmarks move the version along while nothing happens. kube-runtime's watcher does the same but
//! hashes, jitters and spawns on its own; here order and time come from the seams.
use super::{
    backoff::Backoff,
    call::{CallError, Calls, parse},
};
use crate::{
    clock::{SharedClock, within},
    entropy::SharedEntropy,
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use kube::{
    api::{ListParams, WatchParams},
    client::Body,
};
use serde::{Deserialize, de::DeserializeOwned};
use std::time::Duration;

/// After this many seconds the server ends a watch. kube refuses 295 and more.
const WATCH_SECONDS: u32 = 290;
/// A watch that says nothing for so long is dead: its connection is, or the server forgot it.
const SILENCE: Duration = Duration::from_secs(330);
/// A watch that ended sooner is not resumed at once.
const BRIEF: Duration = Duration::from_secs(1);
const LIST_TIMEOUT: Duration = Duration::from_secs(60);

/// An object of a collection, at one version.
pub(super) trait Versioned {
    /// metadata.resourceVersion.
    fn version(&self) -> &str;
}

/// A version as the number that it is; 0, older than all, when it is none.
pub(super) fn number(version: &str) -> u64 {
    version.parse().unwrap_or_default()
}

/// One page of a collection, or all of them.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) metadata: ListMeta,
    pub(super) items: Vec<T>,
}

/// What a LIST says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListMeta {
    pub(super) resource_version: String,
    r#continue: Option<String>,
}

impl ListMeta {
    /// The token of the next page.
    pub(super) fn next_page(&self) -> Option<&str> {
        self.r#continue.as_deref().filter(|token| !token.is_empty())
    }
}

impl<T> List<T> {
    /// Adds the next page.
    pub(super) fn extend(&mut self, page: Self) {
        self.items.extend(page.items);
        self.metadata = page.metadata;
    }
}

/// What a list-and-watch loop fills.
pub(super) trait Cache: Send + Sync {
    type Object: Versioned + DeserializeOwned + Send;
    /// The collection is exactly `objects` as of `version`.
    fn replace(&self, objects: Vec<Self::Object>, version: u64);
    /// `object` was made or changed.
    fn apply(&self, object: Self::Object);
    /// `object` was deleted; its version is that of the deletion.
    fn delete(&self, object: Self::Object);
    /// Everything up to `version` has been told.
    fn reach(&self, version: u64);
}

/// Which collection to follow, and with what.
pub(super) struct Source {
    pub(super) calls: Calls,
    pub(super) clock: SharedClock,
    pub(super) entropy: SharedEntropy,
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

/// Why a watch ended.
enum End {
    /// The stream is over: go on from the last version.
    Over,
    /// Go on from the last version, later.
    Failed(String),
    /// Begin again.
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
            Err(error) => source.pause(&mut backoff, &error.to_string(), error.retry_after()).await,
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
                source.pause(&mut backoff, &error.to_string(), error.retry_after()).await;
                continue;
            }
        };
        match end {
            End::Expired => return,
            End::Over if source.clock.monotonic() >= opened + BRIEF => backoff.reset(),
            End::Over => source.pause(&mut backoff, "the watch ended at once", None).await,
            End::Failed(why) => source.pause(&mut backoff, &why, None).await,
        }
    }
}

/// Applies a watch's events until it ends.
async fn read<C: Cache>(source: &Source, cache: &C, mut body: Body, version: &mut String) -> End {
    let mut lines = Lines::default();
    loop {
        let silent = source.clock.monotonic() + SILENCE;
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
        // BOOKMARK, and whatever else a newer server may send that carries a version.
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

/// Cuts a byte stream at line ends.
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

    async fn pause(&self, backoff: &mut Backoff, why: &str, retry_after: Option<Duration>) {
        tracing::warn!(path = self.path, why, "watching again");
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
    fn error_events_are_told_apart() {
        let expired =
            br#"{"type":"ERROR","object":{"kind":"Status","status":"Failure","code":410,"message":"too old"}}"#;
        assert!(matches!(failure(expired), End::Expired));
        let timeout = br#"{"type":"ERROR","object":{"code":504,"message":"later"}}"#;
        assert!(matches!(failure(timeout), End::Failed(why) if why == "ERROR event: 504 later"));
        assert!(matches!(failure(b"{\"type\":"), End::Failed(_)));
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(number("9") < number("10"));
        assert_eq!(number("not a number"), 0);
    }
}
