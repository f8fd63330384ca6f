//! The ground floor: ids, requests, objects, errors, times and selectors (k8s.io/apimachinery).
//!
//! Imports no other folder of this crate.
pub(crate) mod actor;
pub(crate) mod addresses;
pub(crate) mod age;
pub(crate) mod aggregate;
pub(crate) mod cache;
pub(crate) mod commit;
pub(crate) mod field_error;
pub(crate) mod generate;
pub(crate) mod go_number;
pub(crate) mod go_text;
pub(crate) mod golang;
pub(crate) mod id;
pub(crate) mod json;
pub(crate) mod memo;
pub(crate) mod names;
pub(crate) mod object;
pub(crate) mod path;
pub(crate) mod pattern;
pub(crate) mod percent;
pub(crate) mod request;
pub(crate) mod selectors;
pub mod status;
pub(crate) mod timestamp;
pub(crate) mod warning;
pub(crate) mod watch;
