//! The plan of a campaign: which run of which subject comes next.
//!
//! A campaign begins with one run of every subject, so that the shortest one has touched them all. Then it goes through
//! rounds. In one round each subject runs as often as its share says, and the runs of all subjects are spread evenly
//! over the round, so that a campaign that ends early has still run each of them in proportion. A number is enough to
//! find a turn: a plan for 10^11 runs needs no more memory than its shares, and any number of threads can share one
//! counter.

/// Runs per unit of a scenario's weight when the whole catalogue is run.
pub const RUNS_PER_WEIGHT: u64 = 14;

/// One run of one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Index of the subject.
    pub subject: usize,
    /// Number of the run among the subject's runs, from 0.
    pub run: u64,
}

/// The order of all runs of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    shares: Vec<u64>,
    /// The turns of the first round: the first run of every subject, then the others.
    first: Vec<Turn>,
    /// The turns of every later round, as if they were of the first.
    round: Vec<Turn>,
    rounds: Option<u64>,
    /// This machine's part of the turns, from 0, and the number of parts.
    part: (u64, u64),
}

impl Plan {
    /// A plan in which each subject runs as often as its share says in every round. `rounds` limits the plan; `None`
    /// does not.
    ///
    /// A round is kept in memory: shares must be small numbers.
    pub fn new(shares: Vec<u64>, rounds: Option<u64>) -> Self {
        let turns = shares.iter().enumerate();
        let mut round: Vec<Turn> =
            turns.flat_map(|(subject, &share)| (0..share).map(move |run| Turn { subject, run })).collect();
        // Run r of n is at (r + 1/2) / n of the round: compared as (2r + 1) / n, without rounding.
        let position = |turn: &Turn| (u128::from(2 * turn.run + 1), u128::from(shares[turn.subject]));
        round.sort_by(|one, other| {
            let ((at, of), (other_at, other_of)) = (position(one), position(other));
            (at * other_of).cmp(&(other_at * of)).then(one.subject.cmp(&other.subject))
        });
        let (mut first, others): (Vec<Turn>, Vec<Turn>) = round.iter().partition(|turn| turn.run == 0);
        first.sort_by_key(|turn| turn.subject);
        first.extend(others);
        Self { shares, first, round, rounds, part: (0, 1) }
    }

    /// Part `index` of `of` parts of this plan: every `of`-th turn.
    #[must_use]
    pub fn part(mut self, index: usize, of: usize) -> Self {
        self.part = (index as u64, of.max(1) as u64);
        self
    }

    /// The default plan of the whole catalogue, given the weights of its scenarios.
    pub fn of_catalogue(weights: impl IntoIterator<Item = u64>) -> Self {
        Self::new(weights.into_iter().collect(), Some(RUNS_PER_WEIGHT))
    }

    /// A plan in which each of `subjects` subjects runs `runs` times.
    pub fn each(subjects: usize, runs: u64) -> Self {
        Self::new(vec![1; subjects], Some(runs))
    }

    /// The turn of this number; `None` after the last one.
    pub fn turn(&self, number: u64) -> Option<Turn> {
        let (index, of) = self.part;
        let number = number.checked_mul(of)?.checked_add(index)?;
        let length = self.round.len() as u64;
        let round = number.checked_div(length)?;
        if self.rounds.is_some_and(|rounds| round >= rounds) {
            return None;
        }
        let turns = if round == 0 { &self.first } else { &self.round };
        let Turn { subject, run } = turns[(number % length) as usize];
        Some(Turn { subject, run: round * self.shares[subject] + run })
    }

    /// Runs of each subject in one round, and the number of rounds if it is limited.
    pub fn shares(&self) -> (&[u64], Option<u64>) {
        (&self.shares, self.rounds)
    }

    /// This machine's part of the turns, from 0, and the number of parts.
    pub fn part_of(&self) -> (u64, u64) {
        self.part
    }

    /// Number of subjects.
    pub fn subjects(&self) -> usize {
        self.shares.len()
    }

    /// Number of turns; `None` without a limit.
    pub fn total(&self) -> Option<u64> {
        let (index, of) = self.part;
        let whole = self.rounds.map(|rounds| rounds.saturating_mul(self.round.len() as u64));
        whole.map(|whole| whole.saturating_sub(index).div_ceil(of))
    }

    /// Number of turns of a subject, over all parts; `None` without a limit.
    pub fn runs_of(&self, subject: usize) -> Option<u64> {
        self.rounds.map(|rounds| rounds.saturating_mul(self.shares[subject]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(plan: &Plan, count: u64) -> Vec<(usize, u64)> {
        (0..count).map_while(|number| plan.turn(number)).map(|turn| (turn.subject, turn.run)).collect()
    }

    /// All runs of all subjects, sorted by their position in the whole campaign.
    fn reference(runs: &[u64]) -> Vec<(usize, u64)> {
        let subjects = runs.iter().enumerate();
        let mut all: Vec<(usize, u64)> =
            subjects.flat_map(|(subject, &runs)| (0..runs).map(move |run| (subject, run))).collect();
        all.sort_by(|&(subject, run), &(other, other_run)| {
            let (position, other_position) = ((2 * run + 1) * runs[other], (2 * other_run + 1) * runs[subject]);
            position.cmp(&other_position).then(subject.cmp(&other))
        });
        all
    }

    #[test]
    fn rounds_are_the_order_of_the_whole_campaign() {
        for (shares, rounds) in [(vec![4, 2], 1), (vec![4, 2], 3), (vec![1, 1, 1], 5), (vec![100, 5, 60, 2], 14)] {
            let runs: Vec<u64> = shares.iter().map(|share| share * rounds).collect();
            let plan = Plan::new(shares.clone(), Some(rounds));
            let (length, reference) = (shares.iter().sum::<u64>() as usize, reference(&runs));
            let turns = turns(&plan, u64::MAX);
            assert_eq!(turns[length..], reference[length..], "{shares:?} in {rounds} rounds");
            let [mut first, mut expected] = [&turns, &reference].map(|turns| turns[..length].to_vec());
            first.sort_unstable();
            expected.sort_unstable();
            assert_eq!(first, expected, "the first round has the same turns");
            assert_eq!(plan.total(), Some(runs.iter().sum()));
        }
    }

    #[test]
    fn every_subject_runs_once_first() {
        let plan = Plan::new(vec![100, 1, 0, 7], Some(14));
        assert_eq!(turns(&plan, 3), [(0, 0), (1, 0), (3, 0)]);
    }

    #[test]
    fn parts_are_the_whole_plan() {
        let plan = Plan::new(vec![5, 2], Some(3));
        let parts = (0..4).map(|index| plan.clone().part(index, 4));
        let mut all: Vec<(usize, u64)> = parts
            .flat_map(|part| {
                let turns = turns(&part, u64::MAX);
                assert_eq!(part.total(), Some(turns.len() as u64));
                turns
            })
            .collect();
        all.sort_unstable();
        let mut whole = turns(&plan, u64::MAX);
        whole.sort_unstable();
        assert_eq!((all, plan.runs_of(0)), (whole, Some(15)));
    }

    #[test]
    fn every_subject_runs_in_proportion_at_any_time() {
        let plan = Plan::new(vec![100, 10], None);
        let first: Vec<(usize, u64)> = turns(&plan, 1_100);
        assert_eq!(first.iter().filter(|(subject, _)| *subject == 1).count(), 100);
        assert_eq!(first[..11].iter().filter(|(subject, _)| *subject == 1).count(), 1);
        assert_eq!(plan.turn(11 * 1_000_000_000_000), Some(Turn { subject: 0, run: 10_000_000_000_000 }));
        assert_eq!(plan.total(), None);
    }

    #[test]
    fn hundred_billion_runs_need_no_list() {
        let plan = Plan::each(44, 100_000_000_000);
        assert_eq!(plan.round.len(), 44);
        assert_eq!(plan.total(), Some(4_400_000_000_000));
        assert_eq!(plan.turn(4_399_999_999_999), Some(Turn { subject: 43, run: 99_999_999_999 }));
        assert_eq!(plan.turn(4_400_000_000_000), None);
    }

    #[test]
    fn empty_plan_has_no_turn() {
        assert_eq!(Plan::new(Vec::new(), None).turn(0), None);
        assert_eq!(Plan::new(vec![0, 0], Some(3)).turn(0), None);
    }
}
