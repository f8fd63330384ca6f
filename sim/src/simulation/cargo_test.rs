//! A simulation as one test under `cargo test`: seeds from the environment, and a failure that says how to repeat it.
use super::{
    explore::Failure,
    page::{self, Page},
    runner::{Run, Simulation},
    shrink::{Departures, Shrunk},
};
use std::{env, fmt::Write, ops::Range};

/// Seeds: a number of them, or a range such as `1000..2000`.
const SEEDS: &str = "LOCKSTEP_SEEDS";
/// One run: its seed, or its departures.
const REPLAY: &str = "LOCKSTEP_REPLAY";
/// Seeds that a test runs by default.
const DEFAULT_SEEDS: Range<u64> = 0..200;

/// The runs that a test was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wish {
    Seeds(Range<u64>),
    Seed(u64),
    Departures(Departures),
}

impl Wish {
    /// Reads the values of the environment's variables.
    fn new(seeds: Option<&str>, replay: Option<&str>) -> Result<Self, String> {
        if let Some(replay) = replay {
            let departures =
                || replay.parse().map(Wish::Departures).map_err(|error| format!("{REPLAY}: {error}, or a seed"));
            return replay.parse().map(Wish::Seed).or_else(|_| departures());
        }
        let Some(seeds) = seeds else { return Ok(Wish::Seeds(DEFAULT_SEEDS)) };
        let range = match seeds.split_once("..") {
            Some((from, to)) => from.parse().ok().zip(to.parse().ok()).map(|(from, to)| from..to),
            None => seeds.parse().ok().map(|count| 0..count),
        };
        let range = range.filter(|range| !range.is_empty());
        range.map(Wish::Seeds).ok_or_else(|| format!("{SEEDS}: write a number of seeds or a range, not `{seeds}`"))
    }

    fn of_environment() -> Result<Self, String> {
        Wish::new(env::var(SEEDS).ok().as_deref(), env::var(REPLAY).ok().as_deref())
    }
}

impl Simulation {
    /// Explores as a test of `cargo test`, and panics with the first failure, made smaller. The panic's text has the
    /// sentence, the last steps in words, the faults by name, one line that repeats this run, and the path of its page:
    /// an HTML file with the run beside the nearest one that holds, in `LOCKSTEP_PAGES` or cargo's target directory.
    ///
    /// `LOCKSTEP_SEEDS=2000` or `=1000..3000` says which seeds to run; without it there are 200. `LOCKSTEP_REPLAY`
    /// runs one run only: that of a seed, or of departures as a failure prints them. Prints what was delivered.
    ///
    /// # Panics
    /// When a check is violated, when a run cannot begin, and when a variable cannot be read.
    pub fn test(&self) {
        let name = std::thread::current().name().unwrap_or("the test").to_owned();
        let report = Wish::of_environment().and_then(|wish| self.fulfil(wish, &name));
        match report {
            Ok(held) => println!("{held}"),
            Err(why) => panic!("{why}"),
        }
    }

    /// Runs what is wished: a line about what held, or a failure's text.
    fn fulfil(&self, wish: Wish, name: &str) -> Result<String, String> {
        let run = match wish {
            Wish::Seeds(seeds) => return self.search(seeds, name),
            Wish::Seed(seed) => self.seed(seed),
            Wish::Departures(departures) => self.depart(&departures),
        };
        let run = run.map_err(|error| error.to_string())?;
        match Self::failure_of(&run) {
            Some(failure) => Err(text_of(&failure)),
            None => {
                let misfit = run.mismatch.map(|why| format!("; {why}: the program has changed")).unwrap_or_default();
                Ok(format!("{name}: this run holds; faults: {}{misfit}", run.delivered))
            }
        }
    }

    fn search(&self, seeds: Range<u64>, name: &str) -> Result<String, String> {
        let explored = self.explore(seeds).map_err(|error| error.to_string())?;
        let Some(failure) = explored.failure else {
            return Ok(format!("{name}: {} runs held; faults: {}", explored.runs, explored.delivered));
        };
        let found = Departures::of(&failure.choices).len();
        let shrunk = self.shrink(&failure).map_err(|error| error.to_string())?;
        let Shrunk { failure, departures, .. } = &shrunk;
        let mut text = text_of(failure);
        let _ = writeln!(text, "found in run {} of the search, with {found} departures from", explored.runs);
        let _ = writeln!(text, "\"in order, no fault\"; this one has {}", departures.len());
        if let Some(why) = &failure.unrepeatable {
            let _ = writeln!(text, "it may not repeat: {why}");
        }
        let package = env::var("CARGO_PKG_NAME").map(|package| format!("-p {package} ")).unwrap_or_default();
        let replay = format!("{REPLAY}={departures} cargo test {package}-- --exact {name}");
        let neighbour =
            page::neighbour(departures, |rest| self.depart(rest).ok().filter(Run::held).map(|run| run.story));
        let page = Page { name, replay: &replay, shrunk: &shrunk, found, neighbour: neighbour.as_ref() };
        let _ = match page.write() {
            Ok(path) => writeln!(text, "page: {}", path.display()),
            Err(error) => writeln!(text, "the page could not be written: {error}"),
        };
        text.push_str(&replay);
        Err(text)
    }

    fn failure_of(run: &Run) -> Option<Failure> {
        let broken = run.broken.clone()?;
        Some(Failure {
            check: broken.check,
            sentence: broken.sentence,
            at: broken.at,
            seed: 0,
            choices: run.choices.clone(),
            trace: run.trace.clone(),
            story: run.story.clone(),
            delivered: run.delivered.clone(),
            unrepeatable: None,
        })
    }
}

/// A failure's sentence, steps and faults.
fn text_of(failure: &Failure) -> String {
    let mut text = String::new();
    let _ = failure.write_story(&mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_runs() {
        let wish = |seeds, replay| Wish::new(seeds, replay).expect("a wish");
        assert_eq!(wish(None, None), Wish::Seeds(DEFAULT_SEEDS));
        assert_eq!(wish(Some("40"), None), Wish::Seeds(0..40));
        assert_eq!(wish(Some("40..50"), None), Wish::Seeds(40..50));
        assert_eq!(wish(Some("40"), Some("7")), Wish::Seed(7));
        assert_eq!(wish(None, Some("7:1")), Wish::Departures("7:1".parse().expect("departures")));
        for (seeds, replay) in [(Some("many"), None), (Some("5..5"), None), (Some("0"), None), (None, Some("x"))] {
            let why = Wish::new(seeds, replay).expect_err("not a wish");
            assert!(why.starts_with("LOCKSTEP_"), "{why}");
        }
    }
}
