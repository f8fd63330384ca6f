//! The burst in every world, measured in turns: Lockstep on both transports, plain turmoil, a real API server.
use crate::{
    lockstep, meter,
    peer::{Peer, Shape},
    real::Cluster,
    samples::Samples,
    work::{Done, Work},
};
use anyhow::ensure;
use scenarios::runner::Transport;
use serde::{Deserialize, Serialize};
use std::{ops::Range, time::Duration};

/// The simulated time after the last answer that the catalogue's burst has.
const IDLE: Duration = Duration::from_secs(35);
/// Most runs of a turn.
const RUNS_MAX: f64 = 1_000.0;

/// One world's bursts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// Name, for plots and programs.
    pub name: String,
    /// Description of what runs.
    pub what: String,
    /// Whether the times are wall time instead of processor time.
    pub wall: bool,
    /// Milliseconds that a run takes, one for each repetition.
    pub milliseconds: Samples,
    /// Work of each run.
    pub work: Work,
    /// API calls of the last run, where they are counted.
    pub api_calls: Option<u64>,
}

/// Makes the runs with these seeds; returns the last, and the time that they took.
type Batch<'a> = Box<dyn FnMut(Range<u64>) -> anyhow::Result<(Done, Duration)> + 'a>;

struct Contestant<'a> {
    row: Row,
    batch: Batch<'a>,
}

fn contestant<'a>(name: &str, what: &str, batch: Batch<'a>) -> Contestant<'a> {
    let row = Row {
        name: name.to_owned(),
        what: what.to_owned(),
        wall: false,
        milliseconds: Samples::default(),
        work: Work::BURST,
        api_calls: None,
    };
    Contestant { row, batch }
}

/// A batch in this thread, in processor time.
fn batch<'a>(mut run: impl FnMut(u64) -> anyhow::Result<Done> + 'a) -> Batch<'a> {
    Box::new(move |seeds| {
        let (last, time) = meter::processor_time(|| {
            let mut last = None;
            for seed in seeds {
                let done = run(seed)?;
                ensure!(done.work == Work::BURST, "a run left {:?}, and a burst leaves {:?}", done.work, Work::BURST);
                last = Some(done);
            }
            last.ok_or_else(|| anyhow::anyhow!("no run was asked for"))
        });
        Ok((last?, time))
    })
}

fn lockstep_runs<'a>(transport: Transport, idle: Duration) -> Batch<'a> {
    let prepared = lockstep::burst(transport, idle);
    batch(move |seed| lockstep::run(&prepared, seed))
}

/// Measures every world `rounds` times, in turns. A turn has as many runs as take about `turn`.
///
/// # Errors
/// If a run fails, or leaves something else than the burst does.
pub fn measure(rounds: u64, turn: Duration, cluster: Option<&Cluster>) -> anyhow::Result<Vec<Row>> {
    let peer = Peer::new()?;
    let plain = |tick: u64, idle: Duration| {
        let (peer, tick) = (&peer, Duration::from_millis(tick));
        batch(move |seed| peer.run(Shape { tick, idle, ..Shape::BURST }, seed))
    };
    let (direct, network) = (Transport::Direct, Transport::Network);
    let mut worlds = vec![
        contestant("direct", "Lockstep, direct", lockstep_runs(direct, IDLE)),
        contestant("network", "Lockstep, network", lockstep_runs(network, IDLE)),
        contestant("turmoil", "plain turmoil", plain(1, IDLE)),
        contestant("direct-0", "Lockstep, direct, no idle time", lockstep_runs(direct, Duration::ZERO)),
        contestant("network-0", "Lockstep, network, no idle time", lockstep_runs(network, Duration::ZERO)),
        contestant("turmoil-0", "plain turmoil, no idle time", plain(1, Duration::ZERO)),
        contestant("turmoil-10", "plain turmoil, no idle time, tick of 10 ms", plain(10, Duration::ZERO)),
    ];
    if let Some(cluster) = cluster {
        let real = Box::new(move |seeds: Range<u64>| cluster.burst(seeds.start));
        let mut real = contestant("real", "three gateway processes, real kube-apiserver", real);
        real.row.wall = true;
        worlds.push(real);
    }
    // The first run prepares what the others share, and the second says how many make a turn.
    let mut sizes = Vec::new();
    for Contestant { row, batch } in &mut worlds {
        batch(0..1)?;
        let began = meter::now();
        batch(1..2)?;
        let one = (meter::now() - began).as_secs_f64();
        sizes.push(if row.wall { 1 } else { (turn.as_secs_f64() / one).ceil().clamp(1.0, RUNS_MAX) as u64 });
    }
    for round in 1..=rounds {
        for (Contestant { row, batch }, runs) in worlds.iter_mut().zip(&sizes) {
            let first = 1 + round * runs;
            let (last, time) = batch(first..first + runs)?;
            row.api_calls = (last.api_calls > 0).then_some(last.api_calls);
            row.milliseconds.push(time.as_secs_f64() * 1000.0 / *runs as f64);
        }
        eprintln!("bursts: turn {round} of {rounds}");
    }
    Ok(worlds.into_iter().map(|contestant| contestant.row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_world_is_measured() {
        let rows = measure(1, Duration::from_millis(20), None).expect("rows");
        assert_eq!(rows.len(), 7);
        for row in rows {
            assert!(row.milliseconds.min() > 0.0 && row.api_calls > Some(10), "{row:?}");
        }
    }

    #[test]
    fn other_work_is_refused() {
        let half = Work { counted: 7, ..Work::BURST };
        let mut bad = batch(|_| Ok(Done { work: half, api_calls: 1, simulated: Duration::ZERO }));
        assert!(bad(0..1).is_err_and(|error| error.to_string().contains("counted: 7")));
    }
}
