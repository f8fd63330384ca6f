//! The kubelet: asks a replica again and again whether it is ready.
use super::stage::Stage;
use crate::observe::Probe;
use bytes::Bytes;
use std::time::Duration;
use tokio::task::JoinSet;

/// Asks every replica so many times, in the background.
pub fn probe_all(stage: &Stage, every: Duration, times: u32, actors: &mut JoinSet<()>) {
    for replica in 0..stage.cluster.replicas() {
        actors.spawn(probe(stage.clone(), replica, every, times));
    }
}

/// Asks one replica so many times, with a pause before each question.
async fn probe(stage: Stage, replica: usize, every: Duration, times: u32) {
    for _ in 0..times {
        stage.cluster.sleep(every).await;
        let mut request = http::Request::new(Bytes::new());
        *request.uri_mut() = http::Uri::from_static("/readyz");
        let answer = stage.cluster.send(stage.cluster.next_delivery(), replica, request).await.ok();
        let status = answer.as_ref().map(|answer| answer.status().as_u16());
        let body = answer.map(|answer| String::from_utf8_lossy(answer.body()).into_owned()).unwrap_or_default();
        stage.recorder.probed(Probe { replica, status, body });
    }
}
