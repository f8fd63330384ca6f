//! Reads JSON as Go programs write it.
use jiff::Timestamp;

/// `time`, unless it was never set: Go writes an unset time as year 1, and marshals it like any other.
pub(super) fn set_time(time: Option<Timestamp>) -> Option<Timestamp> {
    time.filter(|time| *time > Timestamp::UNIX_EPOCH)
}

/// Reads a field whose default stands for `null`, as in Go.
pub(super) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de> + Default,
{
    Ok(<Option<T> as serde::Deserialize>::deserialize(deserializer)?.unwrap_or_default())
}
