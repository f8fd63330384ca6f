//! The Kubernetes client: one stack over any transport.
//!
//! No library may retry: neither kube's retry layer nor hyper-util's connection pool. Both resend POSTs, and if the
//! first POST was executed, the second one's refusal looks like a conflict with another program. Only the protocol
//! knows what may be repeated.
use axum::body::Bytes;
use http::{Request, Response};
use kube::client::Body;
use tower::{BoxError, Service};

/// A client over any transport that leads to an API server, real or simulated.
pub fn client<S, B>(service: S, namespace: &str) -> kube::Client
where
    S: Service<Request<Body>, Response = Response<B>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    kube::Client::new(service, namespace)
}

/// Why no client could be built.
#[cfg(feature = "bin")]
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The kubeconfig cannot be read.
    #[error("kubeconfig {path} cannot be used: {source}")]
    Kubeconfig {
        /// Path of the kubeconfig.
        path: std::path::PathBuf,
        /// Underlying error.
        source: Box<kube::config::KubeconfigError>,
    },
    /// There is neither a kubeconfig nor a service account.
    #[error("no Kubernetes API server is configured: run in a pod, or pass --kubeconfig: {0}")]
    Inferred(Box<kube::config::InferConfigError>),
    /// TLS or the credentials cannot be set up.
    #[error("the connection to the Kubernetes API server cannot be set up: {0}")]
    Stack(Box<kube::Error>),
}

/// A client of the cluster that `kubeconfig` names, or that this pod runs in.
#[cfg(feature = "bin")]
pub async fn connect(kubeconfig: Option<&std::path::Path>) -> Result<kube::Client, ClientError> {
    connected(kubeconfig, false).await
}

/// The same, and each call that is made within a span is a span too.
#[cfg(feature = "bin")]
pub async fn connect_with_spans(kubeconfig: Option<&std::path::Path>) -> Result<kube::Client, ClientError> {
    connected(kubeconfig, true).await
}

#[cfg(feature = "bin")]
async fn connected(kubeconfig: Option<&std::path::Path>, traced: bool) -> Result<kube::Client, ClientError> {
    use kube::config::{Config, KubeConfigOptions, Kubeconfig};
    let config = match kubeconfig {
        Some(path) => {
            let failed = |source| ClientError::Kubeconfig { path: path.to_owned(), source: Box::new(source) };
            let file = Kubeconfig::read_from(path).map_err(failed)?;
            Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.map_err(failed)?
        }
        None => Config::infer().await.map_err(|error| ClientError::Inferred(Box::new(error)))?,
    };
    over_tls(config, traced).map_err(|error| ClientError::Stack(Box::new(error)))
}

#[cfg(feature = "bin")]
fn over_tls(config: kube::Config, traced: bool) -> Result<kube::Client, kube::Error> {
    use hyper_util::{client::legacy, rt::TokioExecutor};
    use kube::client::ConfigExt;
    let mut tcp = legacy::connect::HttpConnector::new();
    tcp.enforce_http(false);
    // Each request is small, and is waited for.
    tcp.set_nodelay(true);
    let connector = config.rustls_https_connector_with_connector(tcp)?;
    let http: legacy::Client<_, Body> =
        legacy::Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build(connector);
    let spans = traced.then(|| tower::layer::layer_fn(crate::telemetry::Outgoing));
    let service = tower::ServiceBuilder::new()
        .option_layer(spans)
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(http);
    Ok(client(service, &config.default_namespace))
}
