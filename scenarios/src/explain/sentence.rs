//! The reason for a failure in plain English, from facts of both runs.
use super::{
    neighbour::{Change, Neighbour},
    played::Played,
};
use crate::guide::{Kind, StepName};
use model::oracle::Violation;
use sim::FaultKind;

/// What a sentence is made from.
pub(super) struct Words<'a> {
    pub(super) failing: &'a Played,
    pub(super) violation: &'a Violation,
}

impl Words<'_> {
    /// The reason for the failure.
    pub(super) fn because(&self, neighbour: Option<&Neighbour>) -> String {
        let what = self.what();
        let sentence = match neighbour.map(|neighbour| (&neighbour.change, neighbour)) {
            Some((Change::Swap(first, second), neighbour)) => format!(
                "{what} because {} before {}; had these two been the other way round, {}.",
                self.clause(first, Some(second)),
                self.clause(second, Some(first)),
                self.instead(neighbour)
            ),
            Some((Change::Pick(at, words), _)) => {
                let struck = at.step.as_ref().map_or_else(|| "the run".to_owned(), |step| self.noun(step));
                let fault = words.split(" at ").next().unwrap_or_default();
                format!("{what} because {}; without this fault it holds.", struck_by(fault, &struck))
            }
            Some((Change::Trigger(trigger), _)) => {
                let whose = trigger.on.replica.map_or_else(|| "a".to_owned(), |replica| format!("replica {replica}'s"));
                let struck = format!("{whose} {}", noun(verb(trigger.on.method), trigger.on.resource));
                let fault = struck_by(trigger.effect.kind().name(), &struck);
                format!("{what} because {fault}; without this fault it holds.")
            }
            None if self.failing.guide.is_empty() => {
                format!("{what}: this happens in order and without faults, and no swap of two API calls prevents it.")
            }
            None => format!("{what}: no single swap of two API calls, and no single fault undone, prevents it."),
        };
        capitalised(&sentence)
    }

    /// The difference between both runs.
    pub(super) fn difference(&self, neighbour: Option<&Neighbour>) -> String {
        match neighbour.map(|neighbour| &neighbour.change) {
            Some(Change::Swap(first, second)) => capitalised(&format!(
                "{}, and {} only then.",
                self.clause(second, Some(first)),
                self.clause(first, Some(second))
            )),
            Some(Change::Pick(_, words)) => format!("The same without the fault {words}."),
            Some(Change::Trigger(trigger)) => {
                format!(
                    "The same without the fault {} at {} {}.",
                    trigger.effect.kind().name(),
                    trigger.on.method,
                    trigger.on.resource
                )
            }
            None => String::new(),
        }
    }

    /// The step in which the violation became complete, if it executes a call.
    fn violating(&self) -> Option<&StepName> {
        let until = self.failing.violated_at(self.violation);
        self.failing.steps[..=until.min(self.failing.steps.len().checked_sub(1)?)]
            .last()
            .filter(|step| Played::executes(step))
    }

    /// What happened, without its reason.
    fn what(&self) -> String {
        let actor = self.violating().map_or_else(|| "a replica".to_owned(), |step| step.actor().to_owned());
        let sentence = &self.violation.sentence;
        match self.violation.invariant {
            "one_active_request" if sentence.contains("reactivated") => {
                format!("{actor} made a second RemediationRequest active")
            }
            "one_active_request" => format!("{actor} created a second RemediationRequest"),
            "occurrences_exact" if sentence.contains("more than once") => {
                "a signal was counted more than once".to_owned()
            }
            "occurrences_exact" => "a signal that was accepted is not counted".to_owned(),
            "occurrences_monotonic" => format!("{actor} wrote an older value over a newer one"),
            "one_holder" => format!("{actor} took a lease that was held"),
            "no_foreign_release" => format!("{actor} released a lease that it did not hold"),
            "accepted_means_active" => "a signal was accepted for a RemediationRequest that was not active".to_owned(),
            "reply_tells_truth" => "an answer claims what is not stored".to_owned(),
            "every_signal_ends" => "a signal was never accepted".to_owned(),
            "locks_are_reclaimed" => "a lease was never given back".to_owned(),
            "holder_crash_recovers" => "a signal waited too long after a crash".to_owned(),
            "quiet_is_quiet" => "a replica keeps calling the API although no signal comes".to_owned(),
            "suppressed_creates_nothing" => format!("{actor} created a RemediationRequest that was suppressed"),
            "superseded_takes_no_counts" => format!("{actor} counted on a RemediationRequest that has a successor"),
            "terminating_takes_no_counts" => format!("{actor} counted on a RemediationRequest that is being deleted"),
            "redelivered_begins_nothing" => {
                format!("{actor} created a RemediationRequest for a delivery that was counted")
            }
            "resolved_creates_nothing" => format!("{actor} created a RemediationRequest for a resolved alert"),
            _ => sentence.trim_end_matches('.').to_owned(),
        }
    }

    /// "its check was answered", "replica 0's create took effect".
    fn clause(&self, step: &StepName, other: Option<&StepName>) -> String {
        let noun = self.noun(step);
        // Two calls that have the same words differ in their number.
        let same = other.is_some_and(|other| other.kind == step.kind && self.noun(other) == noun);
        let noun = if same { format!("{noun} number {}", step.nth) } else { noun };
        let reads = matches!(step.call(), Some(("get" | "list" | "watch", _)));
        match step.kind {
            Kind::Deliver => format!("delivery number {} reached {}", step.nth, step.actor()),
            Kind::Watch => format!("event number {} of {noun} arrived", step.nth),
            Kind::Cache | Kind::Control => format!("`{step}` happened"),
            Kind::Answer => format!("the answer to {noun} arrived"),
            Kind::Execute | Kind::Resume if reads => format!("{noun} was answered"),
            Kind::Execute | Kind::Resume => format!("{noun} took effect"),
        }
    }

    /// "its check" for the replica that the sentence is about, "replica 0's check" for others.
    fn noun(&self, step: &StepName) -> String {
        let (verb, resource) = step.call().unwrap_or(("delivery", ""));
        let noun = noun(verb, resource);
        let violating = self.violating().filter(|_| self.what().starts_with("replica"));
        let Some(subject) = violating.filter(|subject| subject.actor() == step.actor()) else {
            return format!("{}'s {noun}", step.actor());
        };
        if subject == step {
            return format!("this {noun}");
        }
        match (self.failing.delivery(step), self.failing.delivery(subject)) {
            (Some(one), Some(other)) if one != other => format!("its {noun} for delivery {one}"),
            _ => format!("its {noun}"),
        }
    }

    /// Course of the neighbour instead, in words.
    fn instead(&self, neighbour: &Neighbour) -> String {
        let Some(step) = self.violating() else { return "the invariant would have held".to_owned() };
        let counts = |played: &Played| {
            let counted = played.steps.iter().filter(|other| {
                let call = other.call();
                Played::executes(other)
                    && other.actor() == step.actor()
                    && matches!(call, Some(("patch" | "update", "remediationrequests/status")))
                    && played.result(other).is_some_and(|(_, writes)| writes > 0)
            });
            counted.count()
        };
        let refused = |step: &StepName| neighbour.run.result(step).is_some_and(|(status, _)| status >= 400);
        match step.call() {
            Some(("create", "remediationrequests"))
                if neighbour.run.position(step).is_none() || counts(&neighbour.run) > counts(self.failing) =>
            {
                "it would have counted the signal".to_owned()
            }
            Some((verb, resource)) if refused(step) => format!("its {} would have been refused", noun(verb, resource)),
            _ => "the invariant would have held".to_owned(),
        }
    }
}

/// Purpose of a call.
fn noun(verb: &str, resource: &str) -> String {
    match (verb, resource) {
        ("list", "remediationrequests") => "check".to_owned(),
        ("get", "remediationrequests") => "read of the RemediationRequest".to_owned(),
        ("create", "remediationrequests") => "create".to_owned(),
        ("patch" | "update", "remediationrequests/status") => "status update".to_owned(),
        ("patch" | "update", "remediationrequests") => "update".to_owned(),
        ("delete", "remediationrequests") => "deletion".to_owned(),
        ("get" | "list", "leases") => "look at the lease".to_owned(),
        ("watch", resource) => format!("watch of {resource}"),
        ("create" | "update" | "patch", "leases") => "write of the lease".to_owned(),
        ("delete", "leases") => "release of the lease".to_owned(),
        ("delivery", _) => "delivery".to_owned(),
        _ => format!("{verb} of {resource}"),
    }
}

const fn verb(method: &str) -> &'static str {
    match method.as_bytes() {
        b"GET" => "get",
        b"POST" => "create",
        b"PUT" => "update",
        b"PATCH" => "patch",
        _ => "delete",
    }
}

/// What a fault did to the call that it struck.
fn struck_by(fault: &str, struck: &str) -> String {
    let kind = FaultKind::ALL.iter().find(|kind| kind.name() == fault);
    match kind {
        Some(FaultKind::LostAnswer) => format!("the answer to {struck} was lost"),
        Some(FaultKind::LostRequest) => format!("{struck} was lost on its way"),
        Some(FaultKind::LateWrite) => format!("{struck} took effect after it had been answered with an error"),
        Some(FaultKind::FalseError) => format!("{struck} took effect although it was answered with an error"),
        Some(FaultKind::SentTwice) => format!("{struck} was sent twice"),
        Some(FaultKind::Delay) => format!("{struck} was held back"),
        Some(FaultKind::Hang) => format!("{struck} was never answered"),
        Some(FaultKind::Conflict) => format!("another write of the same object came just before {struck}"),
        Some(FaultKind::Crash) => format!("a replica crashed at {struck}"),
        Some(FaultKind::Pause) => format!("a replica paused at {struck}"),
        Some(FaultKind::StaleRead) => format!("{struck} was answered from a cache that was behind"),
        Some(kind) => format!("{struck} was struck by the fault {}", kind.name()),
        None if fault.ends_with(" ms") => format!("a clock was wrong by {fault}"),
        None if fault.ends_with(" ppm") => format!("a clock ran at a wrong rate, {fault}"),
        None => format!("of the interference {fault}, at {struck}"),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
