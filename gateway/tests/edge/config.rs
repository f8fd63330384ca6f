//! The configuration file: what it may contain, and the error for each mistake.
use gateway::config::{Config, ConfigError, Identity};
use std::time::Duration;

fn identity() -> Identity {
    Identity {
        pod: "gateway-0".into(),
        lock_namespace: "kubernaut-system".into(),
        namespace: "kubernaut-system".into(),
    }
}

fn parse(text: &str) -> Result<(Config, Vec<&'static str>), ConfigError> {
    Config::parse(text, identity())
}

fn refusal(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

#[test]
fn empty_file_means_the_defaults() {
    for text in ["", "server: {}\n", "# nothing\n"] {
        assert_eq!(parse(text).expect(text), (Config::defaults(identity()), vec![]));
    }
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
processing: { deduplication: { cooldownPeriod: 5m } }
logging: { level: WARN, format: json }
";
    let (config, ignored) = parse(text).expect("a configuration");
    assert_eq!((config.listen_address.as_str(), config.health_address.as_str()), (":18080", "127.0.0.1:18081"));
    assert_eq!((config.requests_max, config.request_timeout), (100, Duration::from_secs(20)));
    assert_eq!(config.log_level, tracing::Level::WARN);
    assert_eq!(ignored, ["server.readTimeout", "logging.format", "middleware", "processing"]);
}

#[test]
fn unknown_keys_are_refused() {
    for text in ["sever: {}\n", "server: { listenAdr: ':1' }\n"] {
        assert!(refusal(text).contains("unknown"), "{}", refusal(text));
    }
}

#[test]
fn values_out_of_range_name_their_key() {
    for (text, key) in [
        ("server: { maxConcurrentRequests: 10001 }", "server.maxConcurrentRequests"),
        ("server: { writeTimeout: 4s }", "server.writeTimeout"),
        ("server: { k8sRequestTimeout: 500ms }", "server.k8sRequestTimeout"),
        ("server: { k8sRequestTimeout: 30s }", "server.k8sRequestTimeout"),
        ("server: { writeTimeout: 90s, k8sRequestTimeout: 61s }", "server.k8sRequestTimeout"),
        ("server: { k8sRequestTimeout: soon }", "server.k8sRequestTimeout"),
        ("server: { listenAddr: '8080' }", "server.listenAddr"),
        ("server: { tls: { certDir: /tls } }", "server.tls"),
        ("logging: { level: LOUD }", "logging.level"),
    ] {
        assert!(refusal(text).starts_with(&format!("{key}: ")), "{text} is refused with {}", refusal(text));
    }
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
    let error = Config::parse("", nameless).expect_err("no lock can be held").to_string();
    assert!(error.starts_with("POD_NAME: is empty: set it"), "{error}");
}
