//! A module for each verb, and modules for the code that verbs share (k8s.io/apiserver/pkg/endpoints/handlers and
//! pkg/registry/generic/registry). Each adds its handler to [`crate::server::state::ApiServer`].
mod apply;
mod below;
mod binding;
mod common;
mod create;
mod definition;
mod delete;
mod eviction;
mod get;
mod grace;
mod limits;
mod list;
mod namespace;
mod patch;
mod pod;
mod response;
mod revision;
mod runtime_class;
mod scale;
mod token;
mod update;
mod watch;
