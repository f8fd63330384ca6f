//! The lock's own cost: new signals with the fenced lease, and with a protocol that has no lock, in turn.
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
const RATE: u32 = 50;
/// New fingerprints of each protocol, and the rounds in which they take turns.
const FINGERPRINTS: usize = 1_000;
const ROUNDS: usize = 8;
/// The most ms that the lock may add at each percentile.
const ADDED_MOST: [(usize, f64); 3] = [(50, 10.0), (95, 20.0), (99, 30.0)];

pub(super) async fn measure(stage: &Stage<'_>) -> Result<Measured, LiveError> {
    let with = Gateways::start(stage, Kind::Shipped, REPLICAS, "with-lock").await?;
    let without = Gateways::start(stage, Kind::WithoutLock, REPLICAS, "without-lock").await?;
    let count = stage.request.of(FINGERPRINTS, ROUNDS) / ROUNDS;
    let mut series: [Series; 2] = Default::default();
    for round in 0..ROUNDS {
        stage.say(&format!("with and without a lock: round {} of {ROUNDS}", round + 1));
        // Each goes first in every other round.
        for turn in [round % 2, 1 - round % 2] {
            let gateways = [&with, &without][turn];
            let first = stage.apps(count).await?;
            let sender = gateways.sender(stage.targets());
            let new = deliver(&sender, &gateways.token, StatusCode::CREATED, move |number| first + number as u16);
            series[turn].extend(open(RATE, count, new).await);
        }
    }
    let [locked, bare] = &series;
    let load = format!("{RATE} a second");
    let rows = vec![
        locked.row("new signal, fenced lease", REPLICAS, &load),
        bare.row("new signal, no lock (`none`)", REPLICAS, &load),
    ];
    let added = |(percent, most)| {
        let added = locked.percentile(percent) - bare.percentile(percent);
        Claim::new(format!("P{percent} that the lock adds to a new signal"), most, added, "ms")
    };
    Ok(Measured { rows, claims: ADDED_MOST.map(added).to_vec(), notes: Vec::new() })
}
