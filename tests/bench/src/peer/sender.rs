//! The sender: waits for the gateways, sends the burst, and compares what the API server has at the end.
use super::{
    network::{API, API_PORT, exchange},
    replica::{PROBES, SIGNALS, name},
    shape::Shape,
    time::now,
};
use crate::work::Work;
use bytes::Bytes;
use futures::future::join_all;
use http::{Method, Request, StatusCode, header::CONTENT_TYPE};
use scenarios::{objects::requests_path, workload::Payload};
use serde_json::Value;
use std::time::Duration;
use tokio::time::sleep;

const POLL: Duration = Duration::from_millis(50);
/// Alertmanager's first pause after an answer of 5xx.
const PAUSE: Duration = Duration::from_secs(1);

/// Plays the burst.
pub(super) async fn burst(shape: Shape) -> anyhow::Result<Work> {
    for replica in 0..shape.replicas {
        while !is_ready(replica).await {
            sleep(POLL).await;
        }
    }
    let answers = join_all((0..shape.signals).map(|signal| deliver(signal % shape.replicas))).await;
    let accepted = answers.into_iter().filter(StatusCode::is_success).count();
    sleep(shape.idle).await;
    let list = exchange((API, API_PORT), Request::get(requests_path()).body(Bytes::new())?).await?;
    let list: Value = serde_json::from_slice(list.body())?;
    let requests = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(Work::of(accepted, requests))
}

async fn is_ready(replica: usize) -> bool {
    let Ok(request) = Request::get("/readyz").body(Bytes::new()) else { return false };
    exchange((&name(replica), PROBES), request).await.is_ok_and(|answer| answer.status() == StatusCode::OK)
}

/// Delivers one alert until its answer is final, and returns that.
async fn deliver(replica: usize) -> StatusCode {
    loop {
        let alert = Payload::Deployment;
        let request = Request::builder().method(Method::POST).uri(alert.path());
        let request = request.header(CONTENT_TYPE, "application/json").body(alert.body(now()));
        let Ok(request) = request else { return StatusCode::BAD_REQUEST };
        match exchange((&name(replica), SIGNALS), request).await {
            Ok(answer) if !answer.status().is_server_error() => return answer.status(),
            _ => sleep(PAUSE).await,
        }
    }
}
