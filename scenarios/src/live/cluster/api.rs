//! API calls of lockstep itself, as JSON over the kube client's transport. Nothing is retried.
use gateway::kube_client::ClientError;
use http::{Method, Request, Response, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use kube::{
    client::Body,
    config::{AuthInfo, Kubeconfig},
};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Time after which a call without an answer is given up.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An API call failed.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// There is no client for the cluster.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The kubeconfig without credentials cannot be written.
    #[error("cannot write {path}: {why}; free disk space, or name another directory with --report")]
    Unwritten {
        /// Path of the file.
        path: PathBuf,
        /// Underlying error.
        why: String,
    },
    /// The request has no answer.
    #[error("{method} {target}: {why}; is the API server running?")]
    NoAnswer {
        /// Method of the request.
        method: Method,
        /// Path and query of the request.
        target: String,
        /// Reason, from the connection.
        why: String,
    },
    /// The API server refused the request.
    #[error("{method} {target} was answered {status}: {message}")]
    Refused {
        /// Method of the request.
        method: Method,
        /// Path and query of the request.
        target: String,
        /// HTTP status.
        status: u16,
        /// Message of the answer.
        message: String,
    },
}

/// A connection to one API server, with the credentials of a kubeconfig.
#[derive(Clone)]
pub struct Api {
    client: kube::Client,
}

/// An answer with a JSON body.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body; null if it is not JSON.
    pub body: Value,
}

impl Api {
    /// A connection with a kubeconfig's current context.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub async fn connect(kubeconfig: &Path) -> Result<Self, ApiError> {
        Ok(Self { client: gateway::kube_client::connect(Some(kubeconfig)).await? })
    }

    /// A connection to the same server without credentials: each request brings its own. `file` becomes its kubeconfig.
    ///
    /// # Errors
    /// If one of the files cannot be used.
    pub async fn connect_without_credentials(kubeconfig: &Path, file: &Path) -> Result<Self, ApiError> {
        let mut config = Kubeconfig::read_from(kubeconfig)
            .map_err(|source| ClientError::Kubeconfig { path: kubeconfig.to_owned(), source: Box::new(source) })?;
        for user in &mut config.auth_infos {
            user.auth_info = Some(AuthInfo::default());
        }
        let unwritten = |why: String| ApiError::Unwritten { path: file.to_owned(), why };
        let text = serde_json::to_string(&config).map_err(|error| unwritten(error.to_string()))?;
        std::fs::write(file, text).map_err(|error| unwritten(error.to_string()))?;
        Self::connect(file).await
    }

    /// Sends a request as it is; the body of its answer is a stream.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn forward(&self, request: Request<Body>) -> Result<Response<Body>, kube::Error> {
        self.client.send(request).await
    }

    /// Makes a call.
    ///
    /// # Errors
    /// If there is no answer. An answer of any status is not an error.
    pub async fn call(&self, method: Method, target: &str, body: Option<&Value>) -> Result<Answer, ApiError> {
        let content_type = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let failed = |why: String| ApiError::NoAnswer { method: method.clone(), target: target.to_owned(), why };
        let request = Request::builder()
            .method(method.clone())
            .uri(target)
            .header(CONTENT_TYPE, content_type)
            .body(Body::from(bytes))
            .map_err(|error| failed(error.to_string()))?;
        let answer = async {
            let response = self.forward(request).await.map_err(|error| error.to_string())?;
            let status = response.status().as_u16();
            let bytes = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
            Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
        };
        let in_time = tokio::time::timeout(TIMEOUT, answer).await;
        in_time.unwrap_or_else(|_| Err(format!("no answer within {TIMEOUT:?}"))).map_err(failed)
    }

    /// Makes a call that must succeed; the body of its answer.
    ///
    /// # Errors
    /// If there is no answer, or its status is not 2xx.
    pub async fn demand(&self, method: Method, target: &str, body: Option<&Value>) -> Result<Value, ApiError> {
        let Answer { status, body } = self.call(method.clone(), target, body).await?;
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let message = body["message"].as_str().unwrap_or("no message").to_owned();
        Err(ApiError::Refused { method, target: target.to_owned(), status, message })
    }

    /// The body of a GET that must succeed.
    ///
    /// # Errors
    /// If there is no answer, or its status is not 2xx.
    pub async fn get(&self, target: &str) -> Result<Value, ApiError> {
        self.demand(Method::GET, target, None).await
    }
}
