//! Passes over the guide: fewer faults, fewer rules of order, lower picks.
use super::{
    candidate::Candidate,
    size::{Size, asked},
    trial::{Hunt, Tried},
};
use crate::guide::{
    Course, Guide,
    rules::{Picked, Rule},
};
use sim::engine::{InOrder, Label, Placed};
use std::collections::BTreeMap;

/// Most runs that look for a single deviation that is enough.
const SWEEP: usize = 600;
/// Most alternatives of a choice that such a search takes.
const ALTERNATIVES: u32 = 16;

/// The guide with the fewest faults and rules that still fails, as far as these passes find it.
pub(super) fn reduce(hunt: &mut Hunt<'_>, best: Candidate) -> Candidate {
    let best = fewer(hunt, best);
    let best = one_is_enough(hunt, best);
    lower(hunt, best)
}

fn with(best: &Candidate, rules: impl IntoIterator<Item = Rule>) -> Candidate {
    Candidate { edits: best.edits.clone(), guide: rules.into_iter().collect() }
}

/// Delta debugging: drops half of the rules, then smaller parts, down to single rules.
fn fewer(hunt: &mut Hunt<'_>, mut best: Candidate) -> Candidate {
    if let Some(in_order) = hunt.confirmed(with(&best, [])) {
        return in_order;
    }
    let mut part = best.guide.len().div_ceil(2);
    while part > 0 && !hunt.over() {
        let mut from = 0;
        let before = best.guide.len();
        while from < best.guide.len() && !hunt.over() {
            let rules = best.guide.rules();
            let kept = rules.iter().take(from).chain(rules.iter().skip(from + part)).cloned();
            match hunt.confirmed(with(&best, kept)) {
                Some(smaller) => best = smaller,
                None => from += part,
            }
        }
        // A rule may become superfluous when a later one is gone.
        part = if part == 1 && best.guide.len() < before { 1 } else { part / 2 };
    }
    best
}

/// Looks for one deviation from "in order, no fault" that is enough, where more are left.
fn one_is_enough(hunt: &mut Hunt<'_>, best: Candidate) -> Candidate {
    if best.guide.len() <= 1 {
        return best;
    }
    let Some(in_order) = hunt.any(&best.edits, Course::Source(Box::new(InOrder))) else { return best };
    let deviations = in_order.choices.iter().enumerate().filter(|(_, choice)| choice.label != Label::Entropy);
    let places: Vec<(usize, u32)> = deviations
        .flat_map(|(at, choice)| (1..choice.of.min(ALTERNATIVES)).map(move |picked| (at, picked)))
        .take(SWEEP)
        .collect();
    let mut smallest: Option<((usize, usize), Size, Guide)> = None;
    for (at, picked) in places {
        let placed = Placed::new(BTreeMap::from([(at, picked)]));
        let Some(Tried { guide, size, .. }) = hunt.fails(&best.edits, Course::Source(Box::new(placed))) else {
            continue;
        };
        let asked = asked(&guide);
        if smallest.as_ref().is_none_or(|(known, known_size, _)| (asked, size) < (*known, *known_size)) {
            smallest = Some((asked, size, guide));
        }
    }
    let better = smallest.filter(|(found, ..)| *found < asked(&best.guide));
    let found = better.and_then(|(.., guide)| hunt.confirmed(with(&best, guide.rules())));
    match found {
        Some(found) => fewer(hunt, found),
        None => best,
    }
}

/// Lower picks: shorter delays, milder faults, earlier alternatives.
fn lower(hunt: &mut Hunt<'_>, mut best: Candidate) -> Candidate {
    let places: Vec<_> = best.guide.picks.iter().filter(|(at, _)| at.label != Label::Entropy).collect();
    let places: Vec<_> = places.into_iter().map(|(at, picked)| (at.clone(), picked.number)).collect();
    for (at, number) in places {
        for lower in 1..number.min(ALTERNATIVES) {
            let mut guide = best.guide.clone();
            guide.picks.insert(at.clone(), Picked { number: lower, meaning: String::new() });
            let Some(tried) = hunt.fails(&best.edits, Course::Guide(guide.clone())) else { continue };
            let Some(named) = tried.guide.picks.get(&at) else { continue };
            guide.picks.insert(at.clone(), named.clone());
            if let Some(found) = hunt.confirmed(with(&best, guide.rules())) {
                best = found;
                break;
            }
        }
    }
    best
}
