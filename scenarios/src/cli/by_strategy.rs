//! `lockstep mutants --strategies`: the runs that each strategy needs to catch the mutants that random runs do not
//! catch at once.
use super::{
    campaign_report,
    folder::Folder,
    options::ReportOptions,
    outcome::Outcome,
    output,
    with_progress::{Goal, with_progress},
};
use crate::{
    campaign::{
        Progress,
        mutants::{Hunt, Hunted, hunt},
    },
    mutants::MUTANTS,
    strategies::StrategyName,
};
use model::verdict::Verdict;
use reports::strategies::{Needed, Strategies};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Instant,
};

/// Mutants that random runs catch within so many are not compared: nothing can be gained.
const MORE_THAN: u64 = 10;

#[expect(clippy::disallowed_methods, reason = "the report says how long it took; no run sees it")]
pub(super) fn execute(which: &[usize], budget: &Hunt, options: &ReportOptions) -> anyhow::Result<Outcome> {
    let (began, started) = (Instant::now(), campaign_report::now());
    let folder = Folder::only_if_asked(options)?;
    let progress = Arc::new(Progress::default());
    let compared = with_progress(&progress, Goal::default(), &|| {}, || compare(which, budget, &progress))??;
    let mut report = campaign_report::report("mutants", (&[], &[]), "every strategy", Instant::now() - began);
    report.started = Some(started);
    report.runs = progress.runs.load(Relaxed);
    report.api_calls = progress.api_calls.load(Relaxed);
    report.runs_per_second = report.runs as f64 / report.wall_seconds.max(1e-9);
    report.interrupted = progress.interrupted.load(Relaxed);
    report.complete = !report.interrupted;
    report.verdict = if report.complete { Verdict::Held } else { Verdict::Inconclusive };
    report.strategies = Some(compared);
    Ok(output::write(&report, options, &folder))
}

fn compare(which: &[usize], budget: &Hunt, progress: &Progress) -> anyhow::Result<Strategies> {
    let by = |strategy: StrategyName, which: &[usize]| hunt(which, &Hunt { strategy, ..*budget }, progress);
    let random = by(StrategyName::Random, which)?;
    let hard: Vec<&Hunted> =
        random.iter().filter(|hunted| median(hunted).is_none_or(|runs| runs > MORE_THAN as f64)).collect();
    let left: Vec<usize> = hard.iter().map(|hunted| hunted.index).collect();
    let mut mutants: Vec<Needed> = hard
        .iter()
        .map(|hunted| Needed { mutant: MUTANTS[hunted.index].name.to_owned(), medians: vec![median(hunted)] })
        .collect();
    for strategy in StrategyName::ALL.into_iter().filter(|strategy| *strategy != StrategyName::Random) {
        for (needed, hunted) in mutants.iter_mut().zip(by(strategy, &left)?) {
            needed.medians.push(median(&hunted));
        }
    }
    let names = StrategyName::ALL.iter().map(|strategy| strategy.text().to_owned()).collect();
    Ok(Strategies { names, seeds: budget.seeds, most: budget.runs, more_than: MORE_THAN, mutants })
}

/// The runs after which half of the seeds had caught it; `None` if half of them gave up.
fn median(hunted: &Hunted) -> Option<f64> {
    let seeds = hunted.runs_to_find.len() + hunted.missed as usize;
    hunted.runs_to_find.get(seeds.div_ceil(2).saturating_sub(1)).map(|runs| *runs as f64)
}
