//! Reads a body as Go's encoding/json does, because senders were tried with receivers that are written in Go.
//!
//! A reader that is stricter loses signals: Alertmanager never repeats a group that was answered 400. What Go accepts
//! and serde_json alone does not: bytes that are not UTF-8 and half surrogates (each is U+FFFD), a member twice (the
//! values merge), a name in other letters, and null for every type. Go refuses a whole body for one value of a wrong
//! type. Here such a [`Misfit`] is known to the list that contains it, so that the other elements are still read.
//!
//! From the bottom up: `text` prepares the characters, `time` reads timestamps, `place` stores values.
mod place;
mod text;
mod time;

pub use place::Misfit;
pub(super) use place::{List, Place, Struct, field};
pub use text::utf8;

use serde::de::DeserializeSeed;

/// A body that is not JSON.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// It breaks the grammar of JSON.
    #[error("{0}")]
    Syntax(#[from] serde_json::Error),
    /// Its lists and objects are nested deeper than Go reads them.
    #[error("nested deeper than {} levels", text::DEPTH_MAX)]
    TooDeep,
}

/// Reads `body` into `place`. Also gives the first value that did not fit, other than those that a list keeps.
pub(super) fn read(body: &str, place: Place<'_>) -> Result<Option<Misfit>, JsonError> {
    let body = text::prepared(body).ok_or(JsonError::TooDeep)?;
    let mut json = serde_json::Deserializer::from_str(&body);
    let misfit = place.deserialize(&mut json)?;
    json.end()?;
    Ok(misfit)
}

/// `time`, unless it was never set: Go writes an unset time as year 1, and marshals it like any other.
pub(super) fn set_time(time: Option<jiff::Timestamp>) -> Option<jiff::Timestamp> {
    time.filter(|time| *time > jiff::Timestamp::UNIX_EPOCH)
}
