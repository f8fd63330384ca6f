//! Every key of the file, and which of them have no effect in this gateway.
use super::mistake::Ignored;

/// The keys that this gateway acts on.
const ACTED_ON: &[&str] = &[
    "server.listenAddr",
    "server.healthAddr",
    "server.metricsAddr",
    "server.maxConcurrentRequests",
    "server.writeTimeout",
    "server.k8sRequestTimeout",
    "server.tls.certDir",
    "server.tls.caFile",
    "middleware.trustedProxyCIDRs",
    "cors.allowedOrigins",
    "cors.allowedMethods",
    "cors.allowedHeaders",
    "cors.exposedHeaders",
    "cors.allowCredentials",
    "cors.maxAge",
    "datastorage.url",
    "datastorage.timeout",
    "datastorage.buffer.bufferSize",
    "datastorage.buffer.batchSize",
    "datastorage.buffer.flushInterval",
    "datastorage.buffer.maxRetries",
    "logging.level",
    "logging.format",
    "telemetry.endpoint",
    "tlsProfile",
    "fleet.enabled",
];

const FLEET: &str = "fleets are not supported by this gateway";
const RETRIES: &str = "the protocol retries by rules of its own, until the request's deadline";

/// The keys that are accepted without an effect, and why. The last three are sections with members of any
/// name.
const IGNORED: &[Ignored] = &[
    ignored("server.disableProfiling", "this gateway has no profiling endpoint"),
    ignored("server.readTimeout", "a header has 5 s, and so has a body"),
    ignored("server.idleTimeout", "an idle connection ends after 5 s"),
    ignored("datastorage.healthUrl", "readiness does not depend on the DataStorage service"),
    ignored("processing.deduplication.cooldownPeriod", "the RemediationOrchestrator's status decides, as before"),
    ignored("processing.retry.maxAttempts", RETRIES),
    ignored("processing.retry.initialBackoff", RETRIES),
    ignored("processing.retry.maxBackoff", RETRIES),
    ignored("telemetry.logSink", "the log goes to standard output alone"),
    ignored("fleet.backend", FLEET),
    ignored("fleet.endpoint", FLEET),
    ignored("fleet.mcpGatewayEndpoint", FLEET),
    ignored("fleet.mcpGatewayType", FLEET),
    ignored("fleet.namespace", FLEET),
    ignored("fleet.tlsCAFile", FLEET),
    ignored("fleet.tokenPath", FLEET),
    ignored("processing.crd", "it has no keys"),
    ignored("telemetry.tls", "an https endpoint is trusted by server.tls.caFile"),
    ignored("fleet.oauth2", FLEET),
];

const fn ignored(key: &'static str, reason: &'static str) -> Ignored {
    Ignored { key, reason }
}

/// What is known about a path into the file.
pub(super) enum Known {
    /// A key with a value.
    Key,
    /// A key with a value that has no effect.
    Ignored(Ignored),
    /// A section of keys.
    Section,
    /// Nothing; the nearest key or section, if one is near.
    Unknown { nearest: Option<&'static str> },
}

pub(super) fn look_up(path: &str) -> Known {
    if ACTED_ON.contains(&path) {
        return Known::Key;
    }
    if let Some(ignored) = IGNORED.iter().find(|ignored| ignored.key == path) {
        return Known::Ignored(*ignored);
    }
    let is_section = |key: &&str| key.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    if all().any(|key| is_section(&key)) { Known::Section } else { Known::Unknown { nearest: nearest(path) } }
}

fn all() -> impl Iterator<Item = &'static str> {
    ACTED_ON.iter().copied().chain(IGNORED.iter().map(|ignored| ignored.key))
}

/// The key or section that `path` is a misspelling of.
fn nearest(path: &str) -> Option<&'static str> {
    let sections = all().flat_map(|key| key.match_indices('.').map(move |(end, _)| &key[..end]));
    let distance = |key: &str| strsim::damerau_levenshtein(&key.to_lowercase(), &path.to_lowercase());
    let far = (path.len() / 3).clamp(2, 8);
    let named = |key: &str| key.rsplit('.').next() == path.rsplit('.').next();
    // A key of the right name in the wrong section is meant, however far that section's name is.
    let near = all().chain(sections).map(|key| (if named(key) { 0 } else { distance(key) }, key));
    near.filter(|(distance, _)| *distance <= far).min().map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_keys_have_a_nearest() {
        for (path, expected) in [
            ("sever", Some("server")),
            ("server.listenAdr", Some("server.listenAddr")),
            ("server.MaxConcurrentRequests", Some("server.maxConcurrentRequests")),
            ("cors.allowedOrigin", Some("cors.allowedOrigins")),
            ("server.trustedProxyCIDRs", Some("middleware.trustedProxyCIDRs")),
            ("datastorage.batchSize", Some("datastorage.buffer.batchSize")),
            ("lock", None),
        ] {
            assert!(matches!(look_up(path), Known::Unknown { nearest } if nearest == expected), "{path}");
        }
        assert!(matches!(look_up("server.tls"), Known::Section));
        assert!(matches!(look_up("server.tls.certDir"), Known::Key));
        assert!(matches!(look_up("fleet.oauth2"), Known::Ignored(_)));
    }

    #[test]
    fn every_key_is_documented() {
        let rows = include_str!("../../../docs/configuration.md").lines();
        let documented = rows.filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(key, _)| key));
        let keys: std::collections::BTreeSet<_> = all().collect();
        assert_eq!(documented.collect::<std::collections::BTreeSet<_>>(), keys);
    }
}
