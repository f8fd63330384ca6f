//! Partial order sampling: every step has a priority of its own, and what races with a step that was taken draws anew.
//!
//! Yuan, Yang, Gu, "Partial order aware concurrency sampling" (CAV 2018). Two steps race if their order matters: one
//! program receives both, or both touch one object and one of them may write. A walk that draws at every step makes
//! long delays unlikely; here a step may stay behind for as long as nothing races with it. Faults have the odds of
//! their preset.
use super::{dice::Dice, shape::Shape, strategy::Strategy};
use sim::engine::{Access, Label, Needs, Odds, Source, Step, StepView};
use std::collections::BTreeMap;

/// The strategy.
pub(super) struct Pos;

impl Strategy for Pos {
    fn source(&self, seed: u64, _shape: &Shape) -> Box<dyn Source> {
        Box::new(Sampled { dice: Dice::new(seed), priorities: BTreeMap::new() })
    }
}

/// What names a step from the moment at which it is possible until it is taken.
type Name = (u8, Option<u32>, u32, u64);

fn name(step: &StepView) -> Name {
    let class = match step.step {
        Step::Answer => 0,
        Step::Call => 1,
        Step::WatchEvent => 2,
        Step::Delivery => 3,
        Step::CacheAdvance => 4,
        Step::Controller => 5,
    };
    let of_stream = matches!(step.step, Step::WatchEvent | Step::CacheAdvance);
    (class, step.actor, step.ordinal, if of_stream { step.resource ^ step.feeds << 32 } else { 0 })
}

/// Whether the order of two steps matters.
fn race(one: &StepView, other: &StepView) -> bool {
    let is_call = |step: &StepView| step.step == Step::Call;
    match (is_call(one), is_call(other)) {
        (true, true) => {
            let writes = |step: &StepView| step.access == Access::Write;
            let known = one.object != 0 && other.object != 0;
            (writes(one) || writes(other)) && one.resource == other.resource && (!known || one.object == other.object)
        }
        (false, false) => one.actor.is_some() && one.actor == other.actor,
        _ => false,
    }
}

struct Sampled {
    dice: Dice,
    priorities: BTreeMap<Name, u64>,
}

impl Source for Sampled {
    fn pick(&mut self, _label: Label, of: u32, odds: Odds) -> u32 {
        self.dice.pick(of, odds)
    }

    fn pick_step(&mut self, steps: &[StepView]) -> u32 {
        let (dice, priorities) = (&mut self.dice, &mut self.priorities);
        let mut priority = |step| *priorities.entry(name(step)).or_insert_with(|| dice.next());
        let highest = (0..).zip(steps).map(|(index, step)| (priority(step), index)).max();
        let picked = highest.map_or(0, |(_, index): (u64, u32)| index);
        let taken = &steps[picked as usize];
        let overtaken = steps.iter().filter(|step| race(taken, step));
        overtaken.for_each(|step| _ = self.priorities.remove(&name(step)));
        self.priorities.remove(&name(taken));
        picked
    }

    fn needs(&self) -> Needs {
        Needs::Steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(actor: u32, access: Access, object: u64) -> StepView {
        let step = Step::Call;
        StepView { step, actor: Some(actor), replica: None, ordinal: 0, access, resource: 7, object, feeds: 0 }
    }

    #[test]
    fn reads_and_other_objects_do_not_race() {
        let (read, write) = (call(1, Access::Read, 5), call(2, Access::Write, 5));
        assert!(race(&read, &write) && race(&write, &write));
        assert!(!race(&read, &call(2, Access::Read, 5)) && !race(&read, &call(2, Access::Write, 6)));
        assert!(race(&read, &call(2, Access::Write, 0)), "its name is not known yet");
    }

    #[test]
    fn a_step_may_stay_behind() {
        let steps = [call(1, Access::Read, 1), call(2, Access::Read, 2), call(3, Access::Read, 3)];
        let shape = Shape::default();
        let last = (0..300).filter(|&seed| {
            let mut source = Pos.source(seed, &shape);
            (0..20).all(|ordinal| {
                let next = StepView { ordinal, ..steps[1] };
                source.pick_step(&[steps[0], next]) == 1
            })
        });
        // With a draw at every step it would be one in a million.
        assert!((5..40).contains(&last.count()));
    }
}
