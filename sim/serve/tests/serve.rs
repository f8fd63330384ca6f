//! The API server behind a real socket: behaviour that depends on real time or on connections.
use apiserver::{ApiServer, Registry, Request};
use bytes::Bytes;
use conformance::{Client, Line, Reply};
use http::{HeaderMap, HeaderValue, Method, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::{Value, json};
use serve::{Remote, Server, Trust};
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpStream, sync::oneshot, task::JoinHandle, time::timeout};
use tokio_rustls::TlsConnector;

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const SOON: Duration = Duration::from_millis(500);

struct Served {
    client: Remote,
    authority: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

async fn serve() -> Served {
    serve_api(ApiServer::new(Arc::new(Registry::builtin()), 1, 7)).await
}

async fn serve_api(api: ApiServer) -> Served {
    serve_on(bind(api).await)
}

async fn bind(api: ApiServer) -> Server {
    Server::bind(api, ([127, 0, 0, 1], 0).into()).await.expect("a free port")
}

fn serve_on(server: Server) -> Served {
    let url = server.url();
    let client = Remote::new(&url, Some(&url), Trust::Authority(server.certificate_authority())).expect("a client");
    let authority = server.certificate_authority().to_owned();
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(server.run(async move { _ = stopped.await }));
    Served { client, authority, stop, serving }
}

fn request(method: Method, target: &str, body: Value) -> Request {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    Request { method, target: target.to_owned(), headers, body: body.into() }
}

fn lease(name: &str) -> Request {
    let body = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}, "spec": {}});
    request(Method::POST, LEASES, body)
}

fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).expect("JSON")
}

#[tokio::test]
async fn events_arrive_when_committed() {
    let mut served = serve().await;
    let watch = request(Method::GET, &format!("{LEASES}?watch=1"), Value::Null);
    let (head, stream) = served.client.watch(watch).await.expect("an answer");
    let mut stream = stream.expect("a stream");
    assert_eq!(head.status, 200);
    assert_eq!(served.client.next_line(&mut stream, Duration::from_millis(50)).await, Line::Quiet);
    assert_eq!(served.client.send(lease("a")).await.expect("an answer").status, 201);
    let Line::Event(line) = served.client.next_line(&mut stream, SOON).await else { panic!("no event") };
    let event: Value = serde_json::from_slice(&line).expect("JSON");
    assert_eq!((&event["type"], &event["object"]["metadata"]["name"]), (&json!("ADDED"), &json!("a")));
}

#[tokio::test]
async fn watch_ends_at_its_timeout() {
    let mut served = serve().await;
    let watch = request(Method::GET, &format!("{LEASES}?watch=1&timeoutSeconds=1"), Value::Null);
    let mut stream = served.client.watch(watch).await.expect("an answer").1.expect("a stream");
    assert_eq!(served.client.next_line(&mut stream, SOON).await, Line::Quiet);
    assert_eq!(served.client.next_line(&mut stream, Duration::from_secs(2)).await, Line::End);
}

#[tokio::test]
async fn read_waits_for_future_version() {
    let mut served = serve().await;
    let first = body(&served.client.send(lease("a")).await.expect("an answer"));
    let next =
        first["metadata"]["resourceVersion"].as_str().and_then(|v| v.parse::<u64>().ok()).expect("a version") + 1;
    let target = format!("{LEASES}?resourceVersion={next}&resourceVersionMatch=NotOlderThan");
    let url = served.client.url();
    let mut other = Remote::new(&url, None, Trust::Anyone).expect("a client");
    let waiting = tokio::spawn(async move { other.send(request(Method::GET, &target, Value::Null)).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished(), "the version does not exist yet");
    served.client.send(lease("b")).await.expect("an answer");
    let list = timeout(SOON, waiting).await.expect("the version exists now").expect("no panic").expect("an answer");
    assert_eq!((list.status, body(&list)["items"].as_array().map(Vec::len)), (200, Some(2)));
}

#[tokio::test]
async fn stopping_ends_watches_too() {
    let mut served = serve().await;
    let watch = request(Method::GET, &format!("{LEASES}?watch=1"), Value::Null);
    let mut stream = served.client.watch(watch).await.expect("an answer").1.expect("a stream");
    served.stop.send(()).expect("it runs");
    assert_eq!(served.client.next_line(&mut stream, SOON).await, Line::End);
    timeout(Duration::from_secs(2), served.serving).await.expect("it stops").expect("without a panic");
    assert!(served.client.send(lease("a")).await.is_err());
}

#[tokio::test]
async fn compaction_answers_like_etcd() {
    let mut served = serve().await;
    served.client.send(lease("a")).await.expect("an answer");
    assert_eq!(served.client.compact(2).await, Ok(200));
    assert_eq!(served.client.compact(2).await, Ok(400), "compacted already");
    assert_eq!(served.client.compact(1_000).await, Ok(400), "a future revision");
}

/// The status of a list as of this version.
async fn exact_list(served: &mut Served, version: &str) -> u16 {
    let query = format!("{LEASES}?resourceVersion={version}&resourceVersionMatch=Exact");
    served.client.send(request(Method::GET, &query, Value::Null)).await.expect("an answer").status
}

#[tokio::test]
async fn old_versions_go_after_an_interval() {
    let api = ApiServer::new(Arc::new(Registry::builtin()), 1, 7);
    let mut served = serve_on(bind(api).await.compact_every(SOON));
    let created = body(&served.client.send(lease("a")).await.expect("an answer"));
    let first = created["metadata"]["resourceVersion"].as_str().expect("a version").to_owned();
    served.client.send(lease("b")).await.expect("an answer");
    served.client.send(lease("c")).await.expect("an answer");
    assert_eq!(exact_list(&mut served, &first).await, 200);
    tokio::time::sleep(3 * SOON).await;
    assert_eq!(exact_list(&mut served, &first).await, 410);
}

#[tokio::test]
async fn plain_text_and_tls_share_the_port() {
    let served = serve().await;
    let plain = served.client.url().replace("https://", "http://");
    let mut plain = Remote::new(&plain, None, Trust::Anyone).expect("a client");
    assert_eq!(plain.send(lease("a")).await.expect("an answer").status, 201);
}

#[tokio::test]
async fn taken_port_is_named() {
    let served = serve().await;
    let port = served.client.url().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let api = ApiServer::new(Arc::new(Registry::builtin()), 1, 7);
    let error = Server::bind(api, ([127, 0, 0, 1], port).into()).await.expect_err("it is taken").to_string();
    assert!(error.contains(&port.to_string()) && error.contains("choose another address"), "{error}");
}

#[tokio::test]
async fn service_names_the_server() {
    let mut served = serve().await;
    let service = request(Method::GET, "/api/v1/namespaces/default/services/kubernetes", Value::Null);
    let service = body(&served.client.send(service).await.expect("an answer"));
    let port = served.client.url().rsplit(':').next().and_then(|port| port.parse::<u16>().ok()).expect("a port");
    assert_eq!(service.pointer("/spec/ports/0/targetPort"), Some(&json!(port)), "{service}");
}

#[tokio::test]
async fn controllers_empty_a_deleted_namespace() {
    let mut api = ApiServer::new(Arc::new(Registry::builtin()), 1, 7);
    api.set_controllers(true);
    let mut served = serve_api(api).await;
    let namespaces = "/api/v1/namespaces";
    let namespace = request(Method::POST, namespaces, json!({"metadata": {"name": "short"}}));
    assert_eq!(served.client.send(namespace).await.expect("an answer").status, 201);
    let map = request(Method::POST, &format!("{namespaces}/short/configmaps"), json!({"metadata": {"name": "a"}}));
    assert_eq!(served.client.send(map).await.expect("an answer").status, 201);
    let target = format!("{namespaces}/short");
    served.client.send(request(Method::DELETE, &target, Value::Null)).await.expect("an answer");
    let gone = async {
        while served.client.send(request(Method::GET, &target, Value::Null)).await.expect("an answer").status != 404 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(5), gone).await.expect("the namespace is deleted");
}

/// A connection like client-go's: HTTP/2 over TLS.
async fn connect(served: &Served) -> http2::SendRequest<Full<Bytes>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(served.authority.as_bytes()).expect("PEM")).expect("a certificate");
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("TLS 1.3");
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let url: http::Uri = served.client.url().parse().expect("a URL");
    let stream = TcpStream::connect(url.authority().expect("an address").as_str()).await.expect("it listens");
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("its certificate is good");
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    tokio::spawn(connection);
    sender
}

#[tokio::test]
async fn one_connection_carries_many_streams() {
    let served = serve().await;
    let mut sender = connect(&served).await;
    let mut send = |method: Method, target: &str, body: Value| {
        let uri = format!("{}{target}", served.client.url());
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let wire = http::Request::builder().method(method).uri(uri).header("content-type", "application/json");
        sender.send_request(wire.body(Full::new(body)).expect("a request"))
    };
    let mut streams = Vec::new();
    for _ in 0..20 {
        let watch = send(Method::GET, &format!("{LEASES}?watch=1"), Value::Null).await.expect("a stream");
        assert_eq!((watch.status(), watch.version()), (http::StatusCode::OK, http::Version::HTTP_2));
        streams.push(watch.into_body());
    }
    let body = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "a"}, "spec": {}});
    assert_eq!(send(Method::POST, LEASES, body).await.expect("an answer").status(), 201);
    for stream in &mut streams {
        let frame = timeout(SOON, stream.frame()).await.expect("in time").expect("an event").expect("no error");
        assert!(frame.data_ref().is_some_and(|line| line.starts_with(b"{\"type\":\"ADDED\"")));
    }
}
