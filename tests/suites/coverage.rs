//! Which branches of the protocol runs take: the counters count, the justifications and the decisions are about
//! branches and rows that exist, and no run takes what is justified.
use scenarios::{
    campaign::{self, Budget, Plan, Progress},
    catalogue::CATALOGUE,
    coverage::{self, BRANCHES, Branch, Counts, DECISIONS, JUSTIFIED, Reason},
    protocol_name::ProtocolName,
    runner::{Overrides, Subject, Transport},
    strategies::StrategyName,
};
use sim::Faults;
use std::{collections::BTreeSet, fs, path::Path};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root of the project")
}

fn subject(scenario: &str, faults: Option<Faults>) -> Subject {
    tests::subject(scenario, "covered", faults)
}

fn counts(subjects: &[Subject], runs: u64, jobs: usize) -> Counts {
    let budget = Budget {
        plan: Plan::each(subjects.len(), runs),
        deadline: None,
        seed: 3,
        strategy: StrategyName::Random,
        jobs,
        fail_fast: false,
        doublecheck: 10,
    };
    let mut counts = Counts::default();
    for tally in campaign::run(subjects, &budget, &Progress::default()) {
        assert_eq!(tally.broken, None);
        counts.merge(tally.branches);
    }
    counts
}

fn taken(counts: &Counts, module: &str, function: &str, what: &str) -> u64 {
    let is = |branch: &Branch| (branch.module(), branch.function, branch.what) == (module, function, what);
    let number = BRANCHES.iter().position(is).unwrap_or_else(|| panic!("no branch is {module}::{function}: {what}"));
    counts.times(number)
}

#[test]
fn runs_take_what_their_scenario_is_about() {
    let closed = |counts: &Counts| taken(counts, "closing", "close", "the arm `Ok(closed)`");
    let first = |counts: &Counts| taken(counts, "plan", "plan_first", "`if foreign_activity(writer)`: else");
    let [burst, cooldown] = ["burst", "count-after-cooldown"].map(|name| counts(&[subject(name, None)], 5, 1));
    assert_eq!(closed(&burst), 0, "nothing suppresses in a burst");
    assert!(closed(&cooldown) > 0, "what may suppress is closed");
    assert!(first(&burst) >= 5, "each run begins an episode");
    let side = |side| taken(&burst, "begin", "create", &format!("`if writer.now() >= issue_until`: {side}"));
    assert_eq!(side("then") + side("else"), taken(&burst, "begin", "create", "the function"), "one side is taken");
}

#[test]
fn the_same_runs_give_the_same_counts() {
    let subjects = [subject("burst", Some(Faults::HOSTILE)), subject("pair", None)];
    let one = counts(&subjects, 6, 1);
    assert_eq!(one, counts(&subjects, 6, 2), "threads change nothing, and neither do runs that are made twice");
    assert!(one.taken() > BRANCHES.len() / 4, "{} of {}", one.taken(), BRANCHES.len());
}

#[test]
fn branches_begin_where_the_table_says() {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut looked = 0;
    for branch in BRANCHES {
        let text =
            fs::read_to_string(root().join(branch.file)).unwrap_or_else(|error| panic!("{}: {error}", branch.file));
        let line = text.lines().nth(branch.line as usize - 1).unwrap_or_else(|| panic!("{branch} is after the end"));
        let Some(pattern) = branch.what.strip_prefix("the arm `") else { continue };
        let pattern = pattern.split('`').next().unwrap_or_default();
        let word = pattern.split(|c| !is_word(c)).find(|word| word.len() > 3);
        if let Some(word) = word {
            assert!(line.contains(word), "{}:{} is not {branch}: {line}", branch.file, branch.line);
            looked += 1;
        }
    }
    assert!(looked > 100, "only {looked} arms");
}

#[test]
fn decisions_are_the_rows_of_the_document() {
    let text = fs::read_to_string(root().join("docs/protocol/rules.md")).expect("the rules");
    let mut rows = Vec::new();
    let mut above = String::new();
    for line in text.lines().map(str::trim).filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if cells.iter().all(|cell| cell.chars().all(|c| c == '-')) {
            // The row before it is the table's head.
            rows.pop();
            continue;
        }
        let [about @ .., _] = &*cells else { continue };
        if let [first, ..] = about
            && !first.is_empty()
        {
            (*first).clone_into(&mut above);
        }
        let named = std::iter::once(above.as_str()).chain(about.iter().skip(1).copied());
        rows.push(named.filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("; "));
    }
    let known: Vec<&str> = DECISIONS.iter().map(|decision| decision.row).collect();
    assert_eq!(known, rows);
    let missing: Vec<String> = DECISIONS.iter().flat_map(coverage::Decision::missing).collect();
    assert_eq!(missing, Vec::<String>::new());
}

/// The sources whose tests cover what runs do not.
fn sources() -> String {
    let folders = ["gateway/coalescer/tests", "gateway/src/fenced_lease", "gateway/src/fenced_lease/tests"];
    let files = folders.iter().flat_map(|folder| fs::read_dir(root().join(folder)).expect("a folder"));
    let files = files.map(|file| file.expect("a file").path()).chain([root().join("scenarios/tests/network.rs")]);
    let texts = files.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).expect("a text"));
    texts.collect()
}

#[test]
fn no_run_takes_what_is_justified() {
    assert_eq!(coverage::stale(), Vec::<String>::new());
    let mut names = BTreeSet::new();
    for untaken in JUSTIFIED.iter().copied().flatten() {
        for what in untaken.whats {
            assert!(names.insert((untaken.module, untaken.function, what)), "{} is listed twice", untaken.function);
        }
    }
    let suites = sources();
    for untaken in JUSTIFIED.iter().copied().flatten() {
        if let Reason::Elsewhere(_, test) = untaken.reason {
            assert!(suites.contains(&format!("fn {test}()")), "no test is {test}");
        }
    }
    let hostile = Overrides { faults: Some(Faults::HOSTILE), replicas: None };
    let subjects: Vec<Subject> = CATALOGUE
        .iter()
        .map(|scenario| {
            let overrides = if scenario.needs_its_own_faults() { Overrides::default() } else { hostile };
            Subject::new((*scenario).clone(), ProtocolName::Covered, Transport::Direct, overrides)
        })
        .collect();
    let counts = counts(&subjects, 2, 2);
    assert_eq!(coverage::unmet(&counts, false), Vec::<String>::new());
    let justified = BRANCHES.iter().filter(|branch| coverage::reason(branch).is_some()).count();
    let of_no_run = coverage::unmet(&Counts::default(), true).len();
    assert_eq!(of_no_run, BRANCHES.len() - justified + DECISIONS.len(), "without a run nothing is taken");
}
