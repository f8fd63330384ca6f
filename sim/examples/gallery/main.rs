//! A gallery of real controller bugs: each was reported publicly, and is found here in a small controller of our own.
//!
//! `cargo run -p lockstep-sim --example gallery -- leader` shows those whose name has this part. A test compares all of
//! them with docs/gallery.md; `LOCKSTEP_RECORD=1 cargo test -p lockstep-sim --example gallery` writes it.
mod app;
mod crash_between_writes;
mod document;
mod double_leader;
mod exhibit;
mod finalizer_too_early;
mod foreign_deletion;
mod generation_ignored;
mod hot_loop;
mod lost_status;
mod missed_event;
mod ownerless_orphan;
mod retried_post;
mod stale_cache;
mod time_travel;

use exhibit::{Exhibit, Shown};
use std::error::Error;

/// Every exhibit.
const EXHIBITS: [&Exhibit; 12] = [
    &stale_cache::EXHIBIT,
    &crash_between_writes::EXHIBIT,
    &missed_event::EXHIBIT,
    &time_travel::EXHIBIT,
    &finalizer_too_early::EXHIBIT,
    &double_leader::EXHIBIT,
    &lost_status::EXHIBIT,
    &retried_post::EXHIBIT,
    &ownerless_orphan::EXHIBIT,
    &generation_ignored::EXHIBIT,
    &foreign_deletion::EXHIBIT,
    &hot_loop::EXHIBIT,
];

/// Runs every exhibit whose name contains `part`.
fn show(part: &str) -> Result<Vec<(&'static Exhibit, Shown)>, String> {
    let chosen = EXHIBITS.into_iter().filter(|exhibit| exhibit.name.contains(part));
    chosen.map(|exhibit| exhibit.show().map(|shown| (exhibit, shown))).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let part = std::env::args().nth(1).unwrap_or_default();
    print!("{}", document::document(&show(&part)?));
    Ok(())
}

#[test]
fn every_bug_is_found_and_every_fix_holds() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/gallery.md");
    let fresh = document::document(&show("").expect("found and held"));
    if std::env::var_os("LOCKSTEP_RECORD").is_some() {
        std::fs::write(path, &fresh).expect("docs/gallery.md");
    }
    let stored = std::fs::read_to_string(path).expect("docs/gallery.md");
    assert!(
        fresh == stored,
        "docs/gallery.md is stale: LOCKSTEP_RECORD=1 cargo test -p lockstep-sim --example gallery"
    );
}
