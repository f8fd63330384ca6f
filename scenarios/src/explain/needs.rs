//! Faults of the run: each is undone, to see whether the run fails without it.
use super::played::{Played, Stage};
use crate::{
    edits::{Edit, Edits, Part},
    guide::{
        Course, Guide,
        rules::{At, Rule},
    },
    replay::Replay,
    runner::Subject,
    shrink::is_fault,
};
use sim::Trigger;

/// A fault of the run, and the run without it.
pub(super) struct Need {
    /// The fault in words.
    pub(super) words: String,
    /// The pick that made it; None for a trigger.
    pub(super) at: Option<At>,
    /// The trigger that made it.
    pub(super) trigger: Option<Trigger>,
    /// Whether the run holds without it.
    pub(super) needed: bool,
    /// The run without it, if that holds.
    pub(super) without: Option<Played>,
}

/// The faults of the run, as its guide and its triggers have them.
pub(super) fn of(stage: &Stage, replay: &Replay, guide: &Guide) -> Vec<Need> {
    let mut needs = Vec::new();
    for (at, picked) in guide.picks.iter().filter(|(at, _)| is_fault(at.label)) {
        if stage.over() {
            return needs;
        }
        let others = guide.rules().into_iter().filter(|rule| !matches!(rule, Rule::Pick(other, _) if other == at));
        let played = stage.play(Course::Guide(others.collect())).ok();
        let without = played.filter(|played| stage.target.find(&played.violations).is_none());
        let step = at.step.as_ref().map_or_else(|| "the start".to_owned(), ToString::to_string);
        let words = format!("{} at {step}", picked.meaning);
        needs.push(Need { words, at: Some(at.clone()), trigger: None, needed: without.is_some(), without });
    }
    let left = stage.subject.scenario.triggers.len();
    let numbers = (1..).filter(|number| !dropped(&replay.edits, *number)).take(left);
    for (number, trigger) in numbers.zip(stage.subject.scenario.triggers.iter()) {
        if stage.over() {
            return needs;
        }
        let edits = replay.edits.and(Edit { part: Part::Trigger(number), left: 0 });
        let subject = Replay { edits, ..replay.clone() }.subject().ok();
        let played = subject.and_then(|subject: Subject| stage.play_in(subject, Course::Guide(guide.clone())).ok());
        let without = played.filter(|played| stage.target.find(&played.violations).is_none());
        let on = trigger.on;
        let whose = on.replica.map(|replica| format!("replica {replica}: ")).unwrap_or_default();
        let words = format!("{} at {whose}{} {}", trigger.effect.kind().name(), on.method, on.resource);
        needs.push(Need { words, at: None, trigger: Some(*trigger), needed: without.is_some(), without });
    }
    needs
}

fn dropped(edits: &Edits, number: usize) -> bool {
    edits.iter().any(|edit| (edit.part, edit.left) == (Part::Trigger(number), 0))
}
