//! Times as the status stores them: metav1.Time, in whole seconds.
use jiff::Timestamp;

/// `time` without its fraction of a second; displays as RFC 3339 in UTC.
pub(super) fn to_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
