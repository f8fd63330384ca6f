//! Mutants: copies of the gateway's own protocol with safeguards taken out, which the harness must catch.
//!
//! There is no second implementation, and no hook in the gateway: the build script copies `gateway/src/fenced_lease`
//! and turns each of the `edits` into "if this safeguard is out, the replacement, else the original". One build has
//! all mutants; each run chooses the safeguards that are out, per thread, since a run is one thread. With every
//! safeguard in, the copy is the shipped protocol.
//!
//! A second copy has the generated mutants: each operator of the protocol and of the coalescer is a choice, of which a
//! run makes at most one otherwise. A third copy is not a mutant: it counts which branches a run takes.
mod choice;
mod edits;
mod generated_table;
mod scale;
mod taken;

pub use choice::{note_event, take_reached};
pub use edits::{Edit, SAFEGUARDS, Safeguard, all_edits};
use gateway::protocol::{Context, Protocol};
pub use generated_table::{GENERATED, Generated, UNVIABLE};
pub use scale::{Scale, scaled};
use serde_json::Value;
use std::{cell::Cell, sync::Arc};
pub use taken::{BRANCHES, Branch, take_counts};

/// The protocol, as the build script wrote it.
pub mod fenced_lease {
    include!(concat!(env!("OUT_DIR"), "/fenced_lease.rs"));
}

/// The protocol and the coalescer with a choice at each operator, as the build script wrote them.
#[expect(
    clippy::all,
    unused_parens,
    unused_qualifications,
    unused_comparisons,
    reason = "mutants are not written as a person would"
)]
pub mod generated {
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
}

/// The protocol and the coalescer with a counter at each branch, as the build script wrote them.
#[expect(clippy::all, reason = "what a macro or a build script writes is not read by a person")]
pub mod covered {
    include!(concat!(env!("OUT_DIR"), "/covered.rs"));
}

thread_local! {
    static OUT: Cell<u128> = const { Cell::new(0) };
}

/// Starts the protocol for one replica without these safeguards. They are out for every replica of the thread from then
/// on.
pub fn start(context: Context, safeguards: &[Safeguard]) -> Arc<dyn Protocol> {
    OUT.set(safeguards.iter().fold(0, |out, &safeguard| out | 1 << safeguard as u128));
    fenced_lease::FencedLease::start(context)
}

/// Starts the copy with choices for one replica, as the mutant with this number; `None` is the protocol as it is.
pub fn start_generated(context: Context, number: Option<u16>) -> Arc<dyn Protocol> {
    choice::set(number);
    generated::fenced_lease::FencedLease::start(context)
}

/// Starts the copy that counts its branches for one replica: it is the protocol as it is.
pub fn start_covered(context: Context) -> Arc<dyn Protocol> {
    covered::fenced_lease::FencedLease::start(context)
}

/// Whether this safeguard is out.
fn out(safeguard: Safeguard) -> bool {
    OUT.get() & (1 << safeguard as u128) != 0
}

/// An object's metadata without its uid, its resourceVersion or both.
fn without(mut metadata: Value, uid: bool, version: bool) -> Value {
    if let Some(members) = metadata.as_object_mut() {
        members.retain(|name, _| !(uid && name == "uid" || version && name == "resourceVersion"));
    }
    metadata
}

/// Eight digits that distinguish writers and their acquisitions, and that a name may contain (FNV-1a).
fn digits(writer: &str, acquisition: Option<&str>) -> String {
    let text = writer.bytes().chain(acquisition.unwrap_or_default().bytes());
    let hash = text.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{hash:08x}")
}
