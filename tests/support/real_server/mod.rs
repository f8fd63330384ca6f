//! A real control plane for tests: etcd and any number of kube-apiservers over it, as processes on loopback.
//!
//! Tests compare the simulated server with it; the recorded answers (tests/conformance) do not need it. `lockstep live`
//! starts the same one; what is added here is that the programs are built if there are none. Tests that use it are
//! marked `#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]`: see `tests/build.rs`.
use std::{
    ops::{Deref, DerefMut},
    sync::OnceLock,
};

mod binaries;

pub use binaries::{BinariesError, find};
pub use scenarios::live::{
    control_plane::{ADMIN_TOKEN, Client, ClientError, ControlPlane, ControlPlaneError, Options, USER_TOKEN},
    process::{Process, ProcessError},
};

/// The control plane did not start.
#[derive(Debug, thiserror::Error)]
pub enum RealServerError {
    /// The programs cannot be found or built.
    #[error(transparent)]
    Binaries(#[from] BinariesError),
    /// They did not become ready.
    #[error(transparent)]
    ControlPlane(#[from] ControlPlaneError),
}

/// A running etcd with its kube-apiservers. Dropping it ends them.
#[derive(Debug)]
pub struct RealServer(ControlPlane);

impl RealServer {
    /// The control plane that all tests of this process share: one server, started on first use.
    ///
    /// # Panics
    /// If it does not start.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RealServer> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&Options::default()).unwrap_or_else(|e| panic!("no control plane: {e}")))
    }

    /// Builds the programs if necessary (minutes, once), starts them and waits until every server is ready (seconds).
    ///
    /// # Errors
    /// If there are no programs, or they do not become ready.
    pub fn start(options: &Options) -> Result<Self, RealServerError> {
        Ok(Self(ControlPlane::start(&find()?, options)?))
    }
}

impl Deref for RealServer {
    type Target = ControlPlane;

    fn deref(&self) -> &ControlPlane {
        &self.0
    }
}

impl DerefMut for RealServer {
    fn deref_mut(&mut self) -> &mut ControlPlane {
        &mut self.0
    }
}
