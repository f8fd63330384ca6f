//! An exhibit: a bug from a public report, as a controller of our own, and what its runs show.
use sim::{Builder, Departures, Failure, Shrunk};

/// Seeds within which every bug must be found.
pub(crate) const SEARCHED: u64 = 400;
/// Seeds over which every fix must hold.
pub(crate) const HELD: u64 = 300;

/// A bug and its fix.
pub(crate) struct Exhibit {
    /// Name of the class of bugs.
    pub(crate) name: &'static str,
    /// Its file in this folder.
    pub(crate) file: &'static str,
    /// The public report.
    pub(crate) report: &'static str,
    /// What the controller does wrong.
    pub(crate) bug: &'static str,
    /// What the repaired controller does.
    pub(crate) fix: &'static str,
    /// The simulation of either.
    pub(crate) simulation: fn(fixed: bool) -> Builder,
}

/// What the runs of an exhibit show.
pub(crate) struct Shown {
    /// Number of runs until the bug was found.
    pub(crate) runs: u64,
    /// Departures from "in order, no fault" of the run that found it.
    pub(crate) departures: usize,
    /// The same run, made smaller.
    pub(crate) shrunk: Shrunk,
}

impl Exhibit {
    /// Searches for the bug, and checks that its fix holds.
    ///
    /// # Errors
    /// A sentence when the bug is not found or does not repeat, or the fix does not hold.
    pub(crate) fn show(&self) -> Result<Shown, String> {
        let of = |fixed| (self.simulation)(fixed).build().map_err(|error| format!("{}: {error}", self.name));
        let broken = of(false)?;
        let explored = broken.explore(0..SEARCHED).map_err(|error| error.to_string())?;
        let found = explored.failure.ok_or_else(|| format!("{}: not found in {SEARCHED} runs", self.name))?;
        if let Some(why) = &found.unrepeatable {
            return Err(format!("{}: {why}", self.name));
        }
        let shrunk = broken.shrink(&found).map_err(|error| error.to_string())?;
        let held = of(true)?.explore(0..HELD).map_err(|error| error.to_string())?;
        match held.failure {
            Some(failure) => Err(format!("{}: the fix does not hold: {failure}", self.name)),
            None => Ok(Shown { runs: explored.runs, departures: Departures::of(&found.choices).len(), shrunk }),
        }
    }
}

impl Shown {
    /// The smallest failure.
    pub(crate) fn failure(&self) -> &Failure {
        &self.shrunk.failure
    }

    /// Steps of its story until the violation.
    pub(crate) fn steps(&self) -> usize {
        let failure = self.failure();
        failure.story.iter().take_while(|step| step.at <= failure.at).count()
    }
}
