//! `/readyz` says whether a signal would be stored, and why not, and only permitted senders are served: on the
//! simulated server, and on the real one.
//!
//! Each case takes one thing away from a gateway that lacks nothing else, reads the reason, gives it back, and sees the
//! replica ready again.
mod cluster;

use cluster::{Cluster, NAMESPACE, Replica, Rules};
use gateway::access::REFUSED_FOR;
use std::time::Duration;

/// Without one verb, and the reason that names it.
const VERBS: [(&str, &str, &str); 10] = [
    ("remediationrequests", "list", "cannot list remediationrequests: "),
    ("remediationrequests", "watch", "cannot watch remediationrequests: "),
    ("remediationrequests", "get", "cannot get remediationrequests: "),
    ("remediationrequests", "create", "cannot create remediationrequests: "),
    ("remediationrequests/status", "patch", "cannot patch remediationrequests/status: "),
    ("leases", "list", "cannot list leases: "),
    ("leases", "watch", "cannot watch leases: "),
    ("leases", "get", "cannot get leases: "),
    ("leases", "create", "cannot create leases: "),
    ("leases", "update", "cannot update leases: "),
];

async fn every_missing_verb_is_named(cluster: &Cluster) {
    for (resource, verb, reason) in VERBS {
        cluster.grant(&Rules::all().without(resource, verb)).await;
        let replica = Replica::start(cluster).await;
        let why = replica.unready_with(reason).await;
        let (plural, _) = resource.split_once('/').unwrap_or((resource, ""));
        assert!(why.contains("is forbidden: User \"conf-user\" cannot") && why.contains(plural), "{why}");
        cluster.grant(&Rules::all()).await;
        replica.ready().await;
    }
}

async fn going_namespace_is_the_reason(cluster: &Cluster) {
    cluster.grant(&Rules::all()).await;
    let replica = Replica::start(cluster).await;
    replica.ready().await;
    cluster.delete_namespace(NAMESPACE).await;
    assert_eq!(replica.signal().await, 503);
    let why = replica.unready_with("cannot create leases: ").await;
    assert!(why.contains("is being terminated"), "{why}");
}

async fn only_permitted_senders_are_served(cluster: &Cluster) {
    cluster.grant(&Rules::all()).await;
    let replica = Replica::start(cluster).await;
    replica.ready().await;
    cluster.account("monitoring", "alertmanager").await;
    let token = cluster.token("monitoring", "alertmanager", &[]).await;
    assert_eq!((replica.signal_of("invented").await, replica.signal_of(&token).await), (401, 403));
    let foreign = cluster.token("monitoring", "alertmanager", &["another-service"]).await;
    assert_eq!(replica.signal_of(&foreign).await, 401, "a token for another audience");
    cluster.permit("monitoring").await;
    tokio::time::sleep(REFUSED_FOR).await;
    assert_eq!(replica.signal_of(&token).await, 201, "by a role of its group");
    let fresh = cluster.token("monitoring", "alertmanager", &[]).await;
    assert_eq!(replica.signal_of(&fresh).await, 202, "a new token needs no waiting");
    for (resource, call) in [("tokenreviews", "TokenReview"), ("subjectaccessreviews", "SubjectAccessReview")] {
        cluster.grant(&Rules::all().without(resource, "create")).await;
        let replica = Replica::start(cluster).await;
        replica.unready_with(&format!("cannot review who sends signals: {call}: answered 403")).await;
        assert_eq!(replica.signal_of(&token).await, 503, "retryable, and not the sender's fault");
        cluster.grant(&Rules::all()).await;
        replica.ready().await;
    }
}

#[tokio::test]
async fn senders_are_reviewed() {
    only_permitted_senders_are_served(&Cluster::simulated(true).await).await;
}

#[tokio::test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn senders_are_reviewed_by_the_real_server() {
    only_permitted_senders_are_served(&Cluster::real().await).await;
}

#[tokio::test]
async fn missing_verbs_are_named() {
    every_missing_verb_is_named(&Cluster::simulated(true).await).await;
}

#[tokio::test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn missing_verbs_are_named_by_the_real_server() {
    let cluster = Cluster::real().await;
    every_missing_verb_is_named(&cluster).await;
    going_namespace_is_the_reason(&cluster).await;
    let replica = Replica::start(&cluster.elsewhere("nowhere").await).await;
    replica.unready_with("cannot create remediationrequests: namespaces \"nowhere\" not found").await;
    cluster.delete_definition().await;
    Replica::start(&cluster).await.unready_with("remediationrequests: ").await;
}

#[tokio::test]
async fn terminating_namespace_is_the_reason() {
    going_namespace_is_the_reason(&Cluster::simulated(true).await).await;
}

#[tokio::test]
async fn absent_namespace_is_the_reason() {
    let cluster = Cluster::simulated(true).await;
    let replica = Replica::start(&cluster.elsewhere("nowhere").await).await;
    replica.unready_with("cannot create remediationrequests: namespaces \"nowhere\" not found").await;
}

#[tokio::test]
async fn absent_definition_is_the_reason() {
    let cluster = Cluster::simulated(false).await;
    cluster.grant(&Rules::all()).await;
    let replica = Replica::start(&cluster).await;
    let why = replica.unready_with("cannot list remediationrequests: ").await;
    assert!(why.contains("404 page not found"), "the whole group is absent: {why}");
    cluster.define().await;
    replica.ready().await;
}

#[tokio::test]
async fn terminating_definition_is_the_reason() {
    let cluster = Cluster::simulated(true).await;
    cluster.grant(&Rules::all()).await;
    let replica = Replica::start(&cluster).await;
    replica.ready().await;
    assert_eq!(replica.signal().await, 201);
    cluster.keep_requests().await;
    cluster.delete_definition().await;
    cluster.end_requests().await;
    assert_eq!(replica.signal().await, 503);
    replica.unready_with("cannot create remediationrequests: ").await;
}

#[tokio::test]
async fn terminating_namespace_of_an_alert_changes_nothing() {
    let cluster = Cluster::simulated(true).await;
    cluster.grant(&Rules::all()).await;
    let replica = Replica::start(&cluster).await;
    replica.ready().await;
    cluster.delete_namespace("payments").await;
    replica.signal().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    replica.ready().await;
}
