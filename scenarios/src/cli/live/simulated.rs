//! Tries the failures of a live run on the simulated side, and says what came of it.
use crate::{
    cli::{folder::Folder, print, program::quoted},
    live::{history::History, judge::Judgement},
    protocol_name::ProtocolName,
    transfer::{How, Script, Trial, attempt},
};
use model::oracle::Violation;

/// Tries the first violation of each invariant; a sentence for each that the simulation does not show.
pub(super) fn divergences(history: &History, judged: &Judgement, runs: u64, folder: &Folder) -> Vec<String> {
    let protocol: Result<ProtocolName, String> = history.header.protocol.parse();
    let violations = judged.findings.iter().filter_map(|finding| finding.violations.first());
    let mut divergences = Vec::new();
    for violation in violations {
        let tried = protocol
            .clone()
            .and_then(|protocol| one(history, violation, protocol, runs).map_err(|error| format!("{error:#}")));
        match tried {
            Ok((script, trial)) => divergences.extend(said(&script, violation, &trial, folder)),
            Err(why) => print::note(&format!("{}: not tried on the simulated side: {why}", violation.invariant)),
        }
    }
    divergences
}

fn one(history: &History, violation: &Violation, protocol: ProtocolName, runs: u64) -> anyhow::Result<(Script, Trial)> {
    let script = Script::of(history, violation)?;
    let trial = attempt(&script, protocol, violation.invariant, runs)?;
    Ok((script, trial))
}

fn said(script: &Script, violation: &Violation, trial: &Trial, folder: &Folder) -> Option<String> {
    let invariant = violation.invariant;
    let how = match trial.how {
        Some(How::InOrder) => "in a run with the same deliveries and the same order of commits".to_owned(),
        Some(How::Near(found)) => format!("in {found} of {} runs near the order of its commits", trial.runs - 1),
        Some(How::AtRandom(found)) => {
            format!("in {found} of {} runs with the same deliveries at random", trial.runs / 2)
        }
        None => {
            return Some(format!(
                "divergence: the simulation does not violate `{invariant}` in {} runs of the same deliveries; left out \
                 of the history: {}",
                trial.runs,
                script.left_out.join(", ")
            ));
        }
    };
    let file = trial
        .replay
        .as_ref()
        .and_then(|replay| folder.write(&format!("simulated-{invariant}.replay"), &replay.to_text()));
    let again =
        file.map_or_else(String::new, |file| format!(": lockstep replay {}", quoted(&file.display().to_string())));
    print::note(&format!("{invariant}: the simulation violates it too, {how}{again}"));
    None
}
