//! Tests of the formats (snapshots), of the page's content, and of the exit codes.
mod exit_codes;
mod exports;
mod formats;
mod page;
mod race;
