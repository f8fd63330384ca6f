//! Webhooks over the network: a served cluster asks them what kube-apiserver asks, and does with their answers what
//! kube-apiserver does.
//!
//! `recorded.json` has the answers and the reviews of kube-apiserver 1.36.3 about admission, `converted.json` those
//! about conversion. `LOCKSTEP_RECORD=1` records them again.
mod conversion;
mod hook;
mod story;

use apiserver::{ApiServer, Registry};
use hook::Hook;
use serde_json::Value;
use serve::{Remote, Server, Trust};
use std::{path::PathBuf, sync::Arc};
use tests::real_server::RealServer;

/// Files of the recorded stories.
const ADMISSION: &str = "recorded.json";
const CONVERSION: &str = "converted.json";

fn file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/suites/webhooks")).join(name)
}

/// Compares a story with the recorded one.
fn check(story: &[Value], recorded: &str) {
    let text = std::fs::read_to_string(file(recorded)).expect("the recorded story");
    let wanted: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    for (found, wanted) in story.iter().zip(&wanted) {
        assert_eq!(found, wanted, "{}", wanted["about"]);
    }
    assert_eq!(story.len(), wanted.len());
}

async fn served() -> Remote {
    let mut api = ApiServer::new(Arc::new(Registry::builtin()), 1, 7);
    conformance::admit_users(&mut api);
    let server = Server::bind(api, ([127, 0, 0, 1], 0).into()).await.expect("a free port");
    let client = Remote::new(&server.url(), None, Trust::Authority(server.certificate_authority()));
    tokio::spawn(server.run(std::future::pending()));
    client.expect("a client")
}

#[tokio::test]
async fn webhooks_are_asked_and_heard_as_by_kube_apiserver() {
    check(&story::play(&mut served().await, &Hook::start().await).await, ADMISSION);
}

#[tokio::test]
async fn conversion_webhooks_are_asked_and_heard_as_by_kube_apiserver() {
    check(&conversion::play(&mut served().await, &Hook::start().await).await, CONVERSION);
}

#[tokio::test]
async fn webhook_by_service_is_not_reached() {
    story::webhook_by_service_is_not_reached(&mut served().await).await;
}

#[tokio::test]
async fn slow_webhook_blocks_nobody() {
    story::slow_webhook_blocks_nobody(&mut served().await, &Hook::start().await).await;
}

#[tokio::test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn real_server_still_does_so() {
    let (hook, plane) = (Hook::start().await, RealServer::shared());
    let mut client = Remote::new(&plane.url(0), None, Trust::Anyone).expect("a client");
    let stories =
        [(ADMISSION, story::play(&mut client, &hook).await), (CONVERSION, conversion::play(&mut client, &hook).await)];
    for (name, story) in &stories {
        if std::env::var_os("LOCKSTEP_RECORD").is_none() {
            check(story, name);
            continue;
        }
        let text = serde_json::to_string_pretty(story).expect("JSON");
        std::fs::write(file(name), text + "\n").expect("the file can be written");
    }
}
