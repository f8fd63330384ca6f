//! What is deployed: manifests apply, permissions are minimal, and what operators read names only what exists.
mod api;
mod apply;
mod audit;
mod container;
mod gateway;
mod kubectl;
mod migration;
mod monitoring;
mod permissions;
mod program;
mod rules;
mod servers;
mod signals;
mod walkthrough;
