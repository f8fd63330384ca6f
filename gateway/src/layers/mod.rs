//! What surrounds every request of the API listener, one concern per file. Their order is in [`App::router`](crate::app::App::router).
//!
//! Plain functions for `axum::middleware::from_fn_with_state`: ten lines each do what a library's generic layer would.
pub mod concurrency;
pub mod metrics;
pub mod request_id;
pub mod security_headers;
