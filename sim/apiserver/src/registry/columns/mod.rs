//! The columns of tables: those of the built-in kinds, and those that a definition prescribes.
pub(crate) mod builtin;
pub(crate) mod custom;
pub(crate) mod jsonpath;
