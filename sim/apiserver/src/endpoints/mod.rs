//! Handles a request: routing, authorization, the verbs, discovery, OpenAPI and reviews
//! (k8s.io/apiserver/pkg/endpoints).
//!
//! May import: the folders from base to server, in the order of the crate's documentation.
mod authorize;
mod discovery;
mod dispatch;
mod document;
mod handlers;
mod health;
mod index;
mod openapi;
mod page;
mod reviews;
mod routes;
