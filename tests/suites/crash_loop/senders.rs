//! Senders: three alerts of a fingerprint, each retried on the next replica until it is accepted.
use crate::fleet::Fleet;
use bytes::Bytes;
use futures::future::join_all;
use http::{Request, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use scenarios::workload::Payload;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

const ALERTS: usize = 3;
const RETRY: Duration = Duration::from_millis(200);

/// What became of the alerts of one fingerprint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// Time from the first delivery until the first alert was accepted.
    pub(crate) first_accepted: Duration,
    pub(crate) accepted: u64,
    /// Deliveries whose answer was lost, or a 5xx: each may have been counted.
    pub(crate) unanswered: u64,
}

/// Delivers the alerts of one fingerprint at once.
pub(crate) async fn deliver(fleet: Arc<Fleet>, payload: Payload) -> Outcome {
    let began = Instant::now();
    let each = (0..ALERTS).map(|turn| deliver_one(&fleet, payload, turn));
    let answers = join_all(each).await;
    let first = answers.iter().map(|(accepted_at, _)| *accepted_at).min().expect("some alerts");
    Outcome {
        first_accepted: first - began,
        accepted: answers.len() as u64,
        unanswered: answers.iter().map(|(_, unanswered)| unanswered).sum(),
    }
}

/// When one alert was accepted, and how many deliveries of it were not answered before.
async fn deliver_one(fleet: &Fleet, payload: Payload, mut turn: usize) -> (Instant, u64) {
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut unanswered = 0;
    loop {
        let body = Full::new(payload.body(jiff::Timestamp::UNIX_EPOCH));
        let request = Request::post(format!("http://{}{}", fleet.address(turn), payload.path()));
        let request = request.header(CONTENT_TYPE, "application/json").body(body).expect("a request");
        match client.request(request).await {
            Ok(answer) if answer.status().is_success() => return (Instant::now(), unanswered),
            Ok(answer) => {
                assert!(answer.status().is_server_error(), "{}", answer.status());
                unanswered += 1;
            }
            Err(error) => unanswered += u64::from(!error.is_connect()),
        }
        turn += 1;
        tokio::time::sleep(RETRY).await;
    }
}
