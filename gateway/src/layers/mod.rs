//! The layers around every request of the API listener, one concern per file.
//!
//! They are plain functions for `axum::middleware::from_fn_with_state`: each does in ten lines what a library's generic
//! layer would. [`App::router`](crate::app::App::router) has their order.
pub mod access;
pub mod client;
pub mod concurrency;
pub mod cors;
pub mod metrics;
pub mod request_id;
pub mod security_headers;
