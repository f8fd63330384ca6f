//! Tables: the ones that a verb adds (frontier, mutants, protocol comparison, conformance), and the table of scenarios.
use crate::{
    coverage::Coverage,
    figures::{duration, grouped, rate, share},
    report::{CorpusRow, Live, Mutant, ProtocolRow, RunReport, RunsToFind, ScenarioReport, Smallest},
    score::Score,
    search::{Frontier, Scope},
    strategies::Strategies,
    summary::verdict_word,
    table::Table,
};

/// The tables that the verb adds to a report.
pub(crate) fn of_verb(report: &RunReport) -> Vec<Table> {
    let corpus = report.corpus.as_deref().map(corpus);
    let frontier = report.frontier.as_deref().map(frontier);
    let scope = report.scope.as_ref().map(scope);
    let mutants = report.mutants.as_deref().map(mutants);
    let protocols = report.protocols.as_deref().map(protocols);
    let cases = report.cases.map(|_| cases(&report.scenarios));
    let live = report.live.as_ref().map(live);
    let not_judged = report.live.as_ref().and_then(not_judged);
    let one_each = [corpus, frontier, scope, mutants, protocols, cases, live, not_judged].into_iter().flatten();
    let strategies = report.strategies.iter().map(Strategies::table);
    let coverage = report.coverage.iter().flat_map(Coverage::tables);
    one_each.chain(report.score.iter().flat_map(Score::tables)).chain(coverage).chain(strategies).collect()
}

/// Numbers of a live run.
fn live(live: &Live) -> Table {
    let latency = &live.latency_ms;
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let per_second = live.signals as f64 / live.sending_seconds.max(1e-9);
    let mut rows = vec![
        row("signals sent", format!("{} in {}", grouped(live.signals), duration(live.sending_seconds))),
        row("signals per second", rate(per_second)),
        row("accepted", grouped(live.accepted)),
        row("answered 5xx", grouped(live.failed)),
        row("not answered", grouped(live.lost)),
        row("fingerprints", grouped(live.fingerprints)),
        row("RemediationRequests created", grouped(live.requests)),
        row("commits", grouped(live.commits)),
        row("ms until accepted, p50 / p95 / p99", [latency.p50, latency.p95, latency.p99].map(rate).join(" / ")),
    ];
    rows.extend(live.history.iter().map(|history| row("history", history.clone())));
    rows.extend(live.gaps.iter().map(|gap| row("nothing is decided, because", gap.clone())));
    rows.extend(live.left.iter().map(|left| row("left in the cluster", left.clone())));
    Table { title: "Live run", header: header(&["", "number"]), rows }
}

/// The invariants that a live run did not judge.
fn not_judged(live: &Live) -> Option<Table> {
    let rows: Vec<_> = live.not_judged.iter().map(|not| vec![not.invariant.clone(), not.because.clone()]).collect();
    (!rows.is_empty()).then(|| Table { title: "Not judged", header: header(&["invariant", "because"]), rows })
}

/// The table of scenarios, if there are any.
pub(crate) fn scenarios(report: &RunReport) -> Option<Table> {
    let row = |row: &ScenarioReport| {
        let names = [&row.name, &row.protocol, &row.transport, &row.strategy].map(String::clone);
        names.into_iter().chain([grouped(row.runs), verdict_word(row.verdict).to_lowercase()]).collect()
    };
    let header = header(&["scenario", "protocol", "transport", "strategy", "runs", "verdict"]);
    let rows: Vec<_> = report.scenarios.iter().map(row).collect();
    (!rows.is_empty()).then_some(Table { title: "Scenarios", header, rows })
}

/// Entries of the corpus.
fn corpus(rows: &[CorpusRow]) -> Table {
    let row = |row: &CorpusRow| vec![row.file.clone(), row.outcome.clone(), row.why.clone()];
    let header = header(&["entry of the corpus", "outcome", "why"]);
    Table { title: "Corpus", header, rows: rows.iter().map(row).collect() }
}

/// Conformance cases by group.
fn cases(rows: &[ScenarioReport]) -> Table {
    let row = |row: &ScenarioReport| {
        let unlike: u64 = row.invariants.iter().map(|count| count.violations).sum();
        vec![row.name.clone(), grouped(row.runs), grouped(row.runs.saturating_sub(unlike))]
    };
    let header = header(&["group", "cases", "as recorded"]);
    Table { title: "Conformance", header, rows: rows.iter().map(row).collect() }
}

fn frontier(rows: &[Frontier]) -> Table {
    let row = |row: &Frontier| {
        let complete = if row.complete { "yes" } else { "NO" };
        vec![row.preemptions.to_string(), row.faults.to_string(), grouped(row.schedules), complete.to_owned()]
    };
    let header = header(&["preemptions ≤", "faults ≤", "schedules", "complete"]);
    Table { title: "Frontier of the search", header, rows: rows.iter().map(row).collect() }
}

fn scope(scope: &Scope) -> Table {
    let row = |kind: &str, what: &String| vec![kind.to_owned(), what.clone()];
    let enumerated = scope.enumerated.iter().map(|what| row("every alternative", what));
    let fixed = scope.fixed.iter().map(|what| row("fixed", what));
    let shard = row("shard", &scope.shard);
    let work = scope.work.iter().map(|(name, value)| row(name, value));
    let certificate = scope.certificate.iter().map(|(name, value)| row(name, value));
    Table {
        title: "Choices of a schedule",
        header: header(&["", "choice"]),
        rows: certificate.chain(work).chain(enumerated).chain(fixed).chain([shard]).collect(),
    }
}

fn mutants(rows: &[Mutant]) -> Table {
    let row = |mutant: &Mutant| {
        let figure =
            |pick: fn(&RunsToFind) -> f64| mutant.runs_to_find.as_ref().map_or_else(none, |runs| rate(pick(runs)));
        vec![
            mutant.name.clone(),
            mutant.invariant.clone(),
            mutant.strategy.clone(),
            match (mutant.found, mutant.unfinished) {
                (true, _) => "yes",
                (false, true) => "not yet",
                (false, false) => "NO",
            }
            .to_owned(),
            figure(|runs| runs.median),
            figure(|runs| runs.p95),
            figure(|runs| runs.most),
            mutant.smallest.as_ref().map_or_else(none, |smallest| {
                let Smallest { replicas, signals, calls_until_violation: calls, .. } = smallest;
                format!("{replicas} × {signals}, {calls} calls")
            }),
        ]
    };
    let header = header(&[
        "mutant",
        "must be caught by",
        "strategy",
        "caught",
        "runs, median",
        "runs, p95",
        "runs, most",
        "replicas × signals",
    ]);
    Table { title: "Mutants", header, rows: rows.iter().map(row).collect() }
}

fn protocols(rows: &[ProtocolRow]) -> Table {
    let row = |row: &ProtocolRow| {
        let latency = &row.added_latency_ms;
        let shares = [row.name.clone(), share(row.two_active), share(row.wrong_counts)];
        let means = [row.api_calls_new, row.api_calls_duplicate, latency.p50, latency.p95, latency.p99].map(rate);
        let recovery = row.worst_recovery_seconds.map_or_else(none, rate);
        let more = row.more.iter().map(|(_, value)| value.clone());
        shares.into_iter().chain(means).chain([recovery]).chain(more).collect()
    };
    let mut header = header(&[
        "protocol",
        "two active",
        "wrong count",
        "calls, new",
        "calls, duplicate",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "recovery s",
    ]);
    header.extend(rows.first().into_iter().flat_map(|row| row.more.iter().map(|(name, _)| name.clone())));
    Table { title: "Protocols compared", header, rows: rows.iter().map(row).collect() }
}

fn header(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|&cell| cell.to_owned()).collect()
}

fn none() -> String {
    "–".to_owned()
}
