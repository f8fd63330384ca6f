//! Strategies compared: the runs that each needs to catch the same mutants.
use crate::{
    figures::{grouped, rate},
    table::Table,
};
use serde::{Deserialize, Serialize};

/// The runs that each strategy needs, for the mutants that random runs do not catch at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Strategies {
    /// Names of the strategies; the first is what the others are compared with.
    pub names: Vec<String>,
    /// Number of seeds per mutant and strategy.
    pub seeds: u64,
    /// Runs after which a seed gave up.
    pub most: u64,
    /// Only mutants that need more runs than this under the first strategy are compared.
    pub more_than: u64,
    /// One row per mutant.
    pub mutants: Vec<Needed>,
}

/// The runs that each strategy needs to catch one mutant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Needed {
    /// Name of the mutant.
    pub mutant: String,
    /// Median over the seeds, by strategy; absent if half of the seeds gave up.
    pub medians: Vec<Option<f64>>,
}

impl Strategies {
    /// How many times fewer runs a strategy needs than the first one: the median over the mutants, of which a seed that
    /// gave up counts as all its runs.
    pub fn gain(&self, strategy: usize) -> Option<f64> {
        let runs = |median: Option<f64>| median.unwrap_or(self.most as f64);
        let gain = |needed: &Needed| {
            let (first, other) = (*needed.medians.first()?, *needed.medians.get(strategy)?);
            Some(runs(first) / runs(other).max(1.0))
        };
        let mut gains: Vec<f64> = self.mutants.iter().filter_map(gain).collect();
        gains.sort_by(f64::total_cmp);
        match gains.len() {
            0 => None,
            odd if odd % 2 == 1 => Some(gains[odd / 2]),
            even => Some(f64::midpoint(gains[even / 2 - 1], gains[even / 2])),
        }
    }

    pub(crate) fn table(&self) -> Table {
        let header = ["mutant".to_owned()].into_iter().chain(self.names.iter().cloned()).collect();
        let shown = |median: &Option<f64>| match median {
            Some(runs) => rate(*runs),
            None => format!("> {}", grouped(self.most)),
        };
        let row =
            |needed: &Needed| [needed.mutant.clone()].into_iter().chain(needed.medians.iter().map(shown)).collect();
        let mut rows: Vec<Vec<String>> = self.mutants.iter().map(row).collect();
        let gains = (0..self.names.len())
            .map(|strategy| self.gain(strategy).map_or_else(|| "–".to_owned(), |gain| format!("{} ×", rate(gain))));
        rows.push(["fewer runs, median".to_owned()].into_iter().chain(gains).collect());
        Table { title: "Runs to catch a mutant, median of the seeds", header, rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gain_is_the_median_over_mutants() {
        let needed = |medians: [Option<f64>; 2]| Needed { mutant: "m".to_owned(), medians: medians.to_vec() };
        let strategies = Strategies {
            names: vec!["random".to_owned(), "pct".to_owned()],
            seeds: 5,
            most: 400,
            more_than: 10,
            mutants: vec![
                needed([Some(100.0), Some(10.0)]),
                needed([Some(20.0), Some(40.0)]),
                needed([None, Some(200.0)]),
            ],
        };
        assert_eq!(strategies.gain(0), Some(1.0));
        assert_eq!(strategies.gain(1), Some(2.0));
        let table = strategies.table();
        assert_eq!(table.rows[2], ["m", "> 400", "200"]);
        assert_eq!(table.rows[3], ["fewer runs, median", "1.00 ×", "2.00 ×"]);
    }
}
