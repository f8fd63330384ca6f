//! The gateway's server on the simulated network: production's accept loop on turmoil's sockets.
use axum::serve;
use sim::engine::{Connection, Listener};
use std::{io, net::SocketAddr};

/// A simulated listener that the gateway's server accepts.
pub struct SimulatedListener(pub Listener);

impl serve::Listener for SimulatedListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        self.0.accept().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
