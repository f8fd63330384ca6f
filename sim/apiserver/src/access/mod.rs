//! Who sends a request, and whether they may: authentication and authorisation
//! (k8s.io/apiserver/pkg/{authentication,authorization}).
//!
//! May import: base, storage, registry and what they import.
pub(crate) mod authentication;
pub(crate) mod authorizer;
pub(crate) mod rbac;
