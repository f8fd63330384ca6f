//! YAML as sigs.k8s.io/yaml reads and writes it: a dialect of version 1.1, in which `yes` is true and `0x10` is a
//! number.
//!
//! Bodies are compared and stored as JSON: a document is converted to JSON as soon as it is read, and JSON is converted
//! to a document last of all.
pub(crate) mod emit;
pub(crate) mod error;
pub(crate) mod read;
mod scalar;
