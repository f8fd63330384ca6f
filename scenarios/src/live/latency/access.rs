//! What it costs to authenticate and authorise a sender: duplicates without access control, with a token that is
//! remembered, and with a token that the API server must review.
//!
//! The rate is below the gateway's own limit on reviews of unknown tokens, which is 20 a second.
use super::{
    gateways::{Gateways, Kind},
    load::{closed, open},
    results::Measured,
    series::Series,
    stage::{Stage, deliver},
};
use crate::live::LiveError;
use http::{HeaderValue, StatusCode};
use std::sync::Arc;

const RATE: u32 = 12;
/// Requests of each series in a round, and the rounds.
const COUNT: usize = 40;
const ROUNDS: usize = 4;

pub(super) async fn measure(stage: &Stage<'_>) -> Result<Measured, LiveError> {
    let reviewing = Gateways::start(stage, Kind::Shipped, 1, "access").await?;
    let open_to_all = Gateways::start(stage, Kind::Open, 1, "open").await?;
    let count = stage.request.of(COUNT, 4);
    let first = stage.apps(count).await?;
    let app = move |number: usize| first + number as u16;
    for gateways in [&reviewing, &open_to_all] {
        // The signals are new once; only duplicates are measured.
        closed(1, count, deliver(&gateways.sender(stage.targets()), &gateways.token, StatusCode::CREATED, app)).await;
    }
    let mut series: [Series; 3] = Default::default();
    for round in 1..=ROUNDS {
        stage.say(&format!("with and without access control: round {round} of {ROUNDS}"));
        let known = |gateways: &Gateways| {
            deliver(&gateways.sender(stage.targets()), &gateways.token, StatusCode::ACCEPTED, app)
        };
        series[0].extend(open(RATE, count, known(&open_to_all)).await);
        series[1].extend(open(RATE, count, known(&reviewing)).await);
        let tokens = Arc::new(tokens(&reviewing, count).await?);
        let sender = reviewing.sender(stage.targets());
        let unknown = move |number: usize| {
            let (sender, tokens) = (sender.clone(), Arc::clone(&tokens));
            async move { sender.deliver(app(number), &tokens[number]).await == Some(StatusCode::ACCEPTED) }
        };
        series[2].extend(open(RATE, count, unknown).await);
    }
    let [none, hit, miss] = &series;
    let load = format!("{RATE} a second");
    let rows = vec![
        none.row("duplicate, no access control", 1, &load),
        hit.row("duplicate, token remembered", 1, &load),
        miss.row("duplicate, token reviewed", 1, &load),
    ];
    let added = |series: &Series| series.percentile(50) - none.percentile(50);
    let notes = vec![
        format!("A token that is remembered adds {:.2} ms at P50.", added(hit)),
        format!("A token that is reviewed adds {:.2} ms at P50: a TokenReview and a SubjectAccessReview.", added(miss)),
    ];
    Ok(Measured { rows, claims: Vec::new(), notes })
}

/// Tokens that no gateway has seen.
async fn tokens(gateways: &Gateways, count: usize) -> Result<Vec<HeaderValue>, LiveError> {
    let mut tokens = Vec::new();
    for _ in 0..count {
        tokens.push(Stage::sender_token(&gateways.accounts).await?);
    }
    Ok(tokens)
}
