//! What each format looks like (snapshots), what must be in a page whatever it looks like, and the exit codes.
mod exit_codes;
mod formats;
mod page;
mod race;
