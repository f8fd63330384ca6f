//! Numbers of actors with a meaning of their own.

/// The actor of fixtures: not subject to authorization.
pub(crate) const ADMIN: u32 = u32::MAX;
