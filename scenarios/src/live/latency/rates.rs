//! Signals at a fixed rate, whether the gateways keep up or not, and the gateway's memory at 1,000 a second.
use super::{
    gateways::{Gateways, Kind},
    load::open,
    results::{Claim, Measured},
    series::Series,
    stage::{Stage, deliver},
};
use crate::live::LiveError;
use http::StatusCode;

const REPLICAS: usize = 3;
/// Rates with the number of requests of each series in a round, and the rounds.
const LOADS: [(u32, usize, usize); 3] = [(1, 6, 2), (20, 100, 2), (1_000, 4_000, 1)];
/// New fingerprints at the highest rate: every one costs several writes, so that a machine is far beyond its limit.
const NEW_AT_MOST: usize = 1_000;
/// Fingerprints that duplicates at the highest rate are about: alerts that fire repeat themselves.
const FIRING: usize = 200;
/// MiB.
const MEMORY_MOST: f64 = 50.0;

pub(super) async fn measure(stage: &Stage<'_>) -> Result<Measured, LiveError> {
    let mut measured = Measured::default();
    let gateways = Gateways::start(stage, Kind::Shipped, REPLICAS, "rates").await?;
    let floor = stage.floor(&gateways.namespace).await?;
    for (rate, usual, rounds) in LOADS {
        let load = format!("{rate} a second");
        let count = stage.request.of(usual, 4);
        let new_count = count.min(NEW_AT_MOST);
        let mut series: [Series; 4] = Default::default();
        for round in 1..=rounds {
            stage.say(&format!("{load}: round {round} of {rounds}"));
            let (first, before) = (stage.apps(new_count).await?, floor.created());
            let sender = gateways.sender(stage.targets());
            let bare = floor.clone();
            let create = move |_| {
                let floor = bare.clone();
                async move { floor.create().await }
            };
            series[0].extend(open(rate, new_count, create).await);
            let new = deliver(&sender, &gateways.token, StatusCode::CREATED, move |number| first + number as u16);
            series[1].extend(open(rate, new_count, new).await);
            let firing = new_count.min(FIRING);
            let bare = floor.clone();
            let patch = move |number: usize| {
                let floor = bare.clone();
                async move { floor.patch(before + number % firing, number + 1).await }
            };
            series[2].extend(open(rate, count, patch).await);
            let again =
                deliver(&sender, &gateways.token, StatusCode::ACCEPTED, move |number| first + (number % firing) as u16);
            series[3].extend(open(rate, count, again).await);
        }
        let names = ["bare create", "new signal", "bare status patch", "duplicate"];
        for (at, (name, series)) in names.into_iter().zip(&series).enumerate() {
            measured.rows.push(series.row(name, if at % 2 == 0 { 0 } else { REPLICAS }, &load));
        }
    }
    for (index, replica) in gateways.replicas.iter().enumerate() {
        if let Some((now, most)) = replica.memory() {
            let about = format!("resident memory of replica {index} after 1,000 signals a second, the most so far");
            measured.claims.push(Claim::new(about, MEMORY_MOST, most, "MiB"));
            measured.notes.push(format!("Replica {index} has {now:.1} MiB of resident memory at the end."));
        }
    }
    Ok(measured)
}
