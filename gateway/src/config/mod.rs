//! The configuration of the program, validated.
//!
//! The file has the existing gateway's format, and every key of it is known here (`keys`). A key that this gateway
//! does not act on is validated and accepted with a warning, so that a deployed file keeps working. An unknown key is a
//! mistake, and every mistake is reported at once. Part of the configuration may change while the gateway runs
//! ([`Config::adopt`]); the rest needs a restart.
//!
//! From the bottom up: `mistake`; `keys`, `environment`; `file`, which uses all three; one module for each section.
mod cidr;
mod cors;
mod environment;
mod file;
mod keys;
mod mistake;
mod server;
mod storage;
mod telemetry;
mod unused;

pub use cidr::Cidr;
pub use cors::Cors;
pub use environment::{Environment, Identity};
pub use mistake::{ConfigError, Ignored, Mistake};
pub use server::{REQUEST_LIFE_MAX, Tls, TlsVersion};
pub use storage::Storage;
pub use telemetry::Telemetry;

use file::File;
use std::time::Duration;

/// The configuration of one gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Address that receives signals, as in `:8080`.
    pub listen_address: String,
    /// Address that answers probes.
    pub health_address: String,
    /// Address that serves metrics.
    pub metrics_address: String,
    /// How signals are encrypted; `None` for plain text.
    pub tls: Option<Tls>,
    /// How many requests are handled at the same time; more are answered 503.
    pub requests_max: usize,
    /// How long one request may take, including its body, look-ups and every member of a group.
    pub request_timeout: Duration,
    /// The proxies whose word about a client's address is believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Which browsers' pages may call the API; `None` if none may.
    pub cors: Option<Cors>,
    /// The service that audit events go to.
    pub storage: Storage,
    /// The least severe level that is logged.
    pub log_level: tracing::Level,
    /// Whether the log is JSON, not text.
    pub log_json: bool,
    /// The collector that spans go to, if any.
    pub telemetry: Option<Telemetry>,
    /// Identity of this gateway.
    pub identity: Identity,
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
            tls: None,
            requests_max: 100,
            request_timeout: Duration::from_secs(15),
            trusted_proxies: Vec::new(),
            cors: None,
            storage: Storage::default(),
            log_level: tracing::Level::INFO,
            log_json: true,
            telemetry: None,
            identity,
        }
    }

    /// Parses the text of a file and what the environment adds; also gives the keys that have no effect.
    ///
    /// # Errors
    /// [`ConfigError`] with every mistake of both.
    pub fn parse(text: &str, environment: &Environment) -> Result<(Self, Vec<Ignored>), ConfigError> {
        let mut file = File::read(text, environment)?;
        let defaults = Self::defaults(environment.identity.clone());
        let config = Self {
            listen_address: file.address("server.listenAddr", defaults.listen_address),
            health_address: file.address("server.healthAddr", defaults.health_address),
            metrics_address: file.address("server.metricsAddr", defaults.metrics_address),
            tls: server::tls(&mut file),
            requests_max: server::requests_max(&mut file, defaults.requests_max),
            request_timeout: server::request_timeout(&mut file),
            trusted_proxies: cidr::trusted(&mut file),
            cors: cors::read(&mut file),
            storage: storage::read(&mut file),
            log_level: log_level(&mut file, defaults.log_level),
            log_json: log_json(&mut file),
            telemetry: telemetry::read(&mut file),
            identity: defaults.identity,
        };
        unused::check(&mut file);
        Ok((config, file.finish()?))
    }

    /// What `new` asks for, as far as it may change while the gateway runs; also gives the keys that need a restart.
    pub fn adopt(&self, new: Self) -> (Self, Vec<&'static str>) {
        let fixed = [
            ("server.listenAddr", self.listen_address != new.listen_address),
            ("server.healthAddr", self.health_address != new.health_address),
            ("server.metricsAddr", self.metrics_address != new.metrics_address),
            ("server.tls", self.tls != new.tls),
            ("datastorage", self.storage != new.storage),
            ("logging.format", self.log_json != new.log_json),
            ("telemetry.endpoint", self.telemetry != new.telemetry),
        ];
        let restart = fixed.into_iter().filter_map(|(key, changed)| changed.then_some(key)).collect();
        let adopted = Self {
            requests_max: new.requests_max,
            request_timeout: new.request_timeout,
            trusted_proxies: new.trusted_proxies,
            cors: new.cors,
            log_level: new.log_level,
            ..self.clone()
        };
        (adopted, restart)
    }
}

fn log_level(file: &mut File, default: tracing::Level) -> tracing::Level {
    let key = "logging.level";
    match file.text(key).map(|value| value.to_ascii_lowercase()).as_deref() {
        None | Some("") => default,
        Some("error") => tracing::Level::ERROR,
        Some("warn" | "warning") => tracing::Level::WARN,
        Some("info") => tracing::Level::INFO,
        Some("debug") => tracing::Level::DEBUG,
        Some("trace") => tracing::Level::TRACE,
        Some(_) => file.mistake(key, "must be error, warn, info, debug or trace", default),
    }
}

fn log_json(file: &mut File) -> bool {
    let key = "logging.format";
    match file.text(key).as_deref() {
        None | Some("" | "json") => true,
        Some("text" | "console") => false,
        Some(_) => file.mistake(key, "must be json or text", true),
    }
}
