//! Tests of the formats (snapshots), of the page's content, of the exit codes and of the digest.
mod digests;
mod exit_codes;
mod exports;
mod formats;
mod page;
mod race;
