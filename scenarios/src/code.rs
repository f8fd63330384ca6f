//! Identity of the code that makes a run: a replay that no longer fits is stale if other code recorded it, and shows
//! that a run is not deterministic if this code did.

/// Hash of the sources that take part in a run; the build script computes it.
pub const ID: &str = env!("LOCKSTEP_CODE");
