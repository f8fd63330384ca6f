//! The score of a search for generated mutants, as data and as tables.
use crate::{
    figures::{counted, grouped, share},
    table::Table,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of every generated mutant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// One row per mutant.
    pub mutants: Vec<GeneratedMutant>,
    /// Places and operators without a mutant, by file: it would not compile.
    pub unviable: BTreeMap<String, u64>,
}

/// What became of one generated mutant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratedMutant {
    /// Name of its protocol.
    pub name: String,
    /// File of the protocol, without `.rs`.
    pub file: String,
    /// Function, with its type.
    pub function: String,
    /// The difference from the protocol.
    pub change: String,
    /// Result of the search.
    pub result: Catch,
    /// Number of runs.
    pub runs: u64,
    /// Invariant or check that caught it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Scenario that caught it, with its preset of faults if that is not its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Command that replays the run that caught it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// Why nothing has to catch it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// Result of the search for one mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Catch {
    /// A run violated something.
    Caught,
    /// No run violated anything.
    Survived,
    /// No run reached its place.
    NotReached,
    /// The search was over before.
    Unfinished,
}

impl Catch {
    const fn words(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Survived => "SURVIVED",
            Self::NotReached => "not reached",
            Self::Unfinished => "not yet",
        }
    }
}

/// Numbers of mutants by result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    caught: u64,
    survived: u64,
    not_reached: u64,
    unfinished: u64,
    justified: u64,
    unviable: u64,
}

impl Count {
    fn add(&mut self, mutant: &GeneratedMutant) {
        match mutant.result {
            Catch::Caught => self.caught += 1,
            Catch::Survived => self.survived += 1,
            Catch::NotReached => self.not_reached += 1,
            Catch::Unfinished => self.unfinished += 1,
        }
        self.justified += u64::from(mutant.because.is_some());
    }

    /// The share of the mutants that were caught, of those whose search has ended; 1 if there are none.
    fn share(self) -> f64 {
        let ended = self.caught + self.survived + self.not_reached;
        if ended == 0 { 1.0 } else { self.caught as f64 / ended as f64 }
    }

    fn cells(self) -> Vec<String> {
        let numbers = [self.caught, self.survived, self.not_reached, self.justified, self.unfinished, self.unviable];
        numbers.map(grouped).into_iter().chain([share(self.share())]).collect()
    }
}

impl Score {
    fn count(&self) -> Count {
        let mut count = Count { unviable: self.unviable.values().sum(), ..Count::default() };
        self.mutants.iter().for_each(|mutant| count.add(mutant));
        count
    }

    /// The share of the mutants that were caught, of those whose search has ended.
    pub fn share(&self) -> f64 {
        self.count().share()
    }

    /// The mutants that were not caught although their search has ended.
    pub fn not_caught(&self) -> impl Iterator<Item = &GeneratedMutant> {
        self.mutants.iter().filter(|mutant| matches!(mutant.result, Catch::Survived | Catch::NotReached))
    }

    /// The result in a sentence.
    pub(crate) fn says(&self, scope: &str) -> String {
        let count = self.count();
        let ended = count.caught + count.survived + count.not_reached;
        let mut says = format!(
            "{} of {} were caught in {scope}: a score of {}; {} survived, {} were not reached, and {} of these are \
             justified.",
            grouped(count.caught),
            counted(ended, "generated mutant"),
            share(count.share()),
            grouped(count.survived),
            grouped(count.not_reached),
            grouped(count.justified)
        );
        if count.unfinished > 0 {
            says += &format!(" {} are still to be run.", grouped(count.unfinished));
        }
        says
    }

    /// Tables by file, by function where something was not caught, and of what was not caught.
    pub(crate) fn tables(&self) -> Vec<Table> {
        let mut files: BTreeMap<&str, Count> = BTreeMap::new();
        let mut functions: BTreeMap<(&str, &str), Count> = BTreeMap::new();
        for mutant in &self.mutants {
            files.entry(&mutant.file).or_default().add(mutant);
            functions.entry((&mutant.file, &mutant.function)).or_default().add(mutant);
        }
        for (file, unviable) in &self.unviable {
            files.entry(file).or_default().unviable = *unviable;
        }
        let numbers = ["caught", "survived", "not reached", "justified", "to run", "unviable", "score"];
        let header = |first: &str| [first].iter().chain(&numbers).map(|&cell| cell.to_owned()).collect();
        let mut rows: Vec<Vec<String>> =
            files.iter().map(|(file, count)| [vec![(*file).to_owned()], count.cells()].concat()).collect();
        rows.push([vec!["all".to_owned()], self.count().cells()].concat());
        let by_file = Table { title: "Generated mutants by file", header: header("file"), rows };
        let open = functions.iter().filter(|(_, count)| count.survived + count.not_reached > 0);
        let rows: Vec<_> = open
            .map(|((file, function), count)| [vec![format!("{file}::{function}")], count.cells()].concat())
            .collect();
        let by_function =
            Table { title: "Functions with mutants that were not caught", header: header("function"), rows };
        let rows: Vec<Vec<String>> = self.not_caught().map(row).collect();
        let header = ["mutant", "place", "change", "result", "because"].map(str::to_owned).to_vec();
        let not_caught = Table { title: "Generated mutants that were not caught", header, rows };
        [by_file, by_function, not_caught].into_iter().filter(|table| !table.rows.is_empty()).collect()
    }
}

fn row(mutant: &GeneratedMutant) -> Vec<String> {
    vec![
        mutant.name.clone(),
        format!("{}::{}", mutant.file, mutant.function),
        mutant.change.clone(),
        mutant.result.words().to_owned(),
        mutant.because.clone().unwrap_or_else(|| "–".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(function: &str, result: Catch, because: Option<&str>) -> GeneratedMutant {
        GeneratedMutant {
            name: "generated-1".to_owned(),
            file: "count".to_owned(),
            function: function.to_owned(),
            change: "`-` for `+`".to_owned(),
            result,
            runs: 1,
            by: None,
            scenario: None,
            replay: None,
            because: because.map(str::to_owned),
        }
    }

    #[test]
    fn score_counts_what_has_ended() {
        let mutants = vec![
            mutant("accept", Catch::Caught, None),
            mutant("accept", Catch::Caught, None),
            mutant("count", Catch::Survived, Some("equivalent")),
            mutant("count", Catch::NotReached, None),
            mutant("count", Catch::Unfinished, None),
        ];
        let score = Score { mutants, unviable: BTreeMap::from([("count".to_owned(), 3)]) };
        assert!((score.share() - 0.5).abs() < f64::EPSILON);
        let tables = score.tables();
        assert_eq!(tables[0].rows[0], ["count", "2", "1", "1", "1", "1", "3", "50.0 %"]);
        assert_eq!(tables[1].rows.len(), 1, "every mutant of `accept` was caught");
        assert_eq!(tables[2].rows.len(), 2);
        assert!(score.says("7 runs").starts_with("2 of 4 generated mutants were caught in 7 runs: a score of 50.0 %"));
    }
}
