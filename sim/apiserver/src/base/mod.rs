//! The ground floor: objects, metadata, errors and times, as every other folder knows them (k8s.io/apimachinery).
//!
//! Imports no other folder of this crate.
pub(crate) mod age;
pub(crate) mod generate;
pub(crate) mod names;
pub(crate) mod object;
pub(crate) mod selectors;
pub mod status;
pub(crate) mod timestamp;
