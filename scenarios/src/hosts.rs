//! The gateway as a host: the application that production serves, with the simulation's clock, entropy and transport.
use crate::{
    baselines::{LockAttempts, Surroundings, Terms, redis::Redis},
    network::SimulatedListener,
    objects::NAMESPACE,
    protocol_name::ProtocolName,
};
use axum::body::Body;
use bytes::Bytes;
use futures::future::BoxFuture;
use gateway::{
    app::App,
    clock::{Clock, Sleep},
    config::Config,
    entropy::Entropy,
    kube_client, server,
};
use http_body_util::BodyExt;
use sim::{
    Environment,
    engine::{ApiService, Host, HostClock, HostEntropy, Listener, Process},
};
use std::{borrow::Cow, sync::Arc, time::Duration};
use tower::ServiceExt;

/// Boots gateways with one protocol, or the first of them with other protocols.
#[derive(Clone)]
pub struct GatewayHost {
    /// Protocol of the replicas.
    pub protocol: ProtocolName,
    /// Protocols of the first replicas, if they differ.
    pub mixed_replicas: Vec<ProtocolName>,
    /// Namespaces that replicas keep their locks in, by turns.
    pub lock_namespaces: Cow<'static, [&'static str]>,
    /// Terms of the locks and clocks.
    pub terms: Terms,
    /// The Redis of the run.
    pub redis: Redis,
    /// Counts of attempts to lock.
    pub attempts: Arc<LockAttempts>,
}

impl Host for GatewayHost {
    fn name(&self) -> &str {
        "gateway"
    }

    fn user(&self) -> &str {
        "system:serviceaccount:kubernaut-system:gateway"
    }

    fn boot(&self, environment: Environment) -> Box<dyn Process> {
        let index: usize = environment.name.rsplit('-').next().and_then(|index| index.parse().ok()).unwrap_or_default();
        let locks = self.lock_namespaces.get(index % self.lock_namespaces.len().max(1)).copied().unwrap_or(NAMESPACE);
        let config = Config::for_pod(&environment.name, locks, NAMESPACE);
        let replica = environment.name.rsplit_once('-').and_then(|(_, index)| index.parse::<usize>().ok());
        let redis = self.redis.connect(environment.clock.clone(), Arc::clone(&environment.entropy));
        let with = Surroundings { terms: self.terms, redis: Arc::new(redis), attempts: Arc::clone(&self.attempts) };
        let ahead = if replica == Some(0) { self.terms.first_clock_ahead } else { Duration::ZERO };
        let clock = Arc::new(ReplicaClock { clock: environment.clock, ahead });
        let entropy = Arc::new(ReplicaEntropy(environment.entropy));
        let protocol = replica.and_then(|index| self.mixed_replicas.get(index)).copied().unwrap_or(self.protocol);
        let client = match protocol.takes_failed_look_ups_for_answers() {
            true => kube_client::client(unmanaged_if_failed(environment.api), NAMESPACE),
            false => kube_client::client(environment.api, NAMESPACE),
        };
        let app = App::start(config, client, clock, entropy, |context| protocol.start(context, &with));
        Box::new(Gateway { router: app.open_router(), app })
    }
}

/// The connection of a gateway that takes a look-up of a namespace that failed for one that found none: objects in it
/// are not managed then. The look-ups are outside of the protocol, so this mutant is made on their way.
fn unmanaged_if_failed(
    api: ApiService,
) -> impl tower::Service<
    http::Request<kube::client::Body>,
    Response = http::Response<Body>,
    Error = tower::BoxError,
    Future = BoxFuture<'static, Result<http::Response<Body>, tower::BoxError>>,
> {
    tower::service_fn(move |request: http::Request<kube::client::Body>| {
        let of_namespace =
            request.uri().path().strip_prefix("/api/v1/namespaces/").is_some_and(|name| !name.contains('/'));
        let answer = api.clone().oneshot(request);
        let answer: BoxFuture<'static, Result<http::Response<Body>, tower::BoxError>> = Box::pin(async move {
            match answer.await {
                Ok(answer) if answer.status().is_success() || !of_namespace => Ok(answer.map(Body::new)),
                Err(error) if !of_namespace => Err(error.into()),
                _ => {
                    let status =
                        r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}"#;
                    Ok(http::Response::builder().status(404).body(Body::from(status))?)
                }
            }
        });
        answer
    })
}

struct Gateway {
    app: App,
    router: axum::Router,
}

impl Process for Gateway {
    fn ready(&self) -> bool {
        self.app.ready().is_ok()
    }

    fn call(&self, request: http::Request<Bytes>) -> BoxFuture<'static, http::Response<Bytes>> {
        // The probes have a router of their own, as in production. Few runs need it.
        let probed = matches!(request.uri().path(), "/healthz" | "/readyz");
        let router = if probed { self.app.health_router() } else { self.router.clone() };
        let answer = router.oneshot(request.map(Body::from));
        Box::pin(async move {
            let Ok(response) = answer.await;
            let (parts, body) = response.into_parts();
            let bytes = body.collect().await.map(|collected| collected.to_bytes()).unwrap_or_default();
            http::Response::from_parts(parts, bytes)
        })
    }

    fn serve(&self, listener: Listener) -> BoxFuture<'static, ()> {
        let router = self.router.clone().merge(self.app.health_router());
        Box::pin(server::serve(SimulatedListener(listener), router, std::future::pending()))
    }
}

struct ReplicaClock {
    clock: HostClock,
    /// Time by which the wall clock is ahead, besides the clock's own error.
    ahead: Duration,
}

impl Clock for ReplicaClock {
    fn now(&self) -> jiff::Timestamp {
        self.clock.now() + self.ahead
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.clock.sleep(duration)
    }
}

struct ReplicaEntropy(Arc<HostEntropy>);

impl Entropy for ReplicaEntropy {
    fn next_u64(&self) -> u64 {
        self.0.next_u64()
    }
}
