//! The configuration of the program, validated.
//!
//! The file has the existing gateway's format, and every key of it is known here. A key that this gateway does not act
//! on is accepted with a warning, so that a deployed file keeps working. An unknown key is a mistake and refused. TLS
//! is refused, too: a gateway must not serve plain text if its operator asked for encryption.
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// The longest life of an HTTP request.
pub const REQUEST_LIFE_MAX: Duration = Duration::from_secs(60);

/// The configuration of one gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Address that receives signals, as in `:8080`.
    pub listen_address: String,
    /// Address that answers probes.
    pub health_address: String,
    /// Address that serves metrics.
    pub metrics_address: String,
    /// How many requests are handled at the same time; more are answered 503.
    pub requests_max: usize,
    /// How long one request may take, including its body, look-ups and every member of a group.
    pub request_timeout: Duration,
    /// The least severe level that is logged.
    pub log_level: tracing::Level,
    /// Identity of this gateway.
    pub identity: Identity,
}

/// Identity of a gateway, from its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Name of the pod; never empty.
    pub pod: String,
    /// Namespace of Leases: the pod's own.
    pub lock_namespace: String,
    /// Namespace of RemediationRequests: the controller namespace.
    pub namespace: String,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The text is not YAML, a key is unknown, or a value has the wrong type.
    #[error("configuration cannot be read: {0}")]
    Unreadable(String),
    /// A value is out of range, or contradicts another.
    #[error("{key}: {problem}")]
    Invalid {
        /// Key of the value, as in `server.writeTimeout`.
        key: &'static str,
        /// The problem, and what to do about it.
        problem: String,
    },
}

impl Config {
    /// The defaults of every key, for a pod with Leases in `lock_namespace` and RemediationRequests in `namespace`.
    pub fn for_pod(pod: &str, lock_namespace: &str, namespace: &str) -> Self {
        Self::defaults(Identity {
            pod: pod.to_owned(),
            lock_namespace: lock_namespace.to_owned(),
            namespace: namespace.to_owned(),
        })
    }

    /// The defaults of every key.
    pub fn defaults(identity: Identity) -> Self {
        Self {
            listen_address: ":8080".to_owned(),
            health_address: ":8081".to_owned(),
            metrics_address: ":9090".to_owned(),
            requests_max: 100,
            request_timeout: Duration::from_secs(15),
            log_level: tracing::Level::INFO,
            identity,
        }
    }

    /// Parses the text of a file. Also gives the keys that are known but have no effect.
    pub fn parse(text: &str, identity: Identity) -> Result<(Self, Vec<&'static str>), ConfigError> {
        check_identity(&identity)?;
        let file: Option<File> =
            serde_saphyr::from_str(text).map_err(|error| ConfigError::Unreadable(error.to_string()))?;
        let file = file.unwrap_or_default();
        let ignored = file.ignored();
        Ok((file.into_config(identity)?, ignored))
    }
}

fn check_identity(identity: &Identity) -> Result<(), ConfigError> {
    let required = [
        ("POD_NAME", &identity.pod),
        ("POD_NAMESPACE", &identity.lock_namespace),
        ("KUBERNAUT_CONTROLLER_NAMESPACE", &identity.namespace),
    ];
    match required.into_iter().find(|(_, value)| value.is_empty()) {
        // The existing gateway runs without its lock then, and creates duplicates.
        Some((key, _)) => Err(invalid(key, "is empty: set it from the downward API, no lock can be held without it")),
        None => Ok(()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct File {
    server: Server,
    logging: Logging,
    middleware: Option<Value>,
    cors: Option<Value>,
    datastorage: Option<Value>,
    processing: Option<Value>,
    tls_profile: Option<Value>,
    telemetry: Option<Value>,
    fleet: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Server {
    listen_addr: Option<String>,
    health_addr: Option<String>,
    metrics_addr: Option<String>,
    max_concurrent_requests: Option<usize>,
    write_timeout: Option<String>,
    k8s_request_timeout: Option<String>,
    tls: Option<Tls>,
    disable_profiling: Option<bool>,
    read_timeout: Option<String>,
    idle_timeout: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Tls {
    cert_dir: Option<String>,
    ca_file: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Logging {
    level: Option<String>,
    format: Option<Value>,
}

impl File {
    fn ignored(&self) -> Vec<&'static str> {
        let server = &self.server;
        let known = [
            ("server.disableProfiling", server.disable_profiling.is_some()),
            ("server.readTimeout", server.read_timeout.is_some()),
            ("server.idleTimeout", server.idle_timeout.is_some()),
            ("logging.format", self.logging.format.is_some()),
            ("middleware", self.middleware.is_some()),
            ("cors", self.cors.is_some()),
            ("datastorage", self.datastorage.is_some()),
            ("processing", self.processing.is_some()),
            ("tlsProfile", self.tls_profile.is_some()),
            ("telemetry", self.telemetry.is_some()),
            ("fleet", self.fleet.is_some()),
        ];
        known.into_iter().filter_map(|(key, present)| present.then_some(key)).collect()
    }

    fn into_config(self, identity: Identity) -> Result<Config, ConfigError> {
        let Self { server, logging, .. } = self;
        let tls = server.tls.unwrap_or_default();
        if [tls.cert_dir, tls.ca_file].iter().flatten().any(|path| !path.is_empty()) {
            return Err(invalid(
                "server.tls",
                "is not supported: remove it, and terminate TLS in front of the gateway",
            ));
        }
        let defaults = Config::defaults(identity);
        Ok(Config {
            request_timeout: request_timeout(server.k8s_request_timeout, server.write_timeout)?,
            requests_max: requests_max(server.max_concurrent_requests, defaults.requests_max)?,
            listen_address: address("server.listenAddr", server.listen_addr, defaults.listen_address)?,
            health_address: address("server.healthAddr", server.health_addr, defaults.health_address)?,
            metrics_address: address("server.metricsAddr", server.metrics_addr, defaults.metrics_address)?,
            log_level: log_level(logging.level, defaults.log_level)?,
            identity: defaults.identity,
        })
    }
}

/// The request timeout. Zero disables the limit in the existing gateway; here `server.writeTimeout` is the limit then.
fn request_timeout(timeout: Option<String>, write: Option<String>) -> Result<Duration, ConfigError> {
    let write = duration("server.writeTimeout", write, Duration::from_secs(30))?;
    if write < Duration::from_secs(5) {
        return Err(invalid("server.writeTimeout", "is shorter than 5s: raise it"));
    }
    let key = "server.k8sRequestTimeout";
    let timeout = duration(key, timeout, Duration::from_secs(15))?;
    if timeout.is_zero() {
        return Ok(write.min(REQUEST_LIFE_MAX));
    }
    if timeout < Duration::from_secs(1) {
        return Err(invalid(key, "is shorter than 1s: raise it, or set 0 to be bounded by server.writeTimeout"));
    }
    if timeout >= write {
        return Err(invalid(key, "is not shorter than server.writeTimeout: lower it, or no answer could be written"));
    }
    if timeout > REQUEST_LIFE_MAX {
        return Err(invalid(key, "is longer than 60s, the longest life of a request: lower it"));
    }
    Ok(timeout)
}

fn requests_max(value: Option<usize>, default: usize) -> Result<usize, ConfigError> {
    match value.unwrap_or(0) {
        0 => Ok(default),
        value @ 1..=10_000 => Ok(value),
        _ => Err(invalid("server.maxConcurrentRequests", "is more than 10000: lower it")),
    }
}

/// An address in Go's form `host:port`; an empty host means every address.
fn address(key: &'static str, value: Option<String>, default: String) -> Result<String, ConfigError> {
    let value = value.filter(|value| !value.is_empty()).unwrap_or(default);
    let port = value.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
    if matches!(port, Some(Ok(_))) {
        return Ok(value);
    }
    Err(invalid(key, "is not host:port, as in :8080"))
}

fn log_level(value: Option<String>, default: tracing::Level) -> Result<tracing::Level, ConfigError> {
    match value.map(|value| value.to_ascii_lowercase()).as_deref() {
        None => Ok(default),
        Some("error") => Ok(tracing::Level::ERROR),
        Some("warn") => Ok(tracing::Level::WARN),
        Some("info") => Ok(tracing::Level::INFO),
        Some("debug") => Ok(tracing::Level::DEBUG),
        Some("trace") => Ok(tracing::Level::TRACE),
        Some(_) => Err(invalid("logging.level", "must be error, warn, info, debug or trace")),
    }
}

/// A Go duration, as in `1m30s`.
fn duration(key: &'static str, value: Option<String>, default: Duration) -> Result<Duration, ConfigError> {
    let Some(value) = value else { return Ok(default) };
    if value == "0" {
        return Ok(Duration::ZERO);
    }
    let parsed = value.parse::<jiff::SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed.ok_or_else(|| invalid(key, "is not a duration, as in 15s or 1m30s"))
}

fn invalid(key: &'static str, problem: &str) -> ConfigError {
    ConfigError::Invalid { key, problem: problem.to_owned() }
}
