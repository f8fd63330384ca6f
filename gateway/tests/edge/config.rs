//! The configuration file: what it may contain, and the error for each mistake.
use gateway::config::{Config, ConfigError, Environment, Identity, Ignored, TlsVersion};
use std::time::Duration;

fn identity() -> Identity {
    Identity {
        pod: "gateway-0".into(),
        lock_namespace: "kubernaut-system".into(),
        namespace: "kubernaut-system".into(),
    }
}

fn parse(text: &str) -> Result<(Config, Vec<Ignored>), ConfigError> {
    Config::parse(text, &Environment::of(identity()))
}

fn refusal(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

#[test]
fn empty_file_means_the_defaults() {
    for text in ["", "server: {}\n", "# nothing\n", "server:\ncors:\n"] {
        assert_eq!(parse(text).expect(text), (Config::defaults(identity()), vec![]));
    }
}

#[test]
fn deployed_file_is_the_defaults() {
    let text = include_str!("../../deploy/base/config.yaml");
    assert_eq!(parse(text).expect("a configuration"), (Config::defaults(identity()), vec![]));
}

#[test]
fn deployed_file_keeps_working() {
    let text = "
server:
  listenAddr: \":18080\"
  healthAddr: \"127.0.0.1:18081\"
  maxConcurrentRequests: 0
  readTimeout: 30s
  writeTimeout: 1m30s
  k8sRequestTimeout: 20s
middleware: { trustedProxyCIDRs: [] }
datastorage:
  url: http://data-storage-service:8080
  healthUrl: http://data-storage-service:8081/readyz
  timeout: 10s
  buffer: { bufferSize: 5000, batchSize: 50, flushInterval: 2s, maxRetries: 5 }
processing: { deduplication: { cooldownPeriod: 5m }, retry: { maxAttempts: 3, initialBackoff: 100ms, maxBackoff: 5s } }
logging: { level: WARN, format: json }
fleet: { enabled: false, oauth2: { enabled: true, anything: 1 } }
";
    let (config, ignored) = parse(text).expect("a configuration");
    assert_eq!((config.listen_address.as_str(), config.health_address.as_str()), (":18080", "127.0.0.1:18081"));
    assert_eq!((config.requests_max, config.request_timeout), (100, Duration::from_secs(20)));
    assert_eq!(config.log_level, tracing::Level::WARN);
    let storage = config.storage;
    assert_eq!((storage.buffer_size, storage.batch_size, storage.retries_max), (5000, 50, 5));
    assert_eq!((storage.timeout, storage.flush_interval), (Duration::from_secs(10), Duration::from_secs(2)));
    let mut ignored: Vec<_> = ignored.into_iter().map(|ignored| ignored.key).collect();
    ignored.sort_unstable();
    let expected = [
        "datastorage.healthUrl",
        "fleet.oauth2",
        "processing.deduplication.cooldownPeriod",
        "processing.retry.initialBackoff",
        "processing.retry.maxAttempts",
        "processing.retry.maxBackoff",
        "server.readTimeout",
    ];
    assert_eq!(ignored, expected);
}

#[test]
fn every_mistake_is_reported_at_once() {
    let text = "
sever: {}
server: { listenAdr: ':1', maxConcurrentRequests: many, tls: 5, writeTimeout: 4s }
cors: { allowedOrigins: [example.org] }
middleware: { trustedProxyCIDRs: [10.0.0.0/40, '::/0'] }
logging: { level: LOUD, format: xml }
";
    let nameless = Identity { pod: String::new(), ..identity() };
    let error = Config::parse(text, &Environment::of(nameless)).expect_err("mistakes").to_string();
    let mut keys: Vec<_> = error.lines().map(|line| line.split_once(": ").expect("a key").0).collect();
    keys.sort_unstable();
    let expected = [
        "POD_NAME",
        "cors.allowedOrigins",
        "logging.format",
        "logging.level",
        "middleware.trustedProxyCIDRs",
        "server.listenAdr",
        "server.maxConcurrentRequests",
        "server.tls",
        "server.writeTimeout",
        "sever",
    ];
    assert_eq!(keys, expected, "{error}");
    assert!(error.contains("server.listenAdr: is not a key of this file; did you mean server.listenAddr?"), "{error}");
    assert!(error.contains("sever: is not a key of this file; did you mean server?"), "{error}");
}

#[test]
fn values_out_of_range_name_their_key() {
    for (text, key) in [
        ("server: { maxConcurrentRequests: 10001 }", "server.maxConcurrentRequests"),
        ("server: { maxConcurrentRequests: -1 }", "server.maxConcurrentRequests"),
        ("server: { writeTimeout: 4s }", "server.writeTimeout"),
        ("server: { idleTimeout: 5s }", "server.idleTimeout"),
        ("server: { k8sRequestTimeout: 500ms }", "server.k8sRequestTimeout"),
        ("server: { k8sRequestTimeout: 30s }", "server.k8sRequestTimeout"),
        ("server: { writeTimeout: 90s, k8sRequestTimeout: 61s }", "server.k8sRequestTimeout"),
        ("server: { k8sRequestTimeout: soon }", "server.k8sRequestTimeout"),
        ("server: { k8sRequestTimeout: 15 }", "server.k8sRequestTimeout"),
        ("server: { listenAddr: '8080' }", "server.listenAddr"),
        ("logging: { level: LOUD }", "logging.level"),
        ("tlsProfile: Old", "tlsProfile"),
        ("datastorage: { url: '' }", "datastorage.url"),
        ("datastorage: { url: data-storage }", "datastorage.url"),
        ("datastorage: { url: 'https://data-storage' }", "datastorage.url"),
        ("datastorage: { buffer: { batchSize: 0 } }", "datastorage.buffer.batchSize"),
        ("datastorage: { timeout: 0s }", "datastorage.timeout"),
        ("processing: { retry: { maxAttempts: 11 } }", "processing.retry.maxAttempts"),
        ("processing: { retry: { initialBackoff: 2s, maxBackoff: 1s } }", "processing.retry.maxBackoff"),
        ("cors: { allowedOrigins: ['*'], allowCredentials: true }", "cors.allowCredentials"),
        ("cors: { allowedOrigins: ['*'], allowedHeaders: ['a b'] }", "cors.allowedHeaders"),
        ("fleet: { enabled: true }", "fleet.enabled"),
    ] {
        assert!(refusal(text).starts_with(&format!("{key}: ")), "{text} is refused with {}", refusal(text));
    }
    for text in ["- a list\n", "server: { listenAddr: ':1', listenAddr: ':2' }", "{"] {
        assert!(refusal(text).starts_with("configuration cannot be read: "), "{}", refusal(text));
    }
}

#[test]
fn encryption_is_read_with_its_profile() {
    let (config, _) = parse("server: { tls: { certDir: /tls } }").expect("a configuration");
    let tls = config.tls.expect("TLS is on");
    assert_eq!((tls.cert_dir.to_str(), tls.oldest), (Some("/tls"), TlsVersion::V1_2));
    let (config, _) = parse("{ server: { tls: { certDir: /tls } }, tlsProfile: Modern }").expect("a configuration");
    assert_eq!(config.tls.expect("TLS is on").oldest, TlsVersion::V1_3);
}

#[test]
fn environment_completes_the_file() {
    let set = |name: &str| match name {
        "TRUSTED_PROXY_CIDRS" => Some("10.0.0.0/8, fd00::/8".to_owned()),
        "CORS_ALLOWED_ORIGINS" => Some("https://env.example".to_owned()),
        "CORS_MAX_AGE" => Some("60".to_owned()),
        "CORS_ALLOW_CREDENTIALS" => Some("true".to_owned()),
        _ => None,
    };
    let environment = Environment::of(identity()).with_variables(set);
    let text =
        "{ middleware: { trustedProxyCIDRs: [192.168.0.0/16] }, cors: { allowedOrigins: ['https://file.example'] } }";
    let (config, _) = Config::parse(text, &environment).expect("a configuration");
    assert_eq!(config.trusted_proxies.len(), 2, "the variable wins, as in the existing gateway");
    let cors = config.cors.expect("CORS is on");
    assert_eq!((cors.origins, cors.credentials), (vec!["https://file.example".to_owned()], true), "the file wins here");
    assert_eq!(cors.max_age, Duration::from_secs(60));
}

#[test]
fn request_without_timeout_is_bounded_by_its_answer() {
    let (config, _) = parse("server: { k8sRequestTimeout: 0s, writeTimeout: 10s }").expect("a configuration");
    assert_eq!(config.request_timeout, Duration::from_secs(10));
    let (config, _) = parse("server: { k8sRequestTimeout: 0, writeTimeout: 10m }").expect("a configuration");
    assert_eq!(config.request_timeout, Duration::from_secs(60));
}

#[test]
fn pod_without_a_name_is_refused() {
    let nameless = Identity { pod: String::new(), ..identity() };
    let error = Config::parse("", &Environment::of(nameless.clone())).expect_err("no lock can be held").to_string();
    assert!(error.starts_with("POD_NAME: is empty: set it"), "{error}");
    let checked = Environment { identity_required: false, ..Environment::of(nameless) };
    assert!(Config::parse("", &checked).is_ok(), "a file may be checked elsewhere");
}

#[test]
fn only_some_keys_change_without_a_restart() {
    let (old, _) = parse("").expect("a configuration");
    let text = "{ server: { listenAddr: ':1', maxConcurrentRequests: 7 }, logging: { level: debug },
        datastorage: { timeout: 3s } }";
    let (new, restart) = old.adopt(parse(text).expect("a configuration").0);
    assert_eq!((new.requests_max, new.log_level), (7, tracing::Level::DEBUG));
    assert_eq!((new.listen_address.as_str(), new.storage.timeout), (":8080", Duration::from_secs(10)));
    assert_eq!(restart, ["server.listenAddr", "datastorage"]);
}
