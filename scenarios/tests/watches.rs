//! A watch that is tampered with on its way to the oracle is caught, over either transport; an honest one is not.
use apiserver::WatchId;
use model::verdict::Verdict;
use scenarios::{
    catalogue,
    observe::Recorder,
    protocol_name::SHIPPED,
    runner::{Overrides, Prepared, Run, Subject, Transport},
};
use sim::engine::{Choices, Detail, Event, Observer, Random};
use std::collections::BTreeMap;

/// Change to the second event of every watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tampering {
    Nothing,
    Withheld,
    Repeated,
    Overtaken,
}

/// Observer between the simulation and the recorder.
struct Tamperer {
    recorder: Recorder,
    tampering: Tampering,
    events: BTreeMap<WatchId, u32>,
    held: BTreeMap<WatchId, Event>,
}

impl Observer for Tamperer {
    fn event(&mut self, at: u64, event: &Event) {
        let Event::WatchDelivered { watch, .. } = event else { return self.recorder.event(at, event) };
        let events = self.events.entry(*watch).or_default();
        *events += 1;
        match (self.tampering, *events) {
            (Tampering::Withheld, 2) => return,
            (Tampering::Repeated, 2) => self.recorder.event(at, event),
            (Tampering::Overtaken, 2) => {
                self.held.insert(*watch, event.clone());
                return;
            }
            _ => {}
        }
        self.recorder.event(at, event);
        if let Some(late) = self.held.remove(watch) {
            self.recorder.event(at, &late);
        }
    }
}

fn run(transport: Transport, tampering: Tampering) -> Run {
    let scenario = catalogue::find("pair").expect("in the catalogue").clone();
    let protocol = SHIPPED.parse().expect("the shipped protocol");
    let prepared = Prepared::new(Subject::new(scenario, protocol, transport, Overrides::default()), Detail::Chain);
    let tamperer = |recorder| -> Box<dyn Observer> {
        Box::new(Tamperer { recorder, tampering, events: BTreeMap::new(), held: BTreeMap::new() })
    };
    prepared.run_observed(Choices::new(Random::new(5)), false, tamperer).expect("a run")
}

fn caught(run: &Run) -> Vec<&'static str> {
    run.violations().map(|violation| violation.invariant).collect()
}

#[test]
fn honest_streams_are_judged_and_hold() {
    for transport in [Transport::Direct, Transport::Network] {
        let run = run(transport, Tampering::Nothing);
        assert_eq!(run.verdict, Verdict::Held, "{transport}");
        for finding in run.findings.iter().filter(|finding| finding.invariant.starts_with("watch_is_")) {
            let bookmarks = finding.invariant == "watch_is_bookmarkable";
            assert!(bookmarks || finding.checked > 0, "{transport}: {} was not checked", finding.invariant);
        }
    }
}

#[test]
fn tampered_streams_are_caught() {
    for transport in [Transport::Direct, Transport::Network] {
        assert_eq!(caught(&run(transport, Tampering::Withheld)), ["watch_is_reliable"], "{transport}");
        assert_eq!(caught(&run(transport, Tampering::Repeated)), ["watch_is_unique"], "{transport}");
        let late = ["watch_is_ordered", "watch_is_reliable"];
        assert_eq!(caught(&run(transport, Tampering::Overtaken)), late, "{transport}");
    }
}
