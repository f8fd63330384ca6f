//! What the pod's environment adds to the file: who this gateway is, the variables of the existing gateway, and one of
//! OpenTelemetry.
use super::mistake::Mistake;
use serde_json::Value;
use std::collections::BTreeMap;

/// The variables that set a key of the file, and whether they win over it.
const VARIABLES: [(&str, &str, bool); 9] = [
    ("TRUSTED_PROXY_CIDRS", "middleware.trustedProxyCIDRs", true),
    ("TLS_CA_FILE", "server.tls.caFile", true),
    ("CORS_ALLOWED_ORIGINS", "cors.allowedOrigins", false),
    ("CORS_ALLOWED_METHODS", "cors.allowedMethods", false),
    ("CORS_ALLOWED_HEADERS", "cors.allowedHeaders", false),
    ("CORS_EXPOSED_HEADERS", "cors.exposedHeaders", false),
    ("CORS_ALLOW_CREDENTIALS", "cors.allowCredentials", false),
    ("CORS_MAX_AGE", "cors.maxAge", false),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry.endpoint", false),
];

/// Identity of a gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Name of the pod; never empty in a valid configuration.
    pub pod: String,
    /// Namespace of Leases: the pod's own.
    pub lock_namespace: String,
    /// Namespace of RemediationRequests: the controller namespace.
    pub namespace: String,
}

/// The environment of a gateway.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Identity of this gateway.
    pub identity: Identity,
    /// Whether the identity must be known: it need not be where a file is only checked.
    pub identity_required: bool,
    /// The variables that are set.
    pub variables: BTreeMap<&'static str, String>,
}

impl Environment {
    /// The environment of a gateway with this identity, and no other variable.
    pub fn of(identity: Identity) -> Self {
        Self { identity, identity_required: true, variables: BTreeMap::new() }
    }

    /// Reads the variables with `get`.
    #[must_use]
    pub fn with_variables(mut self, get: impl Fn(&str) -> Option<String>) -> Self {
        let set = VARIABLES.iter().filter_map(|(name, ..)| Some((*name, get(name).filter(|value| !value.is_empty())?)));
        self.variables = set.collect();
        self
    }

    pub(super) fn mistakes(&self) -> Vec<Mistake> {
        let Identity { pod, lock_namespace, namespace } = &self.identity;
        let required =
            [("POD_NAME", pod), ("POD_NAMESPACE", lock_namespace), ("KUBERNAUT_CONTROLLER_NAMESPACE", namespace)];
        let missing = required.into_iter().filter(|(_, value)| self.identity_required && value.is_empty());
        // The existing gateway runs without its lock then, and creates duplicates.
        let problem = "is empty: set it from the downward API, no lock can be held without it";
        missing.map(|(key, _)| Mistake { key: key.to_owned(), problem: problem.to_owned() }).collect()
    }

    pub(super) fn complete(&self, values: &mut BTreeMap<String, Value>) {
        for (name, key, wins) in VARIABLES {
            if let Some(value) = self.variables.get(name)
                && (wins || !values.contains_key(key))
            {
                values.insert(key.to_owned(), Value::String(value.clone()));
            }
        }
    }
}
