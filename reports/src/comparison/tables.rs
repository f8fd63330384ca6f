//! The tables of a comparison, the same in every format.
use super::{Comparison, Figures, Quantiles, Row, estimates, table::Table};
use crate::figures::share;

/// Situations whose latency is shown.
const LATENCY: [&str; 2] = ["normal load", "burst of 15"];
const HOLDER_CRASHES: &str = "holder crashes";

/// Every table, the most important first.
pub(super) fn tables(comparison: &Comparison) -> Vec<Table> {
    let mut tables =
        vec![doubled(comparison), miscounted(comparison), lost(comparison), refused(comparison), cost(comparison)];
    tables.extend(estimates::table(comparison));
    tables.extend(comparison.sweep.iter().flat_map(|sweep| [clock_errors(sweep), recovery(sweep)]));
    tables.push(replays(comparison));
    tables
}

fn by_situation(comparison: &Comparison, figure: impl Fn(&Figures) -> String) -> (Vec<String>, Vec<Vec<String>>) {
    let names = comparison.situations.iter().map(|situation| situation.name.clone());
    let row = |row: &Row| [row.protocol.clone()].into_iter().chain(row.cells.iter().map(&figure)).collect();
    (["protocol".to_owned()].into_iter().chain(names).collect(), comparison.rows.iter().map(row).collect())
}

fn doubled(comparison: &Comparison) -> Table {
    let (header, rows) = by_situation(comparison, |figures| {
        let once = share(figures.doubled_share());
        match figures.doubled_in_the_end {
            still if still == figures.doubled => once,
            still => format!("{once} ({} in the end)", share(still as f64 / figures.fingerprints.max(1) as f64)),
        }
    });
    let about = "Share of the fingerprints that had two active RemediationRequests at some moment, and of those that \
                 had them when the run ended, where that differs."
        .to_owned();
    Table { title: "Two active requests", about, header, rows }
}

fn miscounted(comparison: &Comparison) -> Table {
    let (header, rows) = by_situation(comparison, |figures| share(figures.miscounted_share()));
    let about = "Share of the fingerprints whose stored counts do not add up to the signals that were accepted. A \
                 signal that was refused may have been counted or not."
        .to_owned();
    Table { title: "Wrong counts", about, header, rows }
}

fn lost(comparison: &Comparison) -> Table {
    let (header, rows) = by_situation(comparison, |figures| share(figures.lost_share()));
    let about = "Share of the runs in which a signal was accepted although no active request counted it: the oracle's \
                 `accepted_means_active`."
        .to_owned();
    Table { title: "Accepted and lost", about, header, rows }
}

fn refused(comparison: &Comparison) -> Table {
    let (header, rows) = by_situation(comparison, |figures| {
        let refused = share(figures.refused_share());
        if figures.unfinished > 0 { format!("{refused}, {} runs did not end", figures.unfinished) } else { refused }
    });
    let about =
        "Share of the deliveries that were answered 5xx or not at all; Alertmanager sends them again.".to_owned();
    Table { title: "Refused deliveries", about, header, rows }
}

fn cost(comparison: &Comparison) -> Table {
    let mut header: Vec<String> = ["protocol", "API calls per signal"].map(str::to_owned).to_vec();
    header.extend(LATENCY.iter().map(|name| format!("{name}: P50 / P95 / P99 ms")));
    header.push(format!("{HOLDER_CRASHES}: accepted after, P50 / P95 / P99 s"));
    let at = |name: &str| comparison.situation(name);
    let row = |row: &Row| {
        let calls = row.at(at(LATENCY[0])).map_or_else(String::new, |cell| format!("{:.1}", cell.calls_each()));
        let latencies = LATENCY.iter().map(|name| millis(row.at(at(name)).and_then(|cell| cell.latency)));
        let crash = row.at(at(HOLDER_CRASHES)).and_then(|cell| cell.first_accept);
        [row.protocol.clone(), calls].into_iter().chain(latencies).chain([seconds(crash)]).collect()
    };
    Table {
        title: "Cost, latency and recovery",
        about: "Calls on Leases and RemediationRequests under *normal load*, with those that follow the answers; \
                commands of Redis are not among them. Times are simulated: the world takes one step a millisecond, \
                and a call is two steps, so times compare protocols with each other and not with a real cluster. \
                Accepted after: from the first delivery of the alert to the first 2xx."
            .to_owned(),
        header,
        rows: comparison.rows.iter().map(row).collect(),
    }
}

/// `12.3 / 45.6 / 78.9`.
fn millis(times: Option<Quantiles>) -> String {
    numbers(times, 1_000)
}

fn seconds(times: Option<Quantiles>) -> String {
    numbers(times, 1_000_000)
}

fn numbers(times: Option<Quantiles>, unit: u64) -> String {
    let Some(Quantiles { p50, p95, p99 }) = times else { return "never".to_owned() };
    [p50, p95, p99].map(|time| tenths(time, unit)).join(" / ")
}

/// In tenths of the unit, rounded down.
pub(super) fn tenths(micros: u64, unit: u64) -> String {
    format!("{}.{}", micros / unit, micros % unit * 10 / unit)
}

fn clock_errors(sweep: &super::Sweep) -> Table {
    let errors = sweep.clock_errors.iter().map(|seconds| format!("clock {seconds} s ahead"));
    let rows = sweep.rows.iter().flat_map(|row| {
        row.points.iter().map(|point| {
            let shares = point.by_clock_error.iter().map(|figures| share(figures.doubled_share()));
            [row.protocol.clone(), format!("{} s", point.lease_seconds)].into_iter().chain(shares).collect()
        })
    });
    Table {
        title: "Lease durations and clock errors",
        about:
            "Share of bursts of 6 with two active requests, where the wall clock of one of 3 replicas is ahead. The \
                shipped protocol has one lease duration."
                .to_owned(),
        header: ["protocol", "lease"].into_iter().map(str::to_owned).chain(errors).collect(),
        rows: rows.collect(),
    }
}

fn recovery(sweep: &super::Sweep) -> Table {
    let rows = sweep.rows.iter().flat_map(|row| {
        row.points.iter().map(|point| {
            let figures = &point.crash;
            let lease = format!("{} s", point.lease_seconds);
            vec![row.protocol.clone(), lease, seconds(figures.first_accept), share(figures.doubled_share())]
        })
    });
    Table {
        title: "Recovery after a crash",
        about: "The replica that is about to create the request crashes. A short lease recovers soon; it also ends \
                under a holder that is only slow."
            .to_owned(),
        header: ["protocol", "lease", "accepted after, P50 / P95 / P99 s", "two active requests"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
    }
}

fn replays(comparison: &Comparison) -> Table {
    let first = |row: &Row| {
        let replay = row.cells.iter().find_map(|figures| figures.replay.as_ref())?;
        Some(vec![row.protocol.clone(), format!("`lockstep replay {replay}`")])
    };
    Table {
        title: "See it",
        about: "For each protocol a run with two active requests, of a situation that the catalogue has.".to_owned(),
        header: ["protocol", "command"].map(str::to_owned).to_vec(),
        rows: comparison.rows.iter().filter_map(first).collect(),
    }
}
