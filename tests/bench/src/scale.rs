//! Scale: what one run costs as it grows in one direction, with the exponent of its growth.
use crate::{
    fit, lockstep, meter,
    plot::{self, Curve},
    samples::{Samples, counted, shown},
};
use scenarios::{
    catalogue::bursts::BURST,
    runner::Transport,
    scenario::{Expect, Scenario},
    workload::{Act, Payload, Retry, Route, Suppression},
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt::Write, time::Duration};

/// Signals that are sent at once. The gateway sheds load beyond what a replica admits, which would be other work.
const WAVE: u32 = 100;
/// Repetitions of one point, each of as many runs as take this long: the system counts processor time in ticks.
const REPETITIONS: u64 = 3;
const REPETITION: Duration = Duration::from_millis(120);

/// A direction in which runs grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Replicas, each with its boot and its watches; 15 signals.
    Replicas,
    /// Signals of one fingerprint, at most 100 at once.
    Signals,
    /// Fingerprints with one signal each, at most 100 at once.
    Fingerprints,
    /// API servers over the store, each with its caches.
    Servers,
    /// Seconds of simulated time after the last answer.
    Seconds,
    /// Episodes of one fingerprint, one after the other.
    Episodes,
}

impl Direction {
    /// All of them.
    pub const ALL: [Direction; 6] = [
        Direction::Replicas,
        Direction::Signals,
        Direction::Fingerprints,
        Direction::Servers,
        Direction::Seconds,
        Direction::Episodes,
    ];

    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Replicas => "replicas",
            Direction::Signals => "signals",
            Direction::Fingerprints => "fingerprints",
            Direction::Servers => "API servers",
            Direction::Seconds => "idle seconds",
            Direction::Episodes => "episodes",
        }
    }

    /// The sizes that are measured, up to `most`.
    pub fn sizes(self, most: u64) -> Vec<u64> {
        let sizes: &[u64] = match self {
            Direction::Replicas => &[1, 2, 3, 5, 10, 20, 50, 100],
            Direction::Servers => &[1, 2, 3, 4, 5],
            Direction::Signals => &[1, 10, 100, 300, 1_000, 3_000, 10_000],
            // With 10,000, so many watch events wait in the end that a lease is given back too late (docs/speed.md).
            Direction::Fingerprints => &[1, 10, 100, 300, 1_000, 3_000],
            Direction::Seconds => &[10, 30, 100, 300, 1_000, 3_000, 10_000],
            Direction::Episodes => &[1, 3, 10, 30, 100],
        };
        sizes.iter().copied().filter(|size| *size <= most).collect()
    }

    /// The burst, grown in this direction.
    pub fn scenario(self, size: u64) -> Scenario {
        let mut scenario = Scenario { time_limit: Duration::from_secs(100_000), ..BURST };
        let whole = usize::try_from(size).unwrap_or(usize::MAX);
        match self {
            Direction::Replicas => scenario.cluster.replicas = whole,
            Direction::Servers => scenario.cluster.servers = whole,
            Direction::Seconds => scenario.cluster.tail = Duration::from_secs(size),
            Direction::Signals => {
                let count = u32::try_from(size).unwrap_or(u32::MAX);
                let waves = (0..count.div_ceil(WAVE)).map(|wave| WAVE.min(count - wave * WAVE));
                let acts = waves.flat_map(|copies| [deliver(Payload::Deployment, copies), Act::AwaitAnswers]);
                scenario.acts = acts.collect();
                let counted = Expect::Counted(Payload::Deployment, count);
                scenario.expect = Cow::Owned(vec![Expect::Requests(1), Expect::AllAccepted, counted]);
            }
            Direction::Fingerprints => {
                let count = u16::try_from(size).unwrap_or(u16::MAX);
                let act = |number: u16| {
                    let ends_wave = (u32::from(number) + 1).is_multiple_of(WAVE);
                    [deliver(Payload::Distinct(number), 1)].into_iter().chain(ends_wave.then_some(Act::AwaitAnswers))
                };
                scenario.acts = (0..count).flat_map(act).collect();
                scenario.expect = Cow::Owned(vec![Expect::Requests(whole), Expect::AllAccepted]);
            }
            Direction::Episodes => {
                let phase = Cow::Borrowed("Completed");
                let end = Act::End { of: Payload::Deployment, phase, suppression: Suppression::None };
                let episode = [deliver(Payload::Deployment, 3), Act::AwaitAnswers, end];
                scenario.acts = (0..size).flat_map(|_| episode.clone()).collect();
                let counted = Expect::Counted(Payload::Deployment, u32::try_from(3 * size).unwrap_or(u32::MAX));
                scenario.expect = Cow::Owned(vec![Expect::Requests(whole), Expect::AllAccepted, counted]);
            }
        }
        scenario
    }
}

fn deliver(what: Payload, copies: u32) -> Act {
    Act::Deliver { what, copies, to: Route::RoundRobin, retry: Retry::Alertmanager }
}

/// One size of a curve.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Point {
    /// Size.
    pub size: u64,
    /// Milliseconds of processor time that a run takes.
    pub milliseconds: Samples,
    /// API calls of a run.
    pub api_calls: u64,
}

/// The cost of a run over its size in one direction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Growth {
    /// Direction.
    pub direction: Direction,
    /// Points, by size.
    pub points: Vec<Point>,
}

impl Growth {
    fn costs(&self) -> Vec<(f64, f64)> {
        self.points.iter().map(|point| (point.size as f64, point.milliseconds.median())).collect()
    }

    fn calls(&self) -> Vec<(f64, f64)> {
        self.points.iter().map(|point| (point.size as f64, point.api_calls as f64)).collect()
    }

    /// The exponent of the last decade of the cost.
    pub fn exponent(&self) -> f64 {
        fit::exponent_of_last_decade(&self.costs())
    }
}

/// Measures one direction, for sizes up to `most`.
///
/// # Errors
/// If a run does not hold.
pub fn measure(direction: Direction, most: u64) -> anyhow::Result<Growth> {
    let mut points = Vec::new();
    for size in direction.sizes(most) {
        let prepared = lockstep::prepared(direction.scenario(size), Transport::Direct);
        // The first run makes the cluster that the others fork; the second says how many make a repetition.
        let api_calls = lockstep::run(&prepared, 0)?.api_calls;
        let began = meter::now();
        lockstep::run(&prepared, 1)?;
        let runs = (REPETITION.as_secs_f64() / (meter::now() - began).as_secs_f64()).ceil() as u64;
        let mut milliseconds = Samples::default();
        for repetition in 0..REPETITIONS {
            let seeds = 2 + repetition * runs..2 + (repetition + 1) * runs;
            let (done, time) =
                meter::processor_time(|| seeds.clone().try_for_each(|seed| lockstep::run(&prepared, seed).map(|_| ())));
            done?;
            milliseconds.push(time.as_secs_f64() * 1000.0 / runs as f64);
        }
        eprintln!("{}: {size} in {} ms", direction.name(), shown(milliseconds.median()));
        points.push(Point { size, milliseconds, api_calls });
    }
    Ok(Growth { direction, points })
}

/// All curves as a table.
pub fn markdown(curves: &[Growth]) -> String {
    let mut text = "| a run grows in | sizes | ms at the smallest and largest | each costs, ms | exponent of time \
        | of API calls |\n|---|---|--:|--:|--:|--:|\n"
        .to_owned();
    for growth in curves {
        let costs = growth.costs();
        let (Some(first), Some(last)) = (costs.first(), costs.last()) else { continue };
        _ = writeln!(
            text,
            "| {} | {}–{} | {} … {} | {} | {:.2} | {:.2} |",
            growth.direction.name(),
            first.0,
            counted(last.0 as u64),
            shown(first.1),
            shown(last.1),
            shown(fit::cost_of_one_more(&costs)),
            growth.exponent(),
            fit::exponent_of_last_decade(&growth.calls()),
        );
    }
    text
}

/// All curves in one plot.
pub fn plot(curves: &[Growth]) -> String {
    let curve = |growth: &Growth| Curve { name: growth.direction.name().to_owned(), points: growth.costs() };
    let drawn: Vec<Curve> = curves.iter().map(curve).collect();
    plot::curves("Cost of one run over its size", ("size", "ms of processor time"), &drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_every_direction_hold() {
        for direction in Direction::ALL {
            let size = *direction.sizes(10).last().expect("a size");
            let done = lockstep::run(&lockstep::prepared(direction.scenario(size), Transport::Direct), 1);
            let done = done.unwrap_or_else(|error| panic!("{}: {error}", direction.name()));
            let signals = direction.scenario(size).signals();
            assert_eq!(done.work.accepted, signals, "{}", direction.name());
        }
    }

    #[test]
    fn waves_have_all_signals() {
        for size in [1, 99, 100, 101, 1_000] {
            assert_eq!(Direction::Signals.scenario(size).signals(), size);
            assert_eq!(Direction::Fingerprints.scenario(size).signals(), size);
        }
    }

    #[test]
    fn curves_are_fitted() {
        let point =
            |size: u64| Point { size, milliseconds: [size as f64 * 2.0].into_iter().collect(), api_calls: size * size };
        let growth = Growth { direction: Direction::Signals, points: [1, 10, 100, 1000].map(point).into() };
        let text = markdown(std::slice::from_ref(&growth));
        assert!(text.contains("| signals | 1–1,000 | 2.00 … 2,000 | 2.00 | 1.00 | 2.00 |"), "{text}");
        assert!(plot(&[growth]).contains("signals"));
    }
}
