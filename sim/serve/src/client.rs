//! A client over the wire: plays conformance cases on a served cluster or on a real kube-apiserver.
//!
//! It opens a connection for each request, so that cases do not depend on each other's connections.
use crate::trust::{Trust, client_config};
use apiserver::Request;
use bytes::{Bytes, BytesMut};
use conformance::{Client, Line, Reply, Unanswered};
use http::{Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::TlsConnector;

/// Timeout of a whole answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Reason why a client cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The URL is malformed.
    #[error("{0} is not a server's URL: try https://127.0.0.1:6443")]
    Url(String),
    /// The certificate authority is not valid.
    #[error("the certificate authority cannot be used: {0}; give its certificates in PEM")]
    Authority(String),
}

/// A client of a server over the network, in real time.
#[derive(Debug)]
pub struct Remote {
    server: Endpoint,
    etcd: Option<Endpoint>,
    tls: Arc<ClientConfig>,
    began: Instant,
}

/// An open watch.
#[derive(Debug)]
pub struct RemoteStream {
    body: Incoming,
    /// Bytes received after the last complete line.
    rest: BytesMut,
    ended: bool,
}

#[derive(Debug, Clone)]
struct Endpoint {
    tls: bool,
    host: String,
    port: u16,
    /// Prefix of every path, without a trailing slash.
    base: String,
}

impl Endpoint {
    fn parse(url: &str) -> Result<Self, RemoteError> {
        let wrong = || RemoteError::Url(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Ok(Self { tls, host, port, base: uri.path().trim_end_matches('/').to_owned() })
    }
}

impl Remote {
    /// A client of the server at this URL. `etcd` is the URL of the server that answers `POST /v3/kv/compaction`, if
    /// any. Connections are opened later.
    ///
    /// # Errors
    /// If a URL or the authority is malformed.
    pub fn new(server: &str, etcd: Option<&str>, trust: Trust<'_>) -> Result<Self, RemoteError> {
        let tls = client_config(trust).map_err(|error| RemoteError::Authority(error.to_string()))?;
        let etcd = etcd.map(Endpoint::parse).transpose()?;
        Ok(Self { server: Endpoint::parse(server)?, etcd, tls, began: Instant::now() })
    }

    /// The server's URL.
    pub fn url(&self) -> String {
        let Endpoint { tls, host, port, base } = &self.server;
        let scheme = if *tls { "https" } else { "http" };
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        format!("{scheme}://{host}:{port}{base}")
    }

    /// Whether the URL's host is this machine.
    pub fn is_loopback(url: &str) -> bool {
        Endpoint::parse(url).is_ok_and(|endpoint| {
            endpoint.host == "localhost" || endpoint.host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        })
    }

    async fn exchange(&self, endpoint: &Endpoint, request: Request) -> Result<http::Response<Incoming>, Unanswered> {
        let unanswered = |error: std::io::Error| Unanswered(format!("{}:{}: {error}", endpoint.host, endpoint.port));
        let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await.map_err(unanswered)?;
        stream.set_nodelay(true).map_err(unanswered)?;
        if !endpoint.tls {
            return send_on(stream, endpoint, request).await;
        }
        let name = ServerName::try_from(endpoint.host.clone()).map_err(|error| Unanswered(error.to_string()))?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let stream = connector.connect(name, stream).await.map_err(unanswered)?;
        send_on(stream, endpoint, request).await
    }

    async fn whole(&self, endpoint: &Endpoint, request: Request) -> Result<Reply, Unanswered> {
        let response = self.exchange(endpoint, request).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| Unanswered(error.to_string()))?.to_bytes();
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body })
    }
}

/// Sends one request on a new connection.
async fn send_on(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    endpoint: &Endpoint,
    request: Request,
) -> Result<http::Response<Incoming>, Unanswered> {
    let failed = |error: hyper::Error| Unanswered(error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    tokio::spawn(connection);
    let mut wire = http::Request::new(Full::new(request.body));
    *wire.method_mut() = request.method;
    let target = format!("{}{}", endpoint.base, request.target);
    *wire.uri_mut() = target.parse().map_err(|_| Unanswered(format!("{target} is not a valid path")))?;
    *wire.headers_mut() = request.headers;
    let host = http::HeaderValue::try_from(format!("{}:{}", endpoint.host, endpoint.port));
    wire.headers_mut()
        .insert(header::HOST, host.map_err(|_| Unanswered(format!("{} is not a valid host", endpoint.host)))?);
    sender.send_request(wire).await.map_err(failed)
}

impl Client for Remote {
    type Stream = RemoteStream;

    async fn send(&mut self, request: Request) -> Result<Reply, Unanswered> {
        let whole = self.whole(&self.server, request);
        timeout(ANSWER_TIMEOUT, whole).await.map_err(|_| Unanswered("no answer within a minute".to_owned()))?
    }

    async fn watch(&mut self, request: Request) -> Result<(Reply, Option<RemoteStream>), Unanswered> {
        let response = timeout(ANSWER_TIMEOUT, self.exchange(&self.server, request));
        let response = response.await.map_err(|_| Unanswered("no answer within a minute".to_owned()))??;
        let (head, body) = response.into_parts();
        let reply = |body: Bytes| Reply { status: head.status.as_u16(), headers: head.headers.clone(), body };
        if head.status == http::StatusCode::OK {
            return Ok((reply(Bytes::new()), Some(RemoteStream { body, rest: BytesMut::new(), ended: false })));
        }
        let body = body.collect().await.map_err(|error| Unanswered(error.to_string()))?.to_bytes();
        Ok((reply(body), None))
    }

    async fn next_line(&mut self, stream: &mut RemoteStream, within: Duration) -> Line {
        let deadline = Instant::now() + within;
        loop {
            if let Some(end) = stream.rest.iter().position(|byte| *byte == b'\n') {
                return Line::Event(stream.rest.split_to(end + 1).freeze());
            }
            if stream.ended {
                return Line::End;
            }
            match timeout_at(deadline, stream.body.frame()).await {
                Err(_) => return Line::Quiet,
                Ok(Some(Ok(frame))) => stream.rest.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
                Ok(None | Some(Err(_))) => stream.ended = true,
            }
        }
    }

    async fn compact(&mut self, revision: u64) -> Result<u16, Unanswered> {
        let Some(etcd) = &self.etcd else { return Err(Unanswered("the URL of etcd is not set".to_owned())) };
        let body = Bytes::from(format!("{{\"revision\": \"{revision}\", \"physical\": true}}"));
        let mut headers = http::HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        let request = Request { method: http::Method::POST, target: "/v3/kv/compaction".to_owned(), headers, body };
        Ok(self.whole(etcd, request).await?.status)
    }

    async fn sleep(&mut self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}
