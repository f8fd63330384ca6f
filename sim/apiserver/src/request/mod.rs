//! What a request asks for: its path and its options (k8s.io/apiserver/pkg/endpoints/request).
//!
//! May import: base, registry, codec, apply, access and what they import.
pub(crate) mod options;
pub(crate) mod request_info;
