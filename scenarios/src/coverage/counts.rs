//! How often the runs of a campaign took each branch.
use super::decisions;
use mutants::BRANCHES;

/// How often the runs of a campaign took each branch; empty as long as none was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// By branch.
    times: Vec<u64>,
    /// Number of runs that took it, by branch.
    runs: Vec<u64>,
    /// Number of runs that took it, by decision.
    decided: Vec<u64>,
}

impl Counts {
    /// Adds a run that took each branch so many times.
    pub(crate) fn add_run(&mut self, taken: &[u64]) {
        let ran: Vec<u64> = taken.iter().map(|&times| u64::from(times > 0)).collect();
        let decided = decisions::taken(taken).map(u64::from).collect();
        self.merge(Self { times: taken.to_vec(), runs: ran, decided });
    }

    /// Adds the counts of other runs.
    pub fn merge(&mut self, other: Self) {
        add(&mut self.times, other.times);
        add(&mut self.runs, other.runs);
        add(&mut self.decided, other.decided);
    }

    /// How often a branch was taken.
    pub fn times(&self, branch: usize) -> u64 {
        self.times.get(branch).copied().unwrap_or_default()
    }

    /// How many runs took a branch.
    pub fn runs(&self, branch: usize) -> u64 {
        self.runs.get(branch).copied().unwrap_or_default()
    }

    /// How many runs took a decision.
    pub fn decided(&self, decision: usize) -> u64 {
        self.decided.get(decision).copied().unwrap_or_default()
    }

    /// How many branches were taken.
    pub fn taken(&self) -> usize {
        (0..BRANCHES.len()).filter(|&branch| self.runs(branch) > 0).count()
    }
}

fn add(sums: &mut Vec<u64>, others: Vec<u64>) {
    if sums.is_empty() {
        *sums = others;
        return;
    }
    sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += other);
}
