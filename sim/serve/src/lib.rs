//! Serves the simulated API server on a real socket, for kubectl and for clients in any language.
//!
//! The same [`ApiServer`](apiserver::ApiServer) that runs use, behind one lock and in real time: requests commit one
//! after the other, and watches deliver a commit at once. The first byte of a connection selects its protocol: TLS,
//! which kubectl requires before it sends a token, with HTTP/2 for clients that ask for it, or plain HTTP/1.1.
//! Admission webhooks are called over HTTPS, by URL. [`Remote`] is a client that plays conformance cases over the wire.
//!
//! Absent on purpose: GOAWAY frames, which spread clients over servers; disconnecting slow watches, which only hold a
//! position in the log; storage that outlives the process.

mod answer;
mod body;
mod certificates;
mod client;
mod compaction;
mod connection;
mod controllers;
mod etcd;
mod kubeconfig;
mod server;
mod shared;
mod trust;
mod watch;
mod webhooks;

pub use certificates::{CertificateError, Certificates};
pub use client::{Remote, RemoteError, RemoteStream};
pub use kubeconfig::kubeconfig;
pub use server::{ServeError, Server};
pub use trust::Trust;
