//! Choices: every source of nondeterminism of a run is one call, `choose(n, label) -> 0..n`, 0 meaning "in order, no fault".
//!
//! The recorded sequence *is* the run. A random seed, a recorded file, a fuzzer's numbers and a search are sources of it;
//! replay, shrinking and explanation are its consumers. A seed alone is never kept: it changes its meaning with every change
//! of the order of calls, a labelled sequence says where it stopped fitting.
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// One decision that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What was decided: one of [`LABELS`].
    pub label: Label,
    /// How many possibilities there were.
    pub of: u32,
    /// Which one was taken.
    pub picked: u32,
}

macro_rules! labels {
    ($($variant:ident => $text:literal, $doc:literal;)*) => {
        /// What a choice is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Label { $(#[doc = $doc] $variant,)* }
        /// Every label.
        pub const LABELS: &[Label] = &[$(Label::$variant),*];
        impl Label {
            /// The label's text in a replay file.
            pub const fn text(self) -> &'static str {
                match self { $(Label::$variant => $text,)* }
            }
        }
    };
}

labels! {
    Next => "next", "Which enabled action happens next.";
    CallFault => "call-fault", "Whether an API call meets a fault, and which.";
    CallDelay => "call-delay", "How long a delayed API call is held back.";
    Abandoned => "abandoned", "Whether a call whose caller stopped waiting still takes effect.";
    Untruth => "untruth", "In which words an executed call is said to have failed.";
    WorldFault => "world-fault", "Whether something happens to a replica, a stream or a cache, and what.";
    Intervention => "intervention", "Whether somebody else changes the cluster, and how.";
    Victim => "victim", "Whom it happens to.";
    Duration => "duration", "How long it lasts.";
    ClockOffset => "clock-offset", "How wrong a replica's wall clock is.";
    ClockRate => "clock-rate", "How fast a replica's clock runs.";
    Replica => "replica", "Which replica a request goes to.";
    Workload => "workload", "What a sender or another actor does.";
    Server => "server", "Which API server a request reaches, or something happens to.";
    Entropy => "entropy", "The seed of a replica's own random numbers.";
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

/// How a source should weigh the possibilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odds {
    /// All alike.
    Even,
    /// Anything but 0 has this many chances in 1,000, all of them alike.
    PerMille(u32),
}

/// Where decisions come from.
pub trait Source: Send {
    /// One of `0..of`.
    fn pick(&mut self, label: Label, of: u32, odds: Odds) -> u32;
    /// Why the decisions do not fit the run, once they did not.
    fn mismatch(&self) -> Option<String> {
        None
    }
}

/// Seeded random decisions.
#[derive(Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The decisions that this seed stands for.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }
}

impl Source for Random {
    fn pick(&mut self, _label: Label, of: u32, odds: Odds) -> u32 {
        match odds {
            Odds::Even => self.0.random_range(0..of),
            Odds::PerMille(chances) if self.0.random_range(0..1_000) < chances => self.0.random_range(1..of),
            Odds::PerMille(_) => 0,
        }
    }
}

/// Always 0: in order, no fault.
#[derive(Debug, Clone, Copy)]
pub struct InOrder;

impl Source for InOrder {
    fn pick(&mut self, _label: Label, _of: u32, _odds: Odds) -> u32 {
        0
    }
}

/// Decisions that were recorded, and in order after them. Says where they no longer fit.
#[derive(Debug)]
pub struct Recorded {
    choices: Vec<Choice>,
    next: usize,
    mismatch: Option<String>,
}

impl Recorded {
    /// Replays these.
    pub fn new(choices: Vec<Choice>) -> Self {
        Self { choices, next: 0, mismatch: None }
    }
}

impl Source for Recorded {
    fn pick(&mut self, label: Label, of: u32, _odds: Odds) -> u32 {
        let at = self.next;
        self.next += 1;
        let Some(recorded) = self.choices.get(at) else { return 0 };
        if (recorded.label, recorded.of) != (label, of) && self.mismatch.is_none() {
            self.mismatch = Some(format!(
                "choice {at} was `{} of {}` when recorded and is `{label} of {of}` now",
                recorded.label, recorded.of
            ));
        }
        recorded.picked.min(of - 1)
    }

    fn mismatch(&self) -> Option<String> {
        let left = self.choices.len().saturating_sub(self.next);
        self.mismatch.clone().or_else(|| (left > 0).then(|| format!("the run ended with {left} recorded choices left")))
    }
}

/// In order, but for the choices at these places, counted from 0.
#[derive(Debug)]
pub struct Placed {
    picks: std::collections::BTreeMap<usize, u32>,
    next: usize,
    mismatch: Option<String>,
}

impl Placed {
    /// Decides by these.
    pub fn new(picks: std::collections::BTreeMap<usize, u32>) -> Self {
        Self { picks, next: 0, mismatch: None }
    }
}

impl Source for Placed {
    fn pick(&mut self, label: Label, of: u32, _odds: Odds) -> u32 {
        let at = self.next;
        self.next += 1;
        let picked = self.picks.remove(&at).unwrap_or(0);
        if picked >= of && self.mismatch.is_none() {
            self.mismatch = Some(format!("choice {at} is `{label} of {of}` now and cannot be {picked}"));
        }
        picked.min(of - 1)
    }

    fn mismatch(&self) -> Option<String> {
        let left = self.picks.len();
        self.mismatch.clone().or_else(|| (left > 0).then(|| format!("the run ended with {left} placed choices left")))
    }
}

/// Numbers from anywhere (a property test, a fuzzer): each is folded into its range, and in order after them.
#[derive(Debug)]
pub struct Numbers {
    numbers: Vec<u32>,
    next: usize,
}

impl Numbers {
    /// Decides by these.
    pub fn new(numbers: Vec<u32>) -> Self {
        Self { numbers, next: 0 }
    }
}

impl Source for Numbers {
    fn pick(&mut self, _label: Label, of: u32, odds: Odds) -> u32 {
        let number = self.numbers.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        match odds {
            Odds::Even => number % of,
            // From the top: the number 0, which all shrinking leads to, must mean that nothing goes wrong.
            Odds::PerMille(chances) if 999 - number % 1_000 < chances => 1 + (number / 1_000) % (of - 1),
            Odds::PerMille(_) => 0,
        }
    }
}

/// A source and the record of what it decided.
pub struct Choices {
    source: Box<dyn Source>,
    record: Vec<Choice>,
}

impl std::fmt::Debug for Choices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Choices").field("record", &self.record.len()).finish_non_exhaustive()
    }
}

impl Choices {
    /// Decisions from `source`.
    pub fn new(source: impl Source + 'static) -> Self {
        Self { source: Box::new(source), record: Vec::with_capacity(512) }
    }

    /// One of `0..of`, all alike. A choice of one is no choice and is not recorded.
    pub fn choose(&mut self, of: usize, label: Label) -> usize {
        self.pick(of, label, Odds::Even)
    }

    /// One of `0..of`, where anything but 0 has `per_mille` chances in 1,000.
    pub fn rarely(&mut self, per_mille: u32, of: usize, label: Label) -> usize {
        if per_mille == 0 { 0 } else { self.pick(of, label, Odds::PerMille(per_mille)) }
    }

    fn pick(&mut self, of: usize, label: Label, odds: Odds) -> usize {
        if of <= 1 {
            return 0;
        }
        let of = u32::try_from(of).unwrap_or(u32::MAX);
        let picked = self.source.pick(label, of, odds);
        self.record.push(Choice { label, of, picked });
        picked as usize
    }

    /// What was decided so far.
    pub fn record(&self) -> &[Choice] {
        &self.record
    }

    /// Takes the record and says whether the source fitted the run.
    pub fn finish(self) -> (Vec<Choice>, Option<String>) {
        (self.record, self.source.mismatch())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_replays_itself() {
        let mut random = Choices::new(Random::new(7));
        let first: Vec<usize> = (2..40).map(|n| random.choose(n, Label::Next)).collect();
        let (record, _) = random.finish();
        let mut again = Choices::new(Recorded::new(record));
        let second: Vec<usize> = (2..40).map(|n| again.choose(n, Label::Next)).collect();
        assert_eq!(first, second);
        assert_eq!(again.finish().1, None);
    }

    #[test]
    fn a_record_names_its_first_misfit() {
        let mut recorded = Choices::new(Recorded::new(vec![Choice { label: Label::Next, of: 3, picked: 2 }]));
        assert_eq!(recorded.choose(2, Label::Victim), 1);
        let why = recorded.finish().1.expect("a misfit");
        assert!(why.contains("next of 3") && why.contains("victim of 2"), "{why}");
    }

    #[test]
    fn placed_choices_must_fit() {
        let picks = |picks: &[(usize, u32)]| Placed::new(picks.iter().copied().collect());
        let mut choices = Choices::new(picks(&[(1, 2)]));
        assert_eq!([choices.choose(3, Label::Next), choices.choose(3, Label::Next)], [0, 2]);
        assert_eq!(choices.finish().1, None);
        let mut choices = Choices::new(picks(&[(0, 5)]));
        assert_eq!(choices.choose(3, Label::Next), 2);
        assert!(choices.finish().1.is_some());
        assert!(Choices::new(picks(&[(7, 1)])).finish().1.is_some(), "never met");
    }

    #[test]
    fn leftover_choices_are_a_misfit() {
        let recorded = Choices::new(Recorded::new(vec![Choice { label: Label::Next, of: 3, picked: 2 }]));
        assert!(recorded.finish().1.is_some());
    }

    #[test]
    fn exhausted_numbers_mean_no_fault() {
        let mut choices = Choices::new(Numbers::new(vec![999]));
        assert_ne!(choices.rarely(1, 5, Label::CallFault), 0);
        assert_eq!((0..100).map(|_| choices.rarely(999, 5, Label::CallFault)).sum::<usize>(), 0);
    }

    #[test]
    fn rare_choices_are_rare_and_happen() {
        let mut choices = Choices::new(Random::new(1));
        let hits = (0..10_000).filter(|_| choices.rarely(20, 5, Label::CallFault) != 0).count();
        assert!((100..400).contains(&hits), "{hits}");
        assert_eq!((0..100).map(|_| choices.rarely(0, 5, Label::CallFault)).sum::<usize>(), 0);
    }
}
