//! Authentication and authorization (k8s.io/apiserver/pkg/{authentication,authorization}).
//!
//! May import: the folders from base to apply, in the order of the crate's documentation.
pub(crate) mod authentication;
pub(crate) mod authorizer;
pub(crate) mod rbac;
pub(crate) mod user;
