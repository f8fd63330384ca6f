//! The table: every world and every server measured in one run, as JSON, as Markdown and as plots.
use crate::{
    bursts::{self, Row},
    lockstep, meter,
    plot::{self, Bar},
    real::Cluster,
    requests::{self, Extent, Rate, Rates},
    samples::{Samples, counted, shown},
    start::{self, Simulated, Starts},
};
use anyhow::Context;
use scenarios::live::control_plane::Binaries;
use serde::{Deserialize, Serialize};
use std::{fmt::Write, path::Path, time::Duration};
use tokio::runtime::Runtime;

/// Size of the measurement.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Repetitions of each row.
    pub rounds: u64,
    /// Milliseconds of one repetition of a burst: many ticks of the system, which counts processor time by them.
    pub turn: u64,
    /// Preemptions of the exhaustive search.
    pub preemptions: u32,
    /// Starts of each server.
    pub starts: u64,
    /// Milliseconds of one measurement of requests.
    pub milliseconds: u64,
}

impl Effort {
    /// For figures that are published.
    pub const FULL: Effort = Effort { rounds: 7, turn: 200, preemptions: 2, starts: 5, milliseconds: 300 };
    /// For a look, and for a test: seconds.
    pub const QUICK: Effort = Effort { rounds: 1, turn: 20, preemptions: 0, starts: 1, milliseconds: 50 };
}

/// An exhaustive search.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SearchRow {
    /// Most preemptions of a schedule.
    pub preemptions: u32,
    /// Schedules that ran.
    pub schedules: u64,
    /// Different states that they reached.
    pub states: u64,
    /// Seconds of each repetition.
    pub seconds: Samples,
}

/// All figures of one run of the command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Table {
    /// Date, in UTC.
    pub date: String,
    /// Processor and cores.
    pub machine: String,
    /// Bursts in every world.
    pub bursts: Vec<Row>,
    /// The search of `pair`.
    pub search: SearchRow,
    /// Requests of the API servers.
    pub requests: Rates,
    /// Starts of the API servers.
    pub starts: Starts,
}

/// Measures everything. `program` is this command's own program; without `binaries` the real API server is left out.
///
/// # Errors
/// If something fails, or does other work than it should.
pub fn measure(effort: Effort, program: &Path, binaries: Option<&Binaries>) -> anyhow::Result<Table> {
    let (date, machine) = (meter::date(), meter::machine());
    let cluster = binaries.map(|binaries| Cluster::start(binaries, program)).transpose()?;
    let bursts = bursts::measure(effort.rounds, Duration::from_millis(effort.turn), cluster.as_ref())?;
    let simulated = Simulated::start(program, &Runtime::new().context("cannot start a runtime")?)?;
    let extent =
        Extent { rounds: effort.rounds.min(5), connections: [1, 16], time: Duration::from_millis(effort.milliseconds) };
    let requests = requests::measure(extent, simulated.kubeconfig(), cluster.as_ref().map(Cluster::kubeconfig))?;
    drop((simulated, cluster));
    let search = search(effort)?;
    let starts = start::measure(effort.starts, program, binaries)?;
    Ok(Table { date, machine, bursts, search, requests, starts })
}

fn search(effort: Effort) -> anyhow::Result<SearchRow> {
    let mut row = SearchRow { preemptions: effort.preemptions, schedules: 0, states: 0, seconds: Samples::default() };
    for _ in 0..effort.rounds.min(3) {
        let (explored, time) = lockstep::search_timed(effort.preemptions)?;
        row.schedules = explored.frontier.iter().map(|row| row.schedules).sum();
        row.states = explored.states;
        row.seconds.push(time.as_secs_f64());
    }
    Ok(row)
}

/// Median, and smallest to largest.
fn cell(samples: &Samples) -> String {
    format!("{} ({}–{})", shown(samples.median()), shown(samples.min()), shown(samples.max()))
}

impl Table {
    fn row(&self, name: &str) -> Option<&Row> {
        self.bursts.iter().find(|row| row.name == name)
    }

    /// The table in Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("Measured {} on {}.\n\n", self.date, self.machine);
        self.write_bursts(&mut text);
        self.write_search(&mut text);
        self.write_requests(&mut text);
        self.write_starts(&mut text);
        text
    }

    fn write_bursts(&self, text: &mut String) {
        text.push_str("| 15 signals, 3 replicas | a run, ms: median (min–max) | runs/s | × direct | API calls |\n");
        text.push_str("|---|--:|--:|--:|--:|\n");
        for row in &self.bursts {
            // A world without idle time is compared with a run without idle time.
            let idle = !(row.name.ends_with("-0") || row.name.ends_with("-10") || row.wall);
            let base =
                self.row(if idle { "direct" } else { "direct-0" }).map_or(f64::NAN, |row| row.milliseconds.median());
            let median = row.milliseconds.median();
            let calls = row.api_calls.map_or_else(|| "—".to_owned(), |calls| calls.to_string());
            let (what, runs, ratio) = (&row.what, shown(1000.0 / median), shown(median / base));
            _ = writeln!(text, "| {what} | {} | {runs} | {ratio} | {calls} |", cell(&row.milliseconds));
        }
        text.push('\n');
    }

    fn write_search(&self, text: &mut String) {
        let SearchRow { preemptions, schedules, states, seconds } = &self.search;
        let (median, range) = (seconds.median(), cell(seconds));
        _ = writeln!(
            text,
            "`pair` with at most {preemptions} preemption(s), exhaustively, one thread: {} schedules, {} states in \
             {range} s: {} schedules/s, {} states/s.\n",
            counted(*schedules),
            counted(*states),
            shown(*schedules as f64 / median),
            shown(*states as f64 / median),
        );
    }

    fn write_requests(&self, text: &mut String) {
        text.push_str("| requests/s: median (min–max) | connections | simulated | kube-apiserver | ratio |\n");
        text.push_str("|---|--:|--:|--:|--:|\n");
        for Rate { verb, per_second, .. } in &self.requests.in_process {
            _ = writeln!(text, "| {} | in process | {} | — | — |", verb.name(), cell(per_second));
        }
        for (at, Rate { verb, connections, per_second }) in self.requests.simulated.iter().enumerate() {
            let real = self.requests.real.get(at);
            let shown_real = real.map_or_else(|| "—".to_owned(), |rate| cell(&rate.per_second));
            let ratio = real.map_or(f64::NAN, |rate| per_second.median() / rate.per_second.median());
            let (name, ratio) = (verb.name(), shown(ratio));
            _ = writeln!(text, "| {name} | {connections} | {} | {shown_real} | {ratio} |", cell(per_second));
        }
        text.push('\n');
    }

    fn write_starts(&self, text: &mut String) {
        let real = self.starts.real.as_ref();
        _ = writeln!(
            text,
            "From nothing to the first answered request: `lockstep serve` {} ms, etcd and kube-apiserver {} ms.",
            cell(&self.starts.simulated),
            real.map_or_else(|| "—".to_owned(), cell),
        );
    }

    /// The plots, by file name.
    pub fn plots(&self) -> Vec<(&'static str, String)> {
        let of = |label: String, samples: &Samples| Bar {
            label,
            value: samples.median(),
            range: (samples.min(), samples.max()),
        };
        let bursts: Vec<Bar> = self.bursts.iter().map(|row| of(row.what.clone(), &row.milliseconds)).collect();
        let label = |server: &str, rate: &Rate| match rate.connections {
            0 => format!("{}, {server}", rate.verb.name()),
            connections => format!("{}, {connections} × {server}", rate.verb.name()),
        };
        let mut rates = Vec::new();
        for (at, rate) in self.requests.simulated.iter().enumerate() {
            rates.push(of(label("simulated", rate), &rate.per_second));
            rates.extend(self.requests.real.get(at).map(|real| of(label("kube-apiserver", real), &real.per_second)));
        }
        vec![
            ("speed-bursts.svg", plot::bars("Milliseconds for one run of the burst (less is better)", &bursts)),
            ("speed-requests.svg", plot::bars("Requests a second over TCP (more is better)", &rates)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{requests::Verb, work::Work};

    fn table() -> Table {
        let samples = |value: f64| [value, value * 2.0].into_iter().collect::<Samples>();
        let row = |name: &str, value: f64| Row {
            name: name.to_owned(),
            what: format!("world {name}"),
            wall: false,
            milliseconds: samples(value),
            work: Work::BURST,
            api_calls: Some(30),
        };
        let rate = |value: f64| Rate { verb: Verb::Get, connections: 1, per_second: samples(value) };
        Table {
            date: "2026-11-30".to_owned(),
            machine: "a machine".to_owned(),
            bursts: vec![row("direct", 1.0), row("turmoil", 250.0), row("direct-0", 0.5), row("turmoil-0", 5.0)],
            search: SearchRow { preemptions: 1, schedules: 600, states: 1200, seconds: samples(2.0) },
            requests: Rates { in_process: vec![], simulated: vec![rate(3000.0)], real: vec![rate(1000.0)] },
            starts: Starts { simulated: samples(20.0), real: None },
        }
    }

    #[test]
    fn worlds_are_compared_with_their_like() {
        let text = table().markdown();
        assert!(text.contains("| world turmoil | 375 (250–500) | 2.67 | 250 | 30 |"), "{text}");
        assert!(text.contains("| world turmoil-0 | 7.50 (5.00–10.0) | 133 | 10.0 | 30 |"), "{text}");
        assert!(text.contains("| GET | 1 | 4,500 (3,000–6,000) | 1,500 (1,000–2,000) | 3.00 |"), "{text}");
        assert!(text.contains("200 schedules/s, 400 states/s"), "{text}");
    }

    #[test]
    fn tables_are_read_back() {
        let text = serde_json::to_string(&table()).expect("JSON");
        let again: Table = serde_json::from_str(&text).expect("a table");
        assert_eq!(again.markdown(), table().markdown());
        assert_eq!(table().plots().len(), 2);
    }
}
