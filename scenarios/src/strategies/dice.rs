//! Dice: random numbers of one run, and the threads that its steps belong to.
use sim::engine::{Odds, Step, StepView};

/// Random numbers from a seed (splitmix64: a counter, mixed).
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed ^ 0x5DEE_CE66_D1CE_4E5B)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// One of `0..of`; 0 if there is none.
    pub(super) fn below(&mut self, of: u64) -> u64 {
        if of == 0 { 0 } else { self.next() % of }
    }

    /// A pick with these odds.
    pub(super) fn pick(&mut self, of: u32, odds: Odds) -> u32 {
        match odds {
            Odds::Even => self.below(u64::from(of)) as u32,
            Odds::PerMille(chances) if self.below(1_000) < u64::from(chances) => self.other(of),
            Odds::PerMille(_) => 0,
        }
    }

    /// One of `1..of`.
    pub(super) fn other(&mut self, of: u32) -> u32 {
        1 + self.below(u64::from(of.saturating_sub(1))) as u32
    }
}

/// The thread that a step belongs to: steps of one thread happen in order. An actor has three (its calls and their
/// answers, its watch events, its deliveries), and each cache is one.
pub(super) fn thread(step: &StepView) -> u64 {
    let class = match step.step {
        Step::Call | Step::Answer => 0_u64,
        Step::WatchEvent => 1,
        Step::Delivery => 2,
        Step::CacheAdvance => return 3_u64 << 60 | step.feeds,
        Step::Controller => return 4_u64 << 60,
    };
    class << 56 | u64::from(step.actor.unwrap_or(u32::MAX))
}

/// The threads of these steps, each with its first step, in the order of the steps.
pub(super) fn threads(steps: &[StepView]) -> Vec<(u64, u32)> {
    let mut threads: Vec<(u64, u32)> = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        let thread = thread(step);
        if !threads.iter().any(|(known, _)| *known == thread) {
            threads.push((thread, index as u32));
        }
    }
    threads
}
