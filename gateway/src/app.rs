//! The one composition root: everything that one replica is, and the routers through which it is reached.
//!
//! An [`App`] owns its background tasks. Dropping it is a crash: no task survives, and nothing is said to anybody. What handles
//! requests holds the inner [`Gateway`] instead, which owns no tasks, so that a request in flight cannot keep a dead
//! replica half alive.
use crate::{
    admission::Places,
    clock::{SharedClock, within},
    config::Config,
    entropy::SharedEntropy,
    error::ApiError,
    layers,
    metrics::Metrics,
    protocol::{Context, Protocol},
    routes,
    signals::{discovery::Discovery, target::Targets},
    tasks::TaskSet,
};
use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How old the discovery snapshot gets.
const DISCOVERY_PERIOD: Duration = Duration::from_secs(300);
/// How long discovery may take.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(10);
/// After how long discovery that failed is tried again: this, and up to as much again at random.
const DISCOVERY_RETRY: Duration = Duration::from_secs(1);

/// One replica of the gateway.
pub struct App {
    gateway: Arc<Gateway>,
    tasks: TaskSet,
}

/// What handlers and layers see of an [`App`].
pub struct Gateway {
    pub(crate) config: Config,
    pub(crate) clock: SharedClock,
    pub(crate) entropy: SharedEntropy,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) targets: Targets,
    pub(crate) protocol: Arc<dyn Protocol>,
    pub(crate) places: Places,
    client: kube::Client,
    shutting_down: AtomicBool,
}

impl App {
    /// Composes a replica and starts its background tasks; call it inside a tokio runtime. `protocol` makes what handles
    /// accepted signals.
    pub fn start(
        config: Config,
        client: kube::Client,
        clock: SharedClock,
        entropy: SharedEntropy,
        protocol: impl FnOnce(Context) -> Arc<dyn Protocol>,
    ) -> Self {
        let tasks = TaskSet::default();
        let metrics = Arc::new(Metrics::new());
        let protocol = protocol(Context {
            client: client.clone(),
            namespace: config.identity.namespace.clone(),
            lock_namespace: config.identity.lock_namespace.clone(),
            pod: config.identity.pod.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            tasks: tasks.spawner(),
            metrics: metrics.clone(),
        });
        let gateway = Arc::new(Gateway {
            targets: Targets::new(client.clone(), clock.clone(), metrics.clone()),
            places: Places::new(config.requests_max),
            shutting_down: AtomicBool::new(false),
            config,
            clock,
            entropy,
            metrics,
            protocol,
            client,
        });
        tasks.spawner().spawn(keep_discovering(gateway.clone()));
        Self { gateway, tasks }
    }

    /// The API that signals are sent to, with every layer.
    pub fn router(&self) -> Router {
        let gateway = &self.gateway;
        Router::new()
            .route(routes::PROMETHEUS, post(routes::prometheus::receive))
            .route(routes::KUBERNETES_EVENT, post(routes::kubernetes_event::receive))
            .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
            .fallback(async || ApiError::NotFound)
            // Innermost first. Authentication belongs here, inside the cap, so that strangers cannot make the API server work
            // without limit: TokenReview, then SubjectAccessReview for `create services/gateway-service`.
            .layer(from_fn_with_state(gateway.clone(), layers::concurrency::layer))
            // CORS belongs here: a refused preflight must still carry the headers below.
            .layer(from_fn(layers::security_headers::layer))
            .layer(from_fn_with_state(gateway.clone(), layers::request_id::layer))
            .layer(from_fn_with_state(gateway.clone(), layers::metrics::layer))
            .with_state(gateway.clone())
    }

    /// Liveness and readiness.
    pub fn health_router(&self) -> Router {
        Router::new()
            .route("/healthz", get(routes::health::healthz))
            .route("/readyz", get(routes::health::readyz))
            .with_state(self.gateway.clone())
    }

    /// The metrics to scrape.
    pub fn metrics_router(&self) -> Router {
        Router::new().route("/metrics", get(routes::health::metrics)).with_state(self.gateway.clone())
    }

    /// `Ok` when signals can be taken, else why not.
    pub fn ready(&self) -> Result<(), String> {
        self.gateway.ready()
    }

    /// From now on [`App::ready`] says no, so that no new requests are sent here; those that come are still handled.
    pub fn begin_shutdown(&self) {
        self.gateway.shutting_down.store(true, Ordering::Release);
    }

    /// Counters.
    pub fn metrics(&self) -> &Metrics {
        &self.gateway.metrics
    }

    /// How many background tasks run.
    pub fn tasks(&self) -> usize {
        self.tasks.len()
    }
}

impl Gateway {
    pub(crate) fn ready(&self) -> Result<(), String> {
        if self.shutting_down.load(Ordering::Acquire) {
            return Err("shutting down".to_owned());
        }
        if self.targets.discovery().is_none() {
            return Err("API discovery has not been loaded yet".to_owned());
        }
        self.protocol.ready()
    }
}

/// Loads the snapshot, and replaces it for as long as the replica lives. An old snapshot is better than none.
async fn keep_discovering(gateway: Arc<Gateway>) {
    loop {
        let deadline = gateway.clock.monotonic() + DISCOVERY_TIMEOUT;
        let pause = match within(&*gateway.clock, deadline, Discovery::load(&gateway.client)).await {
            Some(Ok(discovery)) if !discovery.is_empty() => {
                gateway.targets.set_discovery(discovery);
                DISCOVERY_PERIOD
            }
            failed => {
                let error =
                    failed.and_then(Result::err).map_or_else(|| "no answer".to_owned(), |error| error.to_string());
                tracing::warn!(error, "API discovery failed");
                gateway.metrics.discovery_refresh_errors.inc();
                let jitter = gateway.entropy.next_u64() % 1000;
                DISCOVERY_RETRY + DISCOVERY_RETRY * u32::try_from(jitter).unwrap_or(0) / 1000
            }
        };
        gateway.clock.sleep(pause).await;
    }
}
