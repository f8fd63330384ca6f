//! TLS on the API's port: what is served, what is refused, and a certificate that changes.
use crate::support::{Replica, webhook};
use gateway::{
    audit::{Answer, Transport, http::HttpTransport},
    config::{Storage, Tls, TlsVersion},
    server,
    tls::Certificate,
};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore, SupportedProtocolVersion,
        crypto::ring,
        pki_types::CertificateDer,
        version::{TLS12, TLS13},
    },
};

/// Writes a new pair, and gives its certificate.
fn issue(directory: &Path) -> CertificateDer<'static> {
    let pair = rcgen::generate_simple_self_signed(["gateway".to_owned(), "localhost".to_owned()]).expect("a pair");
    std::fs::write(directory.join("tls.crt"), pair.cert.pem()).expect("written");
    std::fs::write(directory.join("tls.key"), pair.signing_key.serialize_pem()).expect("written");
    pair.cert.der().clone()
}

async fn serve(replica: &Replica, directory: &Path, oldest: TlsVersion) -> (SocketAddr, Certificate) {
    let tls = Tls { cert_dir: directory.to_owned(), oldest };
    let (certificate, config) = Certificate::load(&tls).expect("a usable pair");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(server::serve_tls(listener, config, replica.app.open_router(), std::future::pending()));
    (address, certificate)
}

/// Sends a signal with one version of TLS, trusting one certificate; gives the answer's first line.
async fn send(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_protocol_versions(&[version]).expect("a version");
    let connector = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    let stream = TcpStream::connect(address).await?;
    let mut stream = connector.connect("gateway".try_into().expect("a name"), stream).await?;
    let body = webhook(&[&[("deployment", "a")]]);
    let head = format!(
        "POST /api/v1/signals/prometheus HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn signals_are_served_encrypted() {
    let directory = tempfile::tempdir().expect("a directory");
    let trusted = issue(directory.path());
    let replica = Replica::ready().await;
    let (address, _) = serve(&replica, directory.path(), TlsVersion::V1_2).await;
    assert_eq!(send(address, &trusted, &TLS13).await.expect("an answer"), "HTTP/1.1 201 Created");
    assert_eq!(send(address, &trusted, &TLS12).await.expect("an answer"), "HTTP/1.1 201 Created");
    let (modern, _) = serve(&replica, directory.path(), TlsVersion::V1_3).await;
    assert_eq!(send(modern, &trusted, &TLS13).await.expect("an answer"), "HTTP/1.1 201 Created");
    assert!(send(modern, &trusted, &TLS12).await.is_err(), "the profile Modern");
}

#[tokio::test]
async fn plain_text_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    issue(directory.path());
    let replica = Replica::ready().await;
    let (address, _) = serve(&replica, directory.path(), TlsVersion::V1_2).await;
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = "POST /api/v1/signals/prometheus HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\n\r\n{}";
    stream.write_all(head.as_bytes()).await.expect("written");
    let mut answer = Vec::new();
    drop(tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.expect("the end"));
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/"), "{answer:?}");
    assert!(replica.signals().is_empty());
}

#[tokio::test]
async fn silent_handshake_times_out() {
    let directory = tempfile::tempdir().expect("a directory");
    issue(directory.path());
    let replica = Replica::ready().await;
    let (address, _) = serve(&replica, directory.path(), TlsVersion::V1_2).await;
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let started = tokio::time::Instant::now();
    tokio::time::pause();
    drop(stream.read_to_end(&mut Vec::new()).await);
    assert_eq!(started.elapsed().as_secs(), server::HEADER_READ_TIMEOUT.as_secs());
}

#[tokio::test]
async fn changed_certificate_is_served() {
    let directory = tempfile::tempdir().expect("a directory");
    let first = issue(directory.path());
    let replica = Replica::ready().await;
    let (address, mut certificate) = serve(&replica, directory.path(), TlsVersion::V1_2).await;
    assert!(!certificate.refresh().expect("unchanged"));
    let second = issue(directory.path());
    assert!(certificate.refresh().expect("a usable pair"));
    assert!(send(address, &first, &TLS13).await.is_err());
    assert!(send(address, &second, &TLS13).await.is_ok());
    std::fs::write(directory.path().join("tls.key"), "nonsense").expect("written");
    assert!(certificate.refresh().is_err());
    assert!(send(address, &second, &TLS13).await.is_ok(), "the old pair stays");
    let third = issue(directory.path());
    assert!(certificate.refresh().expect("a usable pair") && send(address, &third, &TLS13).await.is_ok());
}

#[tokio::test]
async fn audit_trusts_the_authorities_of_its_file() {
    let (directory, trusted) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    issue(directory.path());
    let tls = Tls { cert_dir: directory.path().to_owned(), oldest: TlsVersion::V1_2 };
    let (mut certificate, config) = Certificate::load(&tls).expect("a usable pair");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let statuses =
        ["/ok/api/v1/audit/events/batch", "/bad/api/v1/audit/events/batch", "/down/api/v1/audit/events/batch"];
    let router = [201, 400, 503].into_iter().zip(statuses).fold(axum::Router::new(), |router, (status, path)| {
        let status = http::StatusCode::from_u16(status).expect("a status");
        router.route(path, axum::routing::post(move || async move { status }))
    });
    tokio::spawn(server::serve_tls(listener, config, router, std::future::pending()));
    let authorities = trusted.path().join("ca.crt");
    let authority = || std::fs::copy(directory.path().join("tls.crt"), &authorities).expect("copied");
    authority();
    let transport = |path: &str| {
        let (url, ca_file) = (format!("https://localhost:{port}/{path}/"), authorities.to_str().map(str::to_owned));
        HttpTransport::new(&Storage { url, ca_file, ..Storage::default() }).expect("authorities")
    };
    let service = transport("ok");
    assert_eq!(service.send("[]".into()).await, Answer::Stored);
    assert_eq!(transport("bad").send("[]".into()).await, Answer::Refused(400));
    assert_eq!(transport("down").send("[]".into()).await, Answer::Failed(503));
    issue(directory.path());
    assert!(certificate.refresh().expect("a usable pair"));
    assert!(matches!(transport("ok").send("[]".into()).await, Answer::Unreachable(_)), "it is not trusted");
    authority();
    assert_eq!(service.send("[]".into()).await, Answer::Stored, "the changed file is read again");
    std::fs::write(&authorities, "nonsense").expect("written");
    assert_eq!(service.send("[]".into()).await, Answer::Stored, "the old authorities stay");
}

#[test]
fn unusable_pairs_say_why() {
    let directory = tempfile::tempdir().expect("a directory");
    let load = || {
        let tls = Tls { cert_dir: directory.path().to_owned(), oldest: TlsVersion::V1_2 };
        Certificate::load(&tls).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(load().contains("tls.crt cannot be read"), "{}", load());
    issue(directory.path());
    assert_eq!(load(), "");
    let other = tempfile::tempdir().expect("a directory");
    issue(other.path());
    std::fs::copy(other.path().join("tls.key"), directory.path().join("tls.key")).expect("copied");
    assert!(load().starts_with("the key does not fit the certificate"), "{}", load());
    std::fs::write(directory.path().join("tls.crt"), "").expect("written");
    assert!(load().contains("it has no certificate"), "{}", load());
}
