//! The listener that a replica's server accepts on: turmoil's, with an eye on when a delivery arrives.
use super::{replicas, world::Shared};
use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::{TcpListener, TcpStream};

/// A simulated listening socket.
pub struct Listener {
    shared: Shared,
    inner: TcpListener,
}

/// A simulated connection that was accepted.
pub struct Connection {
    stream: TcpStream,
    /// Whom to tell of the first bytes.
    quiet: Option<(Shared, SocketAddr)>,
}

impl Listener {
    pub(super) async fn bind(shared: Shared) -> io::Result<Self> {
        Ok(Self { shared, inner: TcpListener::bind(("0.0.0.0", replicas::PORT)).await? })
    }

    /// The next connection and its peer's address.
    pub async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            // turmoil's accept has no error that outlives the attempt.
            if let Ok((stream, peer)) = self.inner.accept().await {
                return (Connection { stream, quiet: Some((self.shared.clone(), peer)) }, peer);
            }
        }
    }

    /// The address that it listens on.
    ///
    /// # Errors
    /// None: the signature is that of real listeners.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before
            && let Some((shared, peer)) = self.quiet.take()
        {
            shared.lock().delivery_arrived(peer);
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
