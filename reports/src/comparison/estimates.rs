//! What the documents of the lock estimated, beside what was measured.
use super::{Comparison, Figures, Row, table::Table};
use crate::figures::share;

/// Protocols that are measured against the estimates; the first is the one that they were made for.
const MEASURED: [&str; 3] = ["planned-lease", "shipped-lease", "fenced-lease"];
/// The protocol without a lock, which latency is compared with.
const UNLOCKED: &str = "none";
const NORMAL: &str = "normal load";
const BURST: &str = "burst of 15";

/// The table; None if the rows or the situations are not those that it needs.
pub(super) fn table(comparison: &Comparison) -> Option<Table> {
    let row = |name: &str| comparison.rows.iter().find(|row| row.protocol == name);
    let measured: Vec<&Row> = MEASURED.iter().filter_map(|name| row(name)).collect();
    let (normal, burst) = (comparison.situation(NORMAL)?, comparison.situation(BURST)?);
    let unlocked = row(UNLOCKED)?.cells.get(normal)?;
    let line = |what: &str, estimate: &str, figure: &dyn Fn(&Row) -> String| {
        let figures = measured.iter().map(|row| figure(row));
        [what.to_owned(), estimate.to_owned()].into_iter().chain(figures).collect::<Vec<String>>()
    };
    let locks = |row: &Row, part: fn(&Figures) -> Option<f64>| {
        row.cells.get(normal).and_then(part).map_or_else(|| "not counted".to_owned(), share)
    };
    let doubled = |situation: usize| {
        move |row: &Row| row.cells.get(situation).map_or_else(String::new, |cell| share(cell.doubled_share()))
    };
    let added = |pick: fn(&super::Quantiles) -> u64| {
        move |row: &Row| {
            let of = |figures: &Figures| figures.latency.as_ref().map(pick);
            let both = row.cells.get(normal).and_then(of).zip(of(unlocked));
            both.map_or_else(String::new, |(with, without)| {
                let micros = with.cast_signed() - without.cast_signed();
                format!(
                    "{}{}.{} ms",
                    if micros < 0 { "−" } else { "+" },
                    micros.abs() / 1_000,
                    micros.abs() % 1_000 / 100
                )
            })
        }
    };
    let rows = vec![
        line("fingerprints with two active requests, normal load", "< 0.001 %", &doubled(normal)),
        line("the same, burst of 15", "< 0.001 %", &doubled(burst)),
        line("signals that got the lock, or an answer without it", "> 99.9 %", &|row| locks(row, served)),
        line("attempts that found the lock held", "< 5 %", &|row| locks(row, contended)),
        line("latency added, P50", "< 10 ms", &added(|latency| latency.p50)),
        line("latency added, P95", "< 20 ms", &added(|latency| latency.p95)),
        line("latency added, P99", "< 30 ms", &added(|latency| latency.p99)),
    ];
    let header = ["", "estimated"].into_iter().chain(measured.iter().map(|row| &*row.protocol));
    Some(Table {
        title: "What the documents estimated",
        about: format!(
            "Under *{NORMAL}*, unless the row says otherwise. Latency is compared with `{UNLOCKED}`. The shipped \
             protocol counts no attempts: its signals do not wait for a lock."
        ),
        header: header.map(str::to_owned).collect(),
        rows,
    })
}

fn served(figures: &Figures) -> Option<f64> {
    let locks = figures.locks?;
    Some(1.0 - locks.given_up as f64 / figures.signals.max(1) as f64)
}

fn contended(figures: &Figures) -> Option<f64> {
    let locks = figures.locks?;
    Some(locks.contended as f64 / locks.tried.max(1) as f64)
}
