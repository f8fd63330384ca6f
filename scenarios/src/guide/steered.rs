//! A source of choices that knows steps by their names: it follows a guide, or another source, and keeps the guide and
//! the steps of the run that it made.
use super::{
    names::Names,
    rules::{At, Guide, Order, Picked},
    step::StepName,
};
use sim::{
    Choice,
    engine::{Alternative, Choices, Event, Label, Odds, Offer, Source},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Course of a run.
pub enum Course {
    /// A guide; what it does not mention is in order and without faults.
    Guide(Guide),
    /// A guide; a part of what it does not mention is up to another source: one choice in so many.
    Near(Guide, Box<dyn Source>, u32),
    /// Another source.
    Source(Box<dyn Source>),
}

/// Guide and steps of a run that was made.
#[derive(Debug, Default, Clone)]
pub struct Kept {
    /// How it departed from "in order, no fault".
    pub guide: Guide,
    /// Its steps, in order.
    pub steps: Vec<StepName>,
    /// What each step was in the run itself.
    pub taken: Vec<Alternative>,
    /// Number of choices made before each step.
    pub choices: Vec<usize>,
    /// Number of events before each step.
    pub events: Vec<usize>,
}

/// The log of a run that is under way, or over.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Kept>>);

impl Log {
    /// What the run has done so far.
    pub fn take(&self) -> Kept {
        std::mem::take(&mut *self.locked())
    }

    fn locked(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A source that knows steps by their names.
pub struct Steered {
    course: Course,
    names: Names,
    /// Of each step that waits, what it waits for.
    waits: BTreeMap<StepName, Vec<StepName>>,
    happened: BTreeSet<StepName>,
    met: BTreeSet<At>,
    /// The step that began last.
    at: Option<StepName>,
    /// Choices since then, by label.
    since: BTreeMap<Label, u32>,
    choices: usize,
    events: usize,
    log: Log,
}

impl Steered {
    /// Choices of this course, and the log of the run that they make.
    pub fn choices(course: Course) -> (Choices, Log) {
        let log = Log::default();
        let mut waits: BTreeMap<StepName, Vec<StepName>> = BTreeMap::new();
        if let Course::Guide(guide) | Course::Near(guide, ..) = &course {
            for Order { first, then } in &guide.orders {
                waits.entry(then.clone()).or_default().push(first.clone());
            }
        }
        let source = Self {
            course,
            names: Names::default(),
            waits,
            happened: BTreeSet::new(),
            met: BTreeSet::new(),
            at: None,
            since: BTreeMap::new(),
            choices: 0,
            events: 0,
            log: log.clone(),
        };
        (Choices::new(source), log)
    }

    fn follow(&mut self, offer: &Offer<'_>, at: &At) -> u32 {
        match &mut self.course {
            Course::Source(source) => return source.pick_offered(offer),
            Course::Guide(_) => _ = self.met.insert(at.clone()),
            Course::Near(guide, source, one_in) => {
                let mentioned = offer.label == Label::Next || guide.picks.contains_key(at);
                if !mentioned || source.pick(Label::Workload, *one_in, Odds::Even) == 0 {
                    return source.pick_offered(offer);
                }
            }
        }
        self.guided(offer, at)
    }

    /// The alternative that the guide takes: the first in order that does not wait, or what is picked here.
    fn guided(&self, offer: &Offer<'_>, at: &At) -> u32 {
        if offer.label == Label::Next {
            // Without rules nothing needs a name.
            let waits = |picked: &u32| {
                let firsts = self.waits.get(&self.names.name(&(offer.meaning)(*picked)));
                firsts.is_some_and(|firsts| firsts.iter().any(|first| !self.happened.contains(first)))
            };
            let free = if self.waits.is_empty() { Some(0) } else { (0..offer.of).find(|picked| !waits(picked)) };
            return free.unwrap_or(0);
        }
        let (Course::Guide(guide) | Course::Near(guide, ..)) = &self.course else { return 0 };
        let Some(wanted) = guide.picks.get(at) else { return 0 };
        let same = |picked: &u32| (offer.meaning)(*picked).to_string() == wanted.meaning;
        let fits = Some(wanted.number).filter(|number| *number < offer.of);
        fits.filter(same).or_else(|| (0..offer.of.min(64)).find(same)).or(fits).unwrap_or(0)
    }
}

impl Source for Steered {
    fn pick(&mut self, label: Label, of: u32, odds: Odds) -> u32 {
        let meaning = |picked| Alternative::Number(picked);
        self.pick_offered(&Offer { label, of, odds, meaning: &meaning })
    }

    fn pick_offered(&mut self, offer: &Offer<'_>) -> u32 {
        let nth = self.since.entry(offer.label).or_default();
        *nth += 1;
        let at = At { step: self.at.clone(), label: offer.label, nth: *nth };
        let picked = self.follow(offer, &at);
        self.choices += 1;
        if picked > 0 {
            let mut log = self.log.locked();
            if offer.label == Label::Next {
                let name = |picked: u32| self.names.name(&(offer.meaning)(picked));
                let first = name(picked);
                let orders = (0..picked).map(name).map(|then| Order { first: first.clone(), then });
                log.guide.orders.extend(orders.filter(|order| order.first != order.then));
            } else {
                let meaning = (offer.meaning)(picked).to_string();
                log.guide.picks.insert(at, Picked { number: picked, meaning });
            }
        }
        picked
    }

    fn still(&self) -> bool {
        match &self.course {
            Course::Source(source) | Course::Near(_, source, _) => source.still(),
            Course::Guide(guide) => guide.picks.keys().any(|at| at.label == Label::Pace),
        }
    }

    fn made(&mut self, choice: &Choice) {
        match &mut self.course {
            Course::Source(source) | Course::Near(_, source, _) => source.made(choice),
            Course::Guide(_) => {}
        }
    }

    fn began(&mut self, step: &Alternative) {
        let name = self.names.begin(step);
        self.since.clear();
        self.happened.insert(name.clone());
        self.at = Some(name.clone());
        let mut log = self.log.locked();
        log.steps.push(name);
        log.taken.push(step.clone());
        log.choices.push(self.choices);
        log.events.push(self.events);
    }

    fn saw(&mut self, event: &Event) {
        self.names.see(event);
        self.events += 1;
    }

    fn mismatch(&self) -> Option<String> {
        let guide = match &self.course {
            Course::Source(source) => return source.mismatch(),
            Course::Near(..) => return None,
            Course::Guide(guide) => guide,
        };
        let order = guide.orders.iter().find(|order| !self.happened.contains(&order.first));
        let order = order.map(|order| format!("`{}` never happened", order.first));
        let place = || guide.picks.keys().find(|at| !self.met.contains(at));
        order.or_else(|| {
            let at = place()?;
            let step = at.step.as_ref().map_or_else(|| "the start".to_owned(), ToString::to_string);
            Some(format!("there was no choice `{}` at `{step}`", at.label))
        })
    }
}
