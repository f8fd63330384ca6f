//! A request in terms of the API: its path, its options, its kind (k8s.io/apiserver/pkg/endpoints/request).
//!
//! May import: the folders from base to access, in the order of the crate's documentation.
pub(crate) mod call;
pub(crate) mod duration;
pub(crate) mod options;
pub(crate) mod request_info;
