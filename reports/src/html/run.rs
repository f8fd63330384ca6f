//! One run, step by step: a table of its steps, its objects version by version, and what the page's script needs to
//! show any moment of it.
use super::{lanes, spans::Spans, versions};
use crate::{
    figures::moment,
    timeline::{Copied, LaneKind, Timeline, View},
};
use askama::Template;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A run that the page draws.
#[derive(Template)]
#[template(path = "run.html")]
pub(super) struct Run<'a> {
    /// Name of the run inside the page.
    pub(super) id: String,
    /// The run in words, such as `the smallest run that fails`.
    pub(super) title: &'a str,
    /// Whether it is unfolded at first.
    open: bool,
    pub(super) steps: Vec<Step<'a>>,
    versions: Vec<Written<'a>>,
    /// Number of the step at which the player begins.
    start: usize,
    data: String,
}

/// One step of a run.
pub(super) struct Step<'a> {
    /// Its number among the evidence, if it is evidence.
    pub(super) number: Option<usize>,
    /// `A` or `B`, if it is one of the two steps whose order decides.
    pub(super) pair: &'static str,
    pub(super) at: String,
    pub(super) lane: &'a str,
    pub(super) text: &'a str,
    pub(super) by: String,
}

/// One version of an object.
struct Written<'a> {
    lane: usize,
    name: &'a str,
    /// Number of the step, from 1.
    step: usize,
    at: String,
    change: &'static str,
    text: String,
}

impl<'a> Run<'a> {
    pub(super) fn of(timeline: &'a Timeline, id: String, title: &'a str, open: bool) -> Self {
        let decides = timeline.pair.iter().copied().min();
        let evidence = || timeline.entries.iter().position(|entry| entry.critical);
        Self {
            id,
            title,
            open,
            steps: steps(timeline),
            versions: written(timeline),
            start: decides.or_else(evidence).unwrap_or(0),
            data: data(timeline),
        }
    }

    /// The steps that are evidence.
    pub(super) fn evidence(&self) -> impl Iterator<Item = &Step<'a>> {
        self.steps.iter().filter(|step| step.number.is_some())
    }
}

/// The drawing of a run whose steps are on the page too.
pub(super) fn drawing(timeline: &Timeline, run: &str, label: &str) -> String {
    lanes::draw(timeline, label, run)
}

fn steps(timeline: &Timeline) -> Vec<Step<'_>> {
    let mut evidence = 0;
    let mut steps = Vec::new();
    for (index, entry) in timeline.entries.iter().enumerate() {
        evidence += usize::from(entry.critical);
        let lane = timeline.lanes.get(entry.lane);
        let own = lane.is_some_and(|lane| lane.kind == LaneKind::Replica);
        steps.push(Step {
            number: entry.critical.then_some(evidence),
            pair: match timeline.pair.iter().position(|&other| other == index) {
                Some(0) => "A",
                Some(_) => "B",
                None => "",
            },
            at: moment(entry.at_us),
            lane: lane.map_or("", |lane| &lane.name),
            text: &entry.text,
            by: entry.replica.filter(|_| !own).map_or_else(String::new, |replica| format!("replica {replica}")),
        });
    }
    steps
}

fn written(timeline: &Timeline) -> Vec<Written<'_>> {
    let mut exist: BTreeSet<usize> = BTreeSet::new();
    let mut written = Vec::new();
    for (version, text) in timeline.versions.iter().zip(versions::texts(&timeline.versions)) {
        let first = exist.insert(version.lane);
        if version.object.is_none() {
            exist.remove(&version.lane);
        }
        written.push(Written {
            lane: version.lane,
            name: timeline.lanes.get(version.lane).map_or("", |lane| &lane.name),
            step: version.entry + 1,
            at: timeline.entries.get(version.entry).map_or_else(String::new, |entry| moment(entry.at_us)),
            change: match (&version.object, first) {
                (None, _) => "deleted",
                (Some(_), true) => "created",
                (Some(_), false) => "changed",
            },
            text,
        });
    }
    written
}

/// What the script shows beside the steps, as JSON without `<`, which could end its element.
fn data(timeline: &Timeline) -> String {
    let kind = |kind| match kind {
        LaneKind::Sender => "sender",
        LaneKind::Replica => "replica",
        LaneKind::Actor => "actor",
        LaneKind::Object => "object",
    };
    let lanes: Vec<Value> = timeline.lanes.iter().map(|lane| json!([lane.name, kind(lane.kind)])).collect();
    let copy = |copy: &Copied| {
        let behind: Vec<_> = copy.behind.iter().map(|behind| [behind.from as u64, behind.writes]).collect();
        json!([copy.name, behind])
    };
    let view = |view: &View| json!([view.lane, view.from, view.object, view.version]);
    let data = json!({
        "lanes": lanes,
        "replicas": replicas(timeline),
        "copies": timeline.copies.iter().map(copy).collect::<Vec<_>>(),
        "views": timeline.views.iter().map(view).collect::<Vec<_>>(),
    });
    data.to_string().replace('<', "\\u003c")
}

/// The changes of each replica's state: its lane, the step, and what it is then.
fn replicas(timeline: &Timeline) -> Vec<Value> {
    let replicas: Vec<usize> =
        (0..timeline.lanes.len()).filter(|&lane| timeline.lanes[lane].kind == LaneKind::Replica).collect();
    let (mut spans, mut last) = (Spans::new(timeline), vec![String::new(); timeline.lanes.len()]);
    let mut changes = Vec::new();
    for index in 0..timeline.entries.len() {
        let states = spans.pass(index);
        for &lane in &replicas {
            let now = states[lane].words();
            if now != last[lane] {
                changes.push(json!([lane, index, now]));
                last[lane] = now;
            }
        }
    }
    changes
}
