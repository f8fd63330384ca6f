//! What the program needs, validated.
//!
//! The file is the existing gateway's: every key that it has is known here. Those that this gateway does not act on are
//! accepted with a warning, so that a deployed file keeps working; those that neither knows are mistakes and refused, and so
//! is TLS, since serving plain text to somebody who asked for encryption is no way to keep working.
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// No request lives longer: a count's idempotency mark is dropped once it is older than every request.
pub const REQUEST_LIFE_MAX: Duration = Duration::from_secs(60);

/// The configuration of one gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where signals are received, as in `:8080`.
    pub listen_address: String,
    /// Where probes are answered.
    pub health_address: String,
    /// Where metrics are scraped.
    pub metrics_address: String,
    /// How many requests are handled at a time; more are answered 503.
    pub requests_max: usize,
    /// How long one request may take, body, look-ups and every member of a group included.
    pub request_timeout: Duration,
    /// The least severe level that is logged, as in `info`.
    pub log_level: String,
    /// Who this gateway is.
    pub identity: Identity,
}

/// Who a gateway is, from its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// This pod's name. Never empty.
    pub pod: String,
    /// The namespace of Leases: this pod's own.
    pub lock_namespace: String,
    /// The namespace of RemediationRequests: the controller namespace.
    pub namespace: String,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not YAML, a key that is not known, or a value of the wrong type.
    #[error("configuration cannot be read: {0}")]
    Unreadable(String),
    /// A value that is out of its range, or does not go with another.
    #[error("{key}: {problem}")]
    Invalid {
        /// The key, as in `server.writeTimeout`.
        key: &'static str,
        /// What to do about it.
        problem: String,
    },
}

impl Config {
    /// The defaults of every key, for a pod whose Leases are in `lock_namespace` and whose requests are in `namespace`.
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
            log_level: "info".to_owned(),
            identity,
        }
    }

    /// Reads a file's text. Also returns the keys that are known but have no effect.
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
        // The existing gateway goes on without its lock, and creates duplicates.
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

/// Zero switches the limit off in the existing gateway; here a request may then take as long as its answer may.
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

/// Go's `host:port`, where an empty host means every address.
fn address(key: &'static str, value: Option<String>, default: String) -> Result<String, ConfigError> {
    let value = value.filter(|value| !value.is_empty()).unwrap_or(default);
    let port = value.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
    if matches!(port, Some(Ok(_))) {
        return Ok(value);
    }
    Err(invalid(key, "is not host:port, as in :8080"))
}

fn log_level(value: Option<String>, default: String) -> Result<String, ConfigError> {
    let value = value.map_or(default, |value| value.to_ascii_lowercase());
    match value.as_str() {
        "error" | "warn" | "info" | "debug" | "trace" => Ok(value),
        _ => Err(invalid("logging.level", "is none of error, warn, info, debug, trace")),
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
