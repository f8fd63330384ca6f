//! The keys without an effect, validated: a file that the existing gateway refuses is refused here, too.
use super::file::File;
use std::time::Duration;

/// Checks them as the existing gateway does.
pub(super) fn check(file: &mut File) {
    for (key, min) in [("server.readTimeout", 5), ("server.idleTimeout", 30)] {
        let set = file.duration(key).filter(|set| !set.is_zero());
        if set.is_some_and(|set| set < Duration::from_secs(min)) {
            file.mistake(key, &format!("is shorter than {min}s: raise it"), ());
        }
    }
    file.duration("processing.deduplication.cooldownPeriod");
    file.flag("server.disableProfiling");
    if file.whole("processing.retry.maxAttempts").is_some_and(|attempts| attempts > 10) {
        file.mistake("processing.retry.maxAttempts", "is more than 10: lower it", ());
    }
    let initial = file.duration("processing.retry.initialBackoff").unwrap_or(Duration::from_millis(100));
    let max = file.duration("processing.retry.maxBackoff").unwrap_or(Duration::from_secs(5));
    if initial > Duration::from_secs(5) {
        file.mistake("processing.retry.initialBackoff", "is longer than 5s: lower it", ());
    }
    if max > Duration::from_secs(30) || max < initial {
        file.mistake("processing.retry.maxBackoff", "must be from initialBackoff to 30s", ());
    }
    if file.flag("fleet.enabled").unwrap_or(false) {
        file.mistake("fleet.enabled", "is not supported: this gateway serves its own cluster alone", ());
    }
}
