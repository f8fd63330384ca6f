//! The service `kubernetes`, through which programs in a cluster find its API server
//! (k8s.io/kubernetes/pkg/controlplane/controller/kubernetesservice).
//!
//! The API server makes it itself, without any controller. Here it is made once, for a server that listens: runs have
//! no addresses.
use super::fixture::FixtureError;
use crate::{base::timestamp, server::state::ApiServer};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// First address of the services of a real server with default flags.
const CLUSTER_IP: &str = "10.96.0.1";
/// The range that it is taken from.
const RANGE: &str = "10.96.0.0/16";

impl ApiServer {
    /// Creates the service `kubernetes` with its endpoints and the range of its address, as far as their kinds are
    /// served.
    ///
    /// # Errors
    /// If one of them is refused.
    pub fn announce(&mut self, address: SocketAddr, now: Timestamp) -> Result<(), FixtureError> {
        let served = |object: &Value| self.registry.kind_of(object).is_some();
        let objects: Vec<_> = objects(address, now).into_iter().filter(served).collect();
        self.apply_fixture(&objects, now)
    }
}

fn objects(address: SocketAddr, now: Timestamp) -> [Value; 4] {
    let (ip, port) = (address.ip().to_string(), address.port());
    let metadata = |labels: Value| json!({"name": "kubernetes", "namespace": "default", "labels": labels});
    let ports = json!([{"name": "https", "port": port, "protocol": "TCP"}]);
    let family = if address.is_ipv6() { "IPv6" } else { "IPv4" };
    [
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata(json!({"component": "apiserver", "provider": "kubernetes"})),
            "spec": {
                "clusterIP": CLUSTER_IP,
                "clusterIPs": [CLUSTER_IP],
                "internalTrafficPolicy": "Cluster",
                "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack",
                "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port}],
                "sessionAffinity": "None",
                "type": "ClusterIP",
            },
        }),
        json!({
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": metadata(json!({"endpointslice.kubernetes.io/skip-mirror": "true"})),
            "subsets": [{"addresses": [{"ip": ip}], "ports": ports}],
        }),
        json!({
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": metadata(json!({"kubernetes.io/service-name": "kubernetes"})),
            "addressType": family,
            "endpoints": [{"addresses": [ip], "conditions": {"ready": true}}],
            "ports": ports,
        }),
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "ServiceCIDR",
            "metadata": {"name": "kubernetes"},
            "spec": {"cidrs": [RANGE]},
            "status": {"conditions": [{
                "type": "Ready",
                "status": "True",
                "lastTransitionTime": timestamp::seconds(now),
                "reason": "",
                "message": "Kubernetes default Service CIDR is ready",
            }]},
        }),
    ]
}
