//! API groups that the server treats specially.

pub(crate) const RBAC: &str = "rbac.authorization.k8s.io";
pub(crate) const AUTHENTICATION: &str = "authentication.k8s.io";
pub(crate) const AUTHORIZATION: &str = "authorization.k8s.io";
pub(crate) const ADMISSION: &str = "admissionregistration.k8s.io";

/// Definitions of custom resources.
pub(crate) const EXTENSIONS: &str = "apiextensions.k8s.io";
