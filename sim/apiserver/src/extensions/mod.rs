//! Definitions of custom resources as objects of the API (k8s.io/apiextensions-apiserver): defaults, names, conditions,
//! validation. Their controllers are in [`crate::cluster`].
//!
//! May import: the folders from base to admission, in the order of the crate's documentation.
pub(crate) mod condition;
pub(crate) mod defaults;
pub(crate) mod finalizer;
pub(crate) mod naming;
pub(crate) mod state;
pub(crate) mod validation;
