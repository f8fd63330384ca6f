//! The section `datastorage`: where audit events go, and how many wait.
use super::file::File;
use std::time::Duration;

/// The DataStorage service, and the buffer in front of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// Its address, as in `http://data-storage-service:8080`.
    pub url: String,
    /// File of the certificate authorities that it is trusted by, if it is an https one.
    pub ca_file: Option<String>,
    /// How long one request to it may take.
    pub timeout: Duration,
    /// How many events may wait; more are lost, and counted as lost.
    pub buffer_size: usize,
    /// How many events one request carries.
    pub batch_size: usize,
    /// How long an event waits for others.
    pub flush_interval: Duration,
    /// How often a batch is tried again.
    pub retries_max: u32,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            url: "http://data-storage-service:8080".to_owned(),
            ca_file: None,
            timeout: Duration::from_secs(10),
            buffer_size: 10_000,
            batch_size: 100,
            flush_interval: Duration::from_secs(1),
            retries_max: 3,
        }
    }
}

pub(super) fn read(file: &mut File) -> Storage {
    let defaults = Storage::default();
    let key = "datastorage.url";
    let url = file.text(key).unwrap_or(defaults.url);
    let is_url = url.parse::<http::Uri>().is_ok_and(|url| {
        matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some() && url.query().is_none()
    });
    if !is_url {
        file.mistake(key, "is not a URL, as in http://data-storage-service:8080: audit events need one", ());
    }
    let ca_file = file.text("server.tls.caFile").filter(|path| !path.is_empty());
    if url.starts_with("https:") && ca_file.is_none() {
        file.mistake(key, "is https: name the authorities that it is trusted by in server.tls.caFile", ());
    }
    let storage = Storage {
        url,
        ca_file,
        timeout: file.duration("datastorage.timeout").unwrap_or(defaults.timeout),
        buffer_size: number(file, "datastorage.buffer.bufferSize", 1..=1_000_000, defaults.buffer_size),
        batch_size: number(file, "datastorage.buffer.batchSize", 1..=10_000, defaults.batch_size),
        flush_interval: file.duration("datastorage.buffer.flushInterval").unwrap_or(defaults.flush_interval),
        retries_max: number(file, "datastorage.buffer.maxRetries", 0..=100, 3).try_into().unwrap_or(3),
    };
    for (key, duration) in
        [("datastorage.timeout", storage.timeout), ("datastorage.buffer.flushInterval", storage.flush_interval)]
    {
        if duration.is_zero() {
            file.mistake(key, "is zero: raise it", ());
        }
    }
    storage
}

fn number(file: &mut File, key: &str, range: std::ops::RangeInclusive<usize>, default: usize) -> usize {
    match file.whole(key).map(usize::try_from) {
        None => default,
        Some(Ok(value)) if range.contains(&value) => value,
        Some(_) => {
            let problem = format!("must be from {} to {}", range.start(), range.end());
            file.mistake(key, &problem, default)
        }
    }
}
