//! The reasons for which a live run or a measurement cannot be made.
use super::{
    cluster::{ApiError, fixtures::FixtureError},
    control_plane::{ClientError, ControlPlaneError},
    credentials::TrustError,
    fleet::ReplicaError,
    process::ProcessError,
};
use std::{io, path::PathBuf};

/// A live run or a measurement cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The servers do not start.
    #[error(transparent)]
    ControlPlane(#[from] ControlPlaneError),
    /// The API server has no client.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// An API call failed.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The objects that alerts are about cannot be created.
    #[error(transparent)]
    Fixtures(#[from] FixtureError),
    /// A gateway does not start.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A replica does not start.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The senders' credentials cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A file cannot be used.
    #[error("cannot use {path}: {source}")]
    Files {
        /// Path of the file or the directory.
        path: PathBuf,
        /// Underlying I/O error.
        source: io::Error,
    },
    /// What was measured is not what was to be measured.
    #[error("{0}")]
    Unusable(String),
}
