//! An entry: the runs of one protocol in one situation, summed up.
use super::facts::Facts;
use crate::{
    baselines::LockCounts,
    campaign::{Progress, run_seed},
    catalogue,
    observe::SentSignal,
    replay::{Decisions, Replay},
    runner::{Prepared, Run, Subject},
};
use model::{observation::Reply, oracle::Finding};
use reports::comparison::{Figures, Locks, Quantiles};
use sim::engine::{Choices, Detail, Random, Stop};
use std::{collections::BTreeMap, sync::atomic::Ordering::Relaxed};

/// Sums of the runs of one subject.
#[derive(Default)]
pub(super) struct Entry {
    figures: Figures,
    /// Microseconds from the sending of each accepted signal to its answer.
    latencies: Vec<u64>,
    /// Microseconds from the first sending of each alert to its first acceptance.
    first_accepts: Vec<u64>,
    locks: LockCounts,
}

/// Signals of one fingerprint in one run.
#[derive(Default)]
struct Sent {
    first_sent: u64,
    first_accepted: Option<u64>,
    accepted: i64,
    /// Signals that may have been counted although they were not accepted.
    unknown: i64,
}

impl Entry {
    /// Makes so many runs from a base seed, unless the progress says stop.
    pub(super) fn run(subject: &Subject, (runs, base): (u64, u64), progress: &Progress) -> Self {
        let prepared = Prepared::new(subject.clone(), Detail::Chain);
        let mut entry = Self::default();
        for number in 0..runs {
            if progress.stop.load(Relaxed) {
                break;
            }
            let seed = run_seed(base, &subject.scenario.name, number);
            let facts = Facts::default();
            let run =
                prepared.run_observed(Choices::new(Random::new(seed)), false, |recorder| facts.observer(recorder));
            match run {
                Ok(run) => {
                    progress.count(&run);
                    entry.add(subject, seed, &facts, &run);
                }
                Err(_) => {
                    progress.runs.fetch_add(1, Relaxed);
                    entry.figures.unfinished += 1;
                }
            }
        }
        entry
    }

    fn add(&mut self, subject: &Subject, seed: u64, facts: &Facts, run: &Run) {
        let (seen, figures) = (facts.seen(), &mut self.figures);
        figures.unfinished += u64::from(run.outcome.stop != Stop::Done);
        figures.doubled += seen.doubled.len() as u64;
        figures.doubled_in_the_end += seen.still_doubled() as u64;
        figures.api_calls += seen.api_calls;
        figures.runs += 1;
        let lost = |finding: &Finding| finding.invariant == "accepted_means_active" && finding.violated > 0;
        figures.lost += u64::from(run.findings.iter().any(lost));
        let known = catalogue::find(&subject.scenario.name).is_some();
        if known && !seen.doubled.is_empty() && figures.replay.is_none() {
            figures.replay = Replay::of(subject, "one_active_request", Decisions::Seed(seed)).to_line();
        }
        self.locks.add(run.locks);
        let mut by_fingerprint: BTreeMap<&str, Sent> = BTreeMap::new();
        let alerts: Vec<_> = run.signals.iter().map(|signal| signal.payload.alerts()).collect();
        for (signal, alerts) in run.signals.iter().zip(&alerts) {
            self.figures.signals += 1;
            let sent = by_fingerprint.entry(&alerts[signal.alert].fingerprint).or_insert_with(|| Sent::first(signal));
            match signal.reply {
                Some(Reply::Created { .. } | Reply::Duplicate { .. }) => {
                    sent.accepted += 1;
                    sent.first_accepted.get_or_insert(signal.answered_at);
                    sent.first_accepted = sent.first_accepted.min(Some(signal.answered_at));
                    self.latencies.push(signal.answered_at - signal.sent_at);
                }
                Some(Reply::Ignored) => {}
                _ => {
                    self.figures.refused += 1;
                    sent.unknown += 1;
                }
            }
        }
        for (fingerprint, sent) in by_fingerprint {
            self.figures.fingerprints += 1;
            let of = |rr: &&std::sync::Arc<serde_json::Value>| rr["spec"]["signalFingerprint"] == fingerprint;
            let count = |rr: &std::sync::Arc<serde_json::Value>| {
                rr["status"]["deduplication"]["occurrenceCount"].as_i64().unwrap_or_default()
            };
            let counted: i64 = run.stored.iter().filter(of).map(count).sum();
            let right = sent.accepted..=sent.accepted + sent.unknown;
            self.figures.miscounted += u64::from(!right.contains(&counted));
            self.first_accepts.extend(sent.first_accepted.map(|at| at - sent.first_sent));
        }
    }

    /// The figures of these runs.
    pub(super) fn figures(self) -> Figures {
        let LockCounts { tried, contended, given_up } = self.locks;
        Figures {
            latency: quantiles(self.latencies),
            first_accept: quantiles(self.first_accepts),
            locks: (tried > 0).then_some(Locks { tried, contended, given_up }),
            ..self.figures
        }
    }
}

impl Sent {
    fn first(signal: &SentSignal) -> Self {
        Self { first_sent: signal.sent_at, ..Self::default() }
    }
}

/// The nearest-rank quantiles; None of nothing.
fn quantiles(mut times: Vec<u64>) -> Option<Quantiles> {
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len() * percent).div_ceil(100).checked_sub(1)?).copied();
    Some(Quantiles { p50: at(50)?, p95: at(95)?, p99: at(99)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_nearest_ranks() {
        assert_eq!(quantiles((1..=200).collect()), Some(Quantiles { p50: 100, p95: 190, p99: 198 }));
        assert_eq!(quantiles(vec![7]), Some(Quantiles { p50: 7, p95: 7, p99: 7 }));
        assert_eq!(quantiles(Vec::new()), None);
    }
}
