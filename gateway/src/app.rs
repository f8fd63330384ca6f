//! The composition root: builds one replica from its parts, and the routers that serve it.
//!
//! An [`App`] owns its background tasks. Dropping it is a crash: no task survives, and no client is answered. HTTP
//! handlers hold the inner [`Gateway`] instead, which owns no tasks.
use crate::{
    access::Access,
    admission::Admission,
    api_client::ApiClient,
    audit::{Audit, Transport},
    clock::{SharedClock, within},
    config::{Config, ConfigError, Ignored},
    current::Current,
    entropy::SharedEntropy,
    error::ApiError,
    gateway::Gateway,
    layers,
    metrics::Metrics,
    protocol::{Context, Protocol},
    routes,
    signals::{discovery::Discovery, target::Targets},
    tasks::TaskSet,
    warnings::Warnings,
};
use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{MethodRouter, get, post},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How old the discovery snapshot may become.
const DISCOVERY_PERIOD: Duration = Duration::from_secs(300);
/// How long discovery may take.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(10);
/// Least pause before discovery is tried again after a failure; a random time of up to as much is added.
const DISCOVERY_RETRY: Duration = Duration::from_secs(1);

/// One replica of the gateway.
pub struct App {
    gateway: Arc<Gateway>,
    tasks: TaskSet,
}

impl App {
    /// Composes a replica and starts its background tasks; call it inside a tokio runtime. `protocol` makes the
    /// protocol that handles accepted signals.
    pub fn start(
        config: Config,
        client: kube::Client,
        clock: SharedClock,
        entropy: SharedEntropy,
        protocol: impl FnOnce(Context) -> Arc<dyn Protocol>,
    ) -> Self {
        let tasks = TaskSet::default();
        let metrics = Arc::new(Metrics::new());
        let api = ApiClient::new(client.clone(), clock.clone(), entropy.clone());
        let protocol = protocol(Context {
            client: api.clone(),
            namespace: config.identity.namespace.clone(),
            lock_namespace: config.identity.lock_namespace.clone(),
            pod: config.identity.pod.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            tasks: tasks.spawner(),
            metrics: metrics.clone(),
        });
        let gateway = Arc::new(Gateway {
            access: Access::new(api.clone(), &config.identity.namespace, clock.clone(), metrics.clone()),
            targets: Targets::new(api, clock.clone(), metrics.clone()),
            admission: Admission::new(config.requests_max),
            audit: Audit::new(clock.clone(), metrics.clone()),
            shutting_down: AtomicBool::new(false),
            warnings: Warnings::new(clock.clone()),
            config: Current::new(config),
            clock,
            entropy,
            metrics,
            protocol,
            client,
        });
        tasks.spawner().spawn(keep_discovering(gateway.clone()));
        Self { gateway, tasks }
    }

    /// The API that receives signals from senders that the API server authenticates and authorises.
    pub fn router(&self) -> Router {
        let access = from_fn_with_state(self.gateway.clone(), layers::access::layer);
        self.layered(
            post(routes::prometheus::receive).route_layer(access.clone()),
            post(routes::kubernetes_event::receive).route_layer(access),
        )
    }

    /// The same without access control: for a replica in a test, whose senders have no tokens. The binary does not use
    /// it, which a test checks.
    pub fn open_router(&self) -> Router {
        self.layered(post(routes::prometheus::receive), post(routes::kubernetes_event::receive))
    }

    fn layered(&self, prometheus: MethodRouter<Arc<Gateway>>, event: MethodRouter<Arc<Gateway>>) -> Router {
        let gateway = &self.gateway;
        Router::new()
            .route(routes::PROMETHEUS, prometheus)
            .route(routes::KUBERNETES_EVENT, event)
            .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
            .fallback(async || ApiError::NotFound)
            .layer(from_fn_with_state(gateway.clone(), layers::layer))
            .with_state(gateway.clone())
    }

    /// The probes: liveness and readiness.
    pub fn health_router(&self) -> Router {
        Router::new()
            .route("/healthz", get(routes::health::healthz))
            .route("/readyz", get(routes::health::readyz))
            .with_state(self.gateway.clone())
    }

    /// The metrics endpoint.
    pub fn metrics_router(&self) -> Router {
        Router::new().route("/metrics", get(routes::health::metrics)).with_state(self.gateway.clone())
    }

    /// `Ok` if signals can be handled, else the reason.
    pub fn ready(&self) -> Result<(), String> {
        self.gateway.ready()
    }

    /// Makes [`App::ready`] fail from now on, so that load balancers send no new requests; requests that arrive are
    /// still handled.
    pub fn begin_shutdown(&self) {
        self.gateway.shutting_down.store(true, Ordering::Release);
    }

    /// Records audit events from now on, and sends them to `transport`.
    pub fn start_audit(&self, transport: impl Transport) {
        let gateway = &self.gateway;
        let storage = gateway.config.get().storage.clone();
        gateway.audit.start(storage, transport, gateway.entropy.clone(), &self.tasks.spawner());
    }

    /// Sends the audit events that wait, for at most `time`: the last step of a shutdown.
    pub async fn flush_audit(&self, time: Duration) {
        self.gateway.audit.flush(time).await;
    }

    /// Takes what a changed configuration asks for, as far as that needs no restart; gives the configuration now in
    /// force. A mistaken one changes nothing.
    pub fn reload(&self, new: Result<(Config, Vec<Ignored>), ConfigError>) -> Arc<Config> {
        let gateway = &self.gateway;
        match new {
            Ok((new, ignored)) => {
                let (config, restart) = gateway.config.get().adopt(new);
                gateway.admission.set_max(config.requests_max);
                gateway.config.set(config);
                gateway.metrics.config_reloads.inc();
                gateway.audit.reloaded(Ok(()));
                tracing::info!("the configuration was reloaded");
                ignored.iter().for_each(|ignored| tracing::warn!("{ignored}"));
                restart.iter().for_each(|key| tracing::warn!(key, "a change of this key needs a restart"));
            }
            Err(error) => {
                gateway.metrics.config_reload_failures.inc();
                gateway.audit.reloaded(Err(error.to_string()));
                tracing::error!(%error, "the changed configuration is not valid: the old one stays in force");
            }
        }
        gateway.config.get()
    }

    /// The counters of this replica.
    pub fn metrics(&self) -> &Metrics {
        &self.gateway.metrics
    }

    /// How many background tasks are running.
    pub fn tasks(&self) -> usize {
        self.tasks.len()
    }
}

/// Loads the discovery snapshot, and replaces it for as long as the replica runs. An old snapshot is better than none.
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
                if let Some(left_out) = gateway.warnings.due("discovery") {
                    tracing::warn!(error, left_out, "API discovery failed");
                }
                gateway.metrics.discovery_refresh_errors.inc();
                let jitter = gateway.entropy.next_u64() % 1000;
                DISCOVERY_RETRY + DISCOVERY_RETRY * u32::try_from(jitter).unwrap_or(0) / 1000
            }
        };
        gateway.clock.sleep(pause).await;
    }
}
