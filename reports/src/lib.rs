//! Run reports in, text out.
//!
//! A [`RunReport`] is all that a run of the harness has to say, as plain data; each module turns it into one format and none
//! of them computes a verdict, reads a file or writes one.
//!
//! - [`report`]: the schema, which is also the JSON format's;
//! - [`timeline`]: what happened in one run, as lanes and entries;
//! - [`mod@exit_code`]: what the process says to a script;
//! - [`text`], [`json`], [`junit`], [`github`], [`html`]: `fn render(&RunReport) -> String` each.
pub mod exit_code;
mod figures;
mod focus;
pub mod github;
pub mod html;
pub mod json;
pub mod junit;
pub mod report;
mod summary;
mod tables;
pub mod text;
pub mod timeline;

pub use exit_code::exit_code;
pub use report::{Failure, FailureKind, RunReport, ScenarioReport};
pub use timeline::{Entry, Happening, Lane, LaneKind, Standing, Timeline};
