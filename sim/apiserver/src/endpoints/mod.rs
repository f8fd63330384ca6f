//! From a request to its answer (k8s.io/apiserver/pkg/endpoints).
pub(crate) mod discovery;
pub(crate) mod handlers;
pub(crate) mod openapi;
pub(crate) mod reviews;
