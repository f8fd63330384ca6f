//! The corpus: failing runs that are kept as small text files in a folder of the user's repository, and replayed first.
//!
//! An entry is a guide, which survives changes of the code as long as the steps that it names exist. An entry that
//! holds is fixed, and stays as a regression test. One whose rules no longer apply is stale: a fixed number of runs
//! near it decides whether the failure is still there.
use crate::{
    fnv,
    guide::{Course, Guide, Steered},
    replay::{Decisions, Replay, ReplayError},
    runner::{Prepared, Run},
};
use model::oracle::Violation;
use sim::{
    RunError,
    engine::{Detail, Random},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Folder that `lockstep run` replays first when it exists.
pub const FOLDER: &str = "lockstep-corpus";
/// Runs near a stale entry, and anywhere in its scenario.
const NEARBY: u64 = 300;
const ANYWHERE: u64 = 150;
/// Near a guide, one choice in so many is up to chance.
const ONE_IN: u32 = 10;

/// One entry of a corpus.
#[derive(Debug)]
pub struct Entry {
    /// Its file.
    pub path: PathBuf,
    /// The run, or the reason for which the file cannot be read.
    pub replay: Result<Replay, ReplayError>,
}

/// Result of an entry's replay.
pub enum Outcome {
    /// It still fails.
    StillFails(Box<Run>),
    /// It holds.
    Fixed,
    /// Its rules do not apply any more, and no run near it fails.
    Stale(String),
    /// Its rules do not apply any more, but a run near it fails: the entry as it should be.
    Moved {
        /// Reason for which the entry is stale.
        why: String,
        /// The entry anew.
        anew: Box<Replay>,
        /// Its run.
        run: Box<Run>,
    },
}

/// The entries of a folder, by name.
///
/// # Errors
/// If the folder or a file cannot be read.
pub fn read(folder: &Path) -> io::Result<Vec<Entry>> {
    let paths: io::Result<Vec<PathBuf>> = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "replay"));
    paths.sort();
    let entry = |path: PathBuf| fs::read_to_string(&path).map(|text| Entry { replay: text.parse(), path });
    paths.into_iter().map(entry).collect()
}

/// The name of an entry's file: scenario, protocol, invariant, and a hash of what the run is.
pub fn name(replay: &Replay) -> String {
    let text = entry(replay).to_text();
    let hash = fnv::hash(text.bytes());
    let invariant = replay.invariant.as_deref().unwrap_or("failure");
    format!("{}-{}-{invariant}-{:08x}.replay", replay.scenario, replay.protocol, hash >> 32)
}

/// A run as an entry: without what only this code can repeat.
#[must_use]
pub fn entry(replay: &Replay) -> Replay {
    Replay { chain: None, code: None, ..replay.clone() }
}

/// Replays an entry.
///
/// # Errors
/// [`RunError`] when a run could not begin.
pub fn check(entry: &Entry) -> Result<Outcome, RunError> {
    let stale = |error: &ReplayError| Outcome::Stale(error.to_string());
    let replay = match &entry.replay {
        Ok(replay) => replay,
        Err(error) => return Ok(stale(error)),
    };
    let subject = match replay.subject() {
        Ok(subject) => subject,
        Err(error) => return Ok(stale(&error)),
    };
    let prepared = Prepared::new(subject, Detail::Chain);
    let run = prepared.run(replay.choices(), true)?;
    if fails(&run, replay).is_some() {
        return Ok(Outcome::StillFails(Box::new(run)));
    }
    let Some(why) = run.outcome.mismatch else { return Ok(Outcome::Fixed) };
    let guide = match &replay.decisions {
        Decisions::Guided(guide) => guide.clone(),
        _ => Guide::default(),
    };
    for seed in 0..NEARBY + ANYWHERE {
        let random = Box::new(Random::new(seed));
        let nearby = seed < NEARBY && !guide.is_empty();
        let course = if nearby { Course::Near(guide.clone(), random, ONE_IN) } else { Course::Source(random) };
        let (choices, log) = Steered::choices(course);
        let run = prepared.run(choices, false)?;
        if fails(&run, replay).is_none() {
            continue;
        }
        // The run as its own guide, which is what the entry becomes.
        let anew = Replay { decisions: Decisions::Guided(log.take().guide), ..replay.clone() };
        let again = prepared.run(anew.choices(), true)?;
        if let Some(violation) = fails(&again, replay) {
            let sentence = Some(violation.sentence.clone());
            return Ok(Outcome::Moved { why, anew: Box::new(Replay { sentence, ..anew }), run: Box::new(again) });
        }
    }
    Ok(Outcome::Stale(why))
}

/// The violation that an entry is about: of its invariant, or any if it names none.
fn fails<'a>(run: &'a Run, replay: &Replay) -> Option<&'a Violation> {
    let wanted = |violation: &&Violation| replay.invariant.as_deref().is_none_or(|name| violation.invariant == name);
    run.violations().find(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Outcome {
        let entry = Entry { path: PathBuf::from("a.replay"), replay: text.parse() };
        check(&entry).expect("a run")
    }

    const RACE: &str = "pair/replicas=1/copies.1=2:none:direct:-:-:placed:1=2";

    fn guided(protocol: &str, rule: &str) -> String {
        let replay: Replay = RACE.replace("none", protocol).parse().expect("a replay string");
        let guide = [rule.parse().expect("a rule")].into_iter().collect();
        let invariant = Some("one_active_request".to_owned());
        Replay { decisions: Decisions::Guided(guide), invariant, ..replay }.to_text()
    }

    #[test]
    fn entries_that_hold_are_fixed() {
        let rule = "first deliver replica 0 #2, then execute replica 0: get deployments #1";
        assert!(matches!(checked(&guided("fenced-lease", rule)), Outcome::Fixed));
    }

    #[test]
    fn stale_entries_are_searched_anew() {
        let gone = "first execute replica 7: list leases #1, then execute replica 0: create leases #1";
        assert!(matches!(checked(&guided("fenced-lease", gone)), Outcome::Stale(_)));
        let Outcome::Moved { why, anew, run } = checked(&guided("none", gone)) else { panic!("it is found nearby") };
        assert!(why.contains("never happened"), "{why}");
        assert!(run.violations().any(|violation| violation.invariant == "one_active_request"));
        assert!(matches!(checked(&anew.to_text()), Outcome::StillFails(_)));
        assert!(matches!(checked("lockstep replay 9\n"), Outcome::Stale(_)));
    }

    #[test]
    fn names_say_what_an_entry_is() {
        let replay: Replay = RACE.parse().expect("a replay string");
        let name = name(&Replay { chain: Some(7), ..replay.clone() });
        assert!(name.starts_with("pair-none-failure-") && name.ends_with(".replay"), "{name}");
        assert_eq!(name, super::name(&replay), "the chain is not part of it");
    }
}
