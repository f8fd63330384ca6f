//! The branches and the decisions of the protocol that the runs of a campaign took, as data and as tables.
use crate::{
    figures::{grouped, share},
    table::Table,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the runs of a campaign took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Every branch, in the order of the files.
    pub branches: Vec<BranchCount>,
    /// Every row of the protocol's tables.
    pub decisions: Vec<DecisionCount>,
    /// Every fault of the gateway's environment in every state of the lock and every phase of the request.
    pub pairs: Vec<PairCount>,
}

/// One branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchCount {
    /// File, from the root of the project.
    pub file: String,
    /// Line at which it begins.
    pub line: u32,
    /// Function, with its type.
    pub function: String,
    /// The branch, in the words of its code.
    pub what: String,
    /// Number of times that it was taken.
    pub times: u64,
    /// Number of runs that took it.
    pub runs: u64,
    /// Number of scenarios whose runs took it.
    pub scenarios: u64,
    /// Reason for which no run has to take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// One row of the protocol's tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionCount {
    /// Subject of the row.
    pub row: String,
    /// Number of runs that took it.
    pub runs: u64,
}

/// A fault of the gateway's environment in one state of the lease and one phase of the request that were written last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairCount {
    /// Name of the fault.
    pub fault: String,
    /// The state of the lock before it.
    pub lock: String,
    /// The phase before it; `none` before the first request.
    pub phase: String,
    /// Number of runs in which it took effect.
    pub runs: u64,
}

/// Numbers of branches.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    all: u64,
    taken: u64,
    justified: u64,
}

impl Count {
    fn add(&mut self, branch: &BranchCount) {
        self.all += 1;
        self.taken += u64::from(branch.runs > 0);
        self.justified += u64::from(branch.runs == 0 && branch.because.is_some());
    }

    fn cells(self) -> Vec<String> {
        let open = self.all - self.taken - self.justified;
        let numbers = [self.all, self.taken, self.justified, open].map(grouped);
        numbers.into_iter().chain([share(self.share())]).collect()
    }

    /// The share of the branches that were taken; 1 if there are none.
    fn share(self) -> f64 {
        if self.all == 0 { 1.0 } else { self.taken as f64 / self.all as f64 }
    }
}

impl Coverage {
    fn count(&self) -> Count {
        let mut count = Count::default();
        self.branches.iter().for_each(|branch| count.add(branch));
        count
    }

    /// The result in a sentence.
    pub(crate) fn says(&self, scope: &str) -> String {
        let count = self.count();
        let decided = self.decisions.iter().filter(|decision| decision.runs > 0).count() as u64;
        format!(
            "{} of {} branches were taken in {scope}: {}; {} of the others are justified. {} of {} decisions were \
             taken.",
            grouped(count.taken),
            grouped(count.all),
            share(count.share()),
            grouped(count.justified),
            grouped(decided),
            grouped(self.decisions.len() as u64)
        )
    }

    /// Tables by file, of what was not taken, of the decisions, and of the pairs.
    pub(crate) fn tables(&self) -> Vec<Table> {
        let mut files: BTreeMap<&str, Count> = BTreeMap::new();
        self.branches.iter().for_each(|branch| files.entry(&branch.file).or_default().add(branch));
        let mut rows: Vec<Vec<String>> =
            files.iter().map(|(file, count)| [vec![(*file).to_owned()], count.cells()].concat()).collect();
        rows.push([vec!["all".to_owned()], self.count().cells()].concat());
        let titled = |title, cells: &[&str], rows| Table {
            title,
            header: cells.iter().map(|&cell| cell.to_owned()).collect(),
            rows,
        };
        let by_file =
            titled("Branches by file", &["file", "branches", "taken", "justified", "not taken", "share"], rows);
        let not_taken = self.branches.iter().filter(|branch| branch.runs == 0).map(row).collect();
        let not_taken = titled("Branches that no run took", &["place", "function", "branch", "because"], not_taken);
        let rows = self.decisions.iter().map(|decision| vec![decision.row.clone(), grouped(decision.runs)]).collect();
        let decisions = titled("Decisions of the protocol", &["row of its tables", "runs"], rows);
        let tables = [by_file, not_taken, decisions, self.pairs()];
        tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
    }

    /// One row per fault and state of the lock, one column per phase.
    fn pairs(&self) -> Table {
        let mut phases: Vec<&str> = self.pairs.iter().map(|pair| &*pair.phase).collect();
        phases.sort_unstable();
        phases.dedup();
        let mut faults: Vec<(&str, &str)> = self.pairs.iter().map(|pair| (&*pair.fault, &*pair.lock)).collect();
        faults.dedup();
        let runs = |of: (&str, &str), phase: &str| {
            let same = |pair: &&PairCount| (&*pair.fault, &*pair.lock) == of && *pair.phase == *phase;
            self.pairs.iter().filter(same).map(|pair| pair.runs).sum::<u64>()
        };
        let row = |of: &(&str, &str)| {
            let cells = phases
                .iter()
                .map(|phase| runs(*of, phase))
                .map(|runs| if runs == 0 { "–".to_owned() } else { grouped(runs) });
            [of.0.to_owned(), of.1.to_owned()].into_iter().chain(cells).collect()
        };
        let header = ["runs by phase", "lock"].iter().chain(&phases).map(|&cell| cell.to_owned()).collect();
        Table {
            title: "Interference by state of the lock and phase of the request",
            header,
            rows: faults.iter().map(row).collect(),
        }
    }
}

fn row(branch: &BranchCount) -> Vec<String> {
    vec![
        format!("{}:{}", branch.file, branch.line),
        branch.function.clone(),
        branch.what.clone(),
        branch.because.clone().unwrap_or_else(|| "–".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch(line: u32, runs: u64, because: Option<&str>) -> BranchCount {
        BranchCount {
            file: "gateway/src/fenced_lease/count.rs".to_owned(),
            line,
            function: "count".to_owned(),
            what: "`if a`: then".to_owned(),
            times: 2 * runs,
            runs,
            scenarios: runs.min(1),
            because: because.map(str::to_owned),
        }
    }

    fn pair(fault: &str, phase: &str, runs: u64) -> PairCount {
        PairCount { fault: fault.to_owned(), lock: "held".to_owned(), phase: phase.to_owned(), runs }
    }

    #[test]
    fn branches_are_taken_justified_or_open() {
        let coverage = Coverage {
            branches: vec![
                branch(1, 3, None),
                branch(2, 1, None),
                branch(3, 0, Some("impossible: x")),
                branch(4, 0, None),
            ],
            decisions: vec![DecisionCount { row: "none known".to_owned(), runs: 2 }],
            pairs: vec![pair("lease-stolen", "none", 1), pair("lease-stolen", "Pending", 0)],
        };
        assert_eq!(
            coverage.says("7 runs"),
            "2 of 4 branches were taken in 7 runs: 50.0 %; 1 of the others are justified. 1 of 1 decisions were taken."
        );
        let tables = coverage.tables();
        assert_eq!(tables[0].rows[1], ["all", "4", "2", "1", "1", "50.0 %"]);
        let open: Vec<&str> = tables[1].rows.iter().map(|row| &*row[3]).collect();
        assert_eq!(open, ["impossible: x", "–"]);
        assert_eq!(tables[3].header, ["runs by phase", "lock", "Pending", "none"]);
        assert_eq!(tables[3].rows, [["lease-stolen", "held", "–", "1"]]);
    }
}
