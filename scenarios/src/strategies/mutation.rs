//! Mutation: a run that reached something new, up to a point; another pick there; then the old picks, or new ones.
use super::dice::Dice;
use sim::engine::{Label, Odds, Source};
use std::sync::Arc;

/// Makes the choices of such a run.
pub(super) struct Mutation {
    dice: Dice,
    picks: Arc<[u32]>,
    point: usize,
    /// Whether the old picks continue after the point.
    keeps: bool,
    made: usize,
}

impl Mutation {
    pub(super) fn new(seed: u64, picks: Arc<[u32]>) -> Self {
        let mut dice = Dice::new(seed);
        let (point, keeps) = (dice.below(picks.len() as u64) as usize, dice.below(2) == 0);
        Self { dice, picks, point, keeps, made: 0 }
    }
}

impl Source for Mutation {
    fn pick(&mut self, _label: Label, of: u32, odds: Odds) -> u32 {
        let at = self.made;
        self.made += 1;
        match self.picks.get(at) {
            Some(_) if at == self.point => self.dice.below(u64::from(of)) as u32,
            Some(&picked) if at < self.point || self.keeps => picked.min(of - 1),
            _ => self.dice.pick(of, odds),
        }
    }
}
