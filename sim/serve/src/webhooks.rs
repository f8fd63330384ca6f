//! Calls webhooks of admission and of conversion over HTTPS, as kube-apiserver's client does
//! (k8s.io/apiserver/pkg/util/webhook/client.go).
//!
//! A served cluster has no network: a webhook is called by its URL, not by its service.
use crate::trust::{Trust, client_config};
use apiserver::{Question, Reply};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderValue, Method, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rand::RngExt;
use rustls::{CertificateError, Error as TlsError, pki_types::ServerName};
use serde_json::Value;
use std::{io, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

/// Calls a webhook, within its timeout.
pub(super) async fn call(question: &Question) -> Reply {
    let within = Duration::from_secs(question.timeout);
    let outcome = timeout(within, post(question)).await;
    outcome.unwrap_or_else(|_| Err("context deadline exceeded".to_owned())).unwrap_or_else(Reply::Failed)
}

/// Sends the review and reads the answer; an error is in the words of Go's HTTP client.
async fn post(question: &Question) -> Result<Reply, String> {
    let config = &question.config;
    let Some(url) = config["url"].as_str() else {
        let text = |member: &str| config["service"][member].as_str().unwrap_or_default();
        let (name, namespace) = (text("name"), text("namespace"));
        return Err(format!(
            "service {name} in namespace {namespace} cannot be reached: a served cluster has no network; configure a \
             url"
        ));
    };
    let uri: Uri = url.parse().map_err(|_| format!("parse \"{url}\": invalid URL"))?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(443);
    let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|why| unconnected(&host, port, &why))?;
    let name = ServerName::try_from(host.clone()).map_err(|why| why.to_string())?;
    let bundle = STANDARD.decode(config["caBundle"].as_str().unwrap_or_default()).unwrap_or_default();
    let tls = client_config(Trust::Authority(&String::from_utf8_lossy(&bundle)));
    let tls = tls.map_err(|_| format!("{UNVERIFIED}certificate signed by unknown authority"))?;
    let stream = TlsConnector::from(tls).connect(name, stream).await.map_err(|why| untrusted(&why))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| "EOF".to_owned())?;
    tokio::spawn(connection);
    let uid = uid();
    let request = request(question, &uri, &uid)?;
    let response = sender.send_request(request).await.map_err(|_| "EOF".to_owned())?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map_err(|_| "unexpected EOF".to_owned())?.to_bytes();
    Ok(Reply::Answered { uid, status, body })
}

fn request(question: &Question, uri: &Uri, uid: &str) -> Result<http::Request<Full<Bytes>>, String> {
    let mut review = question.review.clone();
    review["request"]["uid"] = Value::from(uid);
    let path = clean(uri.path());
    let request = http::Request::builder()
        .method(Method::POST)
        .uri(format!("{path}?timeout={}s", question.timeout))
        .header(header::HOST, uri.authority().map_or("", |authority| authority.as_str()))
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(header::ACCEPT, HeaderValue::from_static("application/json, */*"))
        .header(header::USER_AGENT, HeaderValue::from_static("kube-apiserver-admission"));
    request.body(Full::new(review.to_string().into())).map_err(|why| why.to_string())
}

/// The path that client-go makes of a webhook's: Go's `path.Join` leaves no empty parts, no dots and no last slash.
fn clean(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// A random uid in the form of a version 4 UUID.
#[expect(clippy::disallowed_methods, reason = "no run is served over a real socket: nothing is repeated from a seed")]
fn uid() -> String {
    let bits: u128 = rand::rng().random();
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn unconnected(host: &str, port: u16, why: &io::Error) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    match why.kind() {
        io::ErrorKind::ConnectionRefused => format!("dial tcp {host}:{port}: connect: connection refused"),
        _ => format!("dial tcp {host}:{port}: {why}"),
    }
}

const UNVERIFIED: &str = "tls: failed to verify certificate: x509: ";

fn untrusted(why: &io::Error) -> String {
    let tls = why.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
    match tls {
        Some(TlsError::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            format!("{UNVERIFIED}certificate signed by unknown authority")
        }
        Some(TlsError::InvalidCertificate(other)) => format!("{UNVERIFIED}{other:?}"),
        Some(other) => format!("tls: {other}"),
        None => "EOF".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn paths_are_cleaned() {
        for (path, cleaned) in
            [("", "/"), ("/", "/"), ("//failing", "/failing"), ("/a/./b/", "/a/b"), ("/a/../../b//c", "/b/c")]
        {
            assert_eq!(clean(path), cleaned, "{path}");
        }
    }
}
