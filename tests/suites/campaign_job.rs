//! The Indexed Job that runs a campaign on a cluster is accepted, with every field known, by the real server.
//! `scenarios/tests/results/automation.rs` plays its pods.
use bytes::Bytes;
use http::{Request, StatusCode};
use tests::real_server::{ADMIN_TOKEN, RealServer};

const JOB: &str = include_str!("../../scenarios/deploy/campaign.yaml");

/// The answer to the Job with this text, without storing it.
async fn dry_run(text: &str) -> (StatusCode, String) {
    let path = "/apis/batch/v1/namespaces/default/jobs?dryRun=All&fieldValidation=Strict";
    let request = Request::post(path).header("content-type", "application/yaml");
    let request = request.body(Bytes::copy_from_slice(text.as_bytes())).expect("a request");
    let answer = RealServer::shared().client(0, ADMIN_TOKEN).call(request).await.expect("an answer");
    (answer.status(), String::from_utf8_lossy(answer.body()).into_owned())
}

#[tokio::test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn the_real_server_accepts_the_job() {
    let (status, answer) = dry_run(JOB).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let (status, answer) = dry_run(&JOB.replace("completionMode", "completionMood")).await;
    assert!(status == StatusCode::BAD_REQUEST && answer.contains("completionMood"), "{answer}");
}
