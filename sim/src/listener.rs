//! The listener that a replica's server accepts on: turmoil's, which also reports when a delivery arrives.
use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::{TcpListener, TcpStream};

/// Called with a peer's address at the first bytes that it sends on a connection.
type FirstBytes = Arc<dyn Fn(SocketAddr) + Send + Sync>;

/// A simulated listening socket.
pub struct Listener {
    first_bytes: FirstBytes,
    inner: TcpListener,
}

/// A simulated connection that was accepted.
pub struct Connection {
    stream: TcpStream,
    /// What to call at the first bytes; None after them.
    silent: Option<(FirstBytes, SocketAddr)>,
}

impl Listener {
    pub(crate) async fn bind(port: u16, first_bytes: impl Fn(SocketAddr) + Send + Sync + 'static) -> io::Result<Self> {
        Ok(Self { first_bytes: Arc::new(first_bytes), inner: TcpListener::bind(("0.0.0.0", port)).await? })
    }

    /// The next connection and its peer's address.
    pub async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            // An error of turmoil's accept concerns one attempt only.
            if let Ok((stream, peer)) = self.inner.accept().await {
                return (Connection { stream, silent: Some((Arc::clone(&self.first_bytes), peer)) }, peer);
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
            && let Some((first_bytes, peer)) = self.silent.take()
        {
            first_bytes(peer);
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
