//! Recorded choices: a run again, or where it no longer fits.
use super::{
    alternative::Alternative,
    label::Label,
    pick::{Choice, Pick},
    source::{Odds, Source},
};

/// Makes the choices of a record, and picks 0 after the last one. Reports the first that no longer fits.
#[derive(Debug)]
pub struct Recorded {
    picks: Vec<Pick>,
    /// Meanings of the picks; empty where they are not known.
    meanings: Vec<Alternative>,
    next: usize,
    mismatch: Option<String>,
}

impl Recorded {
    /// Replays these choices. A choice fits if its label, its number of alternatives and its meaning are as recorded.
    pub fn new(choices: Vec<Choice>) -> Self {
        let picks = choices.iter().map(Pick::from).collect();
        let meanings = choices.into_iter().map(|choice| choice.meaning).collect();
        Self { picks, meanings, next: 0, mismatch: None }
    }

    /// Replays these picks, whatever they mean: for a search, which repeats runs of its own process.
    pub fn picks(picks: Vec<Pick>) -> Self {
        Self { picks, meanings: Vec::new(), next: 0, mismatch: None }
    }
}

impl Source for Recorded {
    fn pick(&mut self, label: Label, of: u32, _odds: Odds) -> u32 {
        let at = self.next;
        self.next += 1;
        let Some(recorded) = self.picks.get(at) else { return 0 };
        if (recorded.label, recorded.of) != (label, of) && self.mismatch.is_none() {
            let meaning = self.meanings.get(at).map(|meaning| format!(", picked `{meaning}`")).unwrap_or_default();
            self.mismatch = Some(format!(
                "choice {at} was `{} of {}`{meaning} when recorded and is `{label} of {of}` now",
                recorded.label, recorded.of
            ));
        }
        recorded.picked.min(of - 1)
    }

    fn still(&self) -> bool {
        self.picks.first().is_some_and(|pick| pick.label == Label::Pace && pick.picked == 1)
    }

    fn made(&mut self, choice: &Choice) {
        let at = self.next - 1;
        if self.mismatch.is_none()
            && let Some(meaning) = self.meanings.get(at)
            && *meaning != choice.meaning
        {
            let Choice { label, of, picked, meaning: now } = choice;
            self.mismatch = Some(format!(
                "choice {at}, `{label} {picked}/{of}`, meant `{meaning}` when recorded and means `{now}` now"
            ));
        }
    }

    fn mismatch(&self) -> Option<String> {
        let left = self.picks.len().saturating_sub(self.next);
        self.mismatch.clone().or_else(|| (left > 0).then(|| format!("the run ended before {left} recorded choices")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::{Choices, Random};
    use std::sync::Arc;

    fn number(picked: usize) -> Alternative {
        Alternative::Number(picked as u32)
    }

    fn recorded(meaning: &str) -> Choices {
        let meaning = Alternative::Text(Arc::from(meaning));
        Choices::new(Recorded::new(vec![Choice { label: Label::Next, of: 3, picked: 2, meaning }]))
    }

    #[test]
    fn a_record_replays_itself() {
        let mut random = Choices::new(Random::new(7));
        let first: Vec<usize> = (2..40).map(|n| random.choose(Label::Next, n, number)).collect();
        let (record, _) = random.finish();
        let mut again = Choices::new(Recorded::new(record));
        let second: Vec<usize> = (2..40).map(|n| again.choose(Label::Next, n, number)).collect();
        assert_eq!(first, second);
        assert_eq!(again.finish().1, None);
    }

    #[test]
    fn a_record_names_its_first_misfit() {
        let mut choices = recorded("delivery 4");
        assert_eq!(choices.choose(Label::Victim, 2, number), 1);
        let why = choices.finish().1.expect("a misfit");
        assert!(["next of 3", "victim of 2", "delivery 4"].iter().all(|part| why.contains(part)), "{why}");
    }

    #[test]
    fn another_meaning_is_a_misfit() {
        for (name, fits) in [("2", true), ("3", false)] {
            let mut choices = recorded(name);
            choices.choose(Label::Next, 3, number);
            let why = choices.finish().1;
            assert_eq!(why.is_none(), fits, "{why:?}");
            assert!(why.is_none_or(|why| why.contains("`3`") && why.contains("`2`")));
        }
    }

    #[test]
    fn leftover_choices_are_a_misfit() {
        assert!(recorded("2").finish().1.is_some());
    }
}
