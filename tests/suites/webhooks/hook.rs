//! A webhook on a socket: its path says how it answers, and it remembers what it was asked.
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use serve::Certificates;
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;

/// Longer than the timeout of the webhook that waits for it.
const TOO_LONG: Duration = Duration::from_secs(4);

type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// A running webhook.
pub(crate) struct Hook {
    address: SocketAddr,
    bundle: String,
    asked: Asked,
}

impl Hook {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let certificates = Certificates::new(address.ip()).expect("certificates");
        let (acceptor, asked) = (certificates.acceptor(), Asked::default());
        let log = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, log) = (acceptor.clone(), Arc::clone(&log));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = service_fn(move |request| answer(request, Arc::clone(&log)));
                    let newer = stream.get_ref().1.alpn_protocol() == Some(&b"h2"[..]);
                    let stream = TokioIo::new(stream);
                    match newer {
                        true => _ = http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await,
                        false => _ = http1::Builder::new().serve_connection(stream, service).await,
                    }
                });
            }
        });
        Self { address, bundle: STANDARD.encode(certificates.authority()), asked }
    }

    /// The `clientConfig` for a path.
    pub(crate) fn at(&self, path: &str) -> Value {
        json!({"url": format!("https://{}{path}", self.address), "caBundle": self.bundle})
    }

    /// What was asked since the last call: paths with reviews.
    pub(crate) fn take(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut *self.asked.lock().expect("no test panics while it holds the lock"))
    }

    /// The text with the webhook's port taken out.
    pub(crate) fn hide(&self, text: &str) -> String {
        text.replace(&self.address.port().to_string(), "PORT")
    }
}

async fn answer(request: http::Request<Incoming>, log: Asked) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let target = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let review: Value = serde_json::from_slice(&body).unwrap_or_default();
    let uid = review["request"]["uid"].clone();
    let text = |code: u16, text: &str| {
        let mut response = http::Response::new(Full::new(Bytes::from(text.to_owned())));
        *response.status_mut() = code.try_into().expect("an HTTP status");
        response.headers_mut().insert("content-type", http::HeaderValue::from_static("text/plain"));
        response
    };
    if review["request"].get("objects").is_some() {
        log.lock().expect("no test panics while it holds the lock").push((target, review.clone()));
        return Ok(match path.as_str() {
            "/500" => text(500, "out of order\n"),
            path => json_answer(&converted(path, &review["request"])),
        });
    }
    log.lock().expect("no test panics while it holds the lock").push((target, review));
    let said = match path.as_str() {
        "/500" => return Ok(text(500, "out of order\n")),
        "/404" => return Ok(text(404, "nothing here\n")),
        "/slow" => {
            tokio::time::sleep(TOO_LONG).await;
            json!({"uid": uid, "allowed": true})
        }
        path => response(path, &uid),
    };
    let review = match path.as_str() {
        "/absent" => json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1"}),
        "/kind" => json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1beta1", "response": said}),
        _ => json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "response": said}),
    };
    Ok(json_answer(&review))
}

fn json_answer(review: &Value) -> http::Response<Full<Bytes>> {
    let mut response = http::Response::new(Full::new(Bytes::from(review.to_string())));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

/// The answer to a conversion review: `host` of v1 is `address` in v2.
fn converted(path: &str, request: &Value) -> Value {
    let desired = request["desiredAPIVersion"].as_str().unwrap_or_default();
    let names = if desired.ends_with("v2") { ["host", "address"] } else { ["address", "host"] };
    let objects = request["objects"].as_array().cloned().unwrap_or_default().into_iter().map(|mut object| {
        object["apiVersion"] = desired.into();
        if let Some(spec) = object["spec"].as_object_mut() {
            let value = spec.remove(names[0]);
            spec.extend(value.map(|value| (names[1].to_owned(), value)));
            spec.insert("unknown".to_owned(), 1.into());
        }
        match path {
            "/label" => object["metadata"]["labels"] = json!({"by": "hook"}),
            "/bad-label" => object["metadata"]["labels"] = json!({"by": "-"}),
            "/bad-annotation" => object["metadata"]["annotations"] = json!({"-": "b"}),
            "/number" => object["metadata"]["labels"] = json!({"by": 1}),
            "/list" => object["metadata"]["annotations"] = json!(["by"]),
            "/rename" => object["metadata"]["name"] = "other".into(),
            "/reuid" => object["metadata"]["uid"] = "other".into(),
            "/version" => object["apiVersion"] = "example.com/v7".into(),
            "/kind" => object["kind"] = "Other".into(),
            "/no-metadata" => _ = object.as_object_mut().map(|object| object.remove("metadata")),
            _ => {}
        }
        object
    });
    let objects: Vec<_> = if path == "/none" { Vec::new() } else { objects.collect() };
    let result = match path {
        "/refuse" => json!({"status": "Failure", "message": "not today"}),
        "/refuse-bare" => json!({"status": "Failure"}),
        _ => json!({"status": "Success"}),
    };
    let uid = if path == "/uid" { json!("other") } else { request["uid"].clone() };
    let response = json!({"uid": uid, "convertedObjects": objects, "result": result});
    let version = if path == "/review" { "v1beta1" } else { "v1" };
    let mut review = json!({"kind": "ConversionReview", "apiVersion": format!("apiextensions.k8s.io/{version}")});
    if path != "/absent" {
        review["response"] = response;
    }
    review
}

fn patch(operations: &Value) -> String {
    STANDARD.encode(operations.to_string())
}

fn response(path: &str, uid: &Value) -> Value {
    let add = |name: &str| patch(&json!([{"op": "add", "path": format!("/data/{name}"), "value": "added"}]));
    match path {
        "/deny" => json!({"uid": uid, "allowed": false,
            "status": {"code": 403, "reason": "Forbidden", "message": "not today", "details": {"name": "n"}}}),
        "/deny-bare" => json!({"uid": uid, "allowed": false}),
        "/deny-reason" => json!({"uid": uid, "allowed": false, "status": {"reason": "Because"}}),
        "/warn" => json!({"uid": uid, "allowed": true, "warnings": ["mind the \"gap\"", "twice", "twice"]}),
        "/warn-deny" => json!({"uid": uid, "allowed": false, "warnings": ["last words"]}),
        "/label" => json!({"uid": uid, "allowed": true, "patchType": "JSONPatch",
            "patch": patch(&json!([{"op": "add", "path": "/metadata/labels", "value": {"by": "hook"}}]))}),
        "/first" => json!({"uid": uid, "allowed": true, "patchType": "JSONPatch", "patch": add("first")}),
        "/second" => json!({"uid": uid, "allowed": true, "patchType": "JSONPatch", "patch": add("second")}),
        "/uid" => json!({"uid": "another", "allowed": true}),
        "/no-type" => json!({"uid": uid, "allowed": true, "patch": add("x")}),
        "/no-patch" => json!({"uid": uid, "allowed": true, "patchType": "JSONPatch"}),
        "/misfit" => json!({"uid": uid, "allowed": true, "patchType": "JSONPatch",
            "patch": patch(&json!([{"op": "remove", "path": "/data/none"}]))}),
        _ => json!({"uid": uid, "allowed": true}),
    }
}
