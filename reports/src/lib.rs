//! Reports as data, and as text in several formats.
//!
//! A [`RunReport`] is the whole result of one invocation, as plain data. Each module below turns it into one format.
//! None of them computes a verdict, reads a file or writes one.
//!
//! - [`report`]: the schema, which is also the JSON format's; [`part`]: one machine's part of a campaign;
//!   [`search`]: what an exhaustive search covered; [`score`]: which generated mutants were caught;
//!   [`strategies`]: what each strategy needs to catch the others; [`coverage`]: which branches were taken;
//! - [`comparison`]: what protocols did in the same situations, as a document, a page and drawings;
//! - [`timeline`]: what happened in one run, as lanes and entries;
//! - [`mod@digest`]: what names a report in a build that it verified;
//! - [`mod@exit_code`]: the exit code of the process;
//! - [`text`], [`json`], [`junit`], [`github`], [`sarif`], [`html`]: one format each, by `render`;
//! - [`export`]: a timeline in the formats of other programs.
mod causes;
pub mod comparison;
mod confidence;
pub mod coverage;
pub mod digest;
pub mod exit_code;
pub mod export;
mod figures;
mod focus;
pub mod github;
pub mod html;
pub mod json;
pub mod junit;
pub mod part;
pub mod report;
pub mod sarif;
pub mod score;
pub mod search;
mod slack;
pub mod strategies;
mod summary;
mod table;
mod tables;
pub mod text;
pub mod timeline;

pub use digest::digest;
pub use exit_code::exit_code;
pub use report::{Failure, FailureKind, RunReport, ScenarioReport};
pub use timeline::{Behind, Belief, Copied, Entry, Happening, Lane, LaneKind, ObjectState, Timeline, Version, View};
