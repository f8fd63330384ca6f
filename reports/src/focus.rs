//! Which entries of a timeline are worth their room, when there is room for some of them only.
use crate::timeline::{Entry, Happening, Timeline};

/// Places of the entries to show, ascending: at most `room` columns or rows, of which every run of entries left out takes one.
///
/// In this order, as long as there is room: what the violation rests on; the rest of those calls and signals; then the nearest
/// to either, commits and troubles from four times as far.
pub(crate) fn focus(timeline: &Timeline, room: usize) -> Vec<usize> {
    let entries = &timeline.entries;
    let mut shown: Vec<usize> = Vec::new();
    for place in by_relevance(entries) {
        let Err(slot) = shown.binary_search(&place) else { continue };
        shown.insert(slot, place);
        if shown.len() + gaps(&shown, entries.len()) > room {
            shown.remove(slot);
        }
    }
    shown
}

fn by_relevance(entries: &[Entry]) -> Vec<usize> {
    let places = |wanted: &dyn Fn(&Entry) -> bool| -> Vec<usize> {
        entries.iter().enumerate().filter(|(_, entry)| wanted(entry)).map(|(place, _)| place).collect()
    };
    let critical = places(&|entry| entry.critical);
    let joined: Vec<Thread> = critical.iter().filter_map(|&place| Thread::of(&entries[place].what)).collect();
    let joined = places(&|entry| Thread::of(&entry.what).is_some_and(|thread| joined.contains(&thread)));
    let distance = |place: usize| {
        let nearest = critical.iter().map(|&other| place.abs_diff(other)).min().unwrap_or(place);
        match entries[place].what {
            Happening::CallCommitted { .. }
            | Happening::Fault
            | Happening::Crash
            | Happening::Restart
            | Happening::Pause
            | Happening::Resume => nearest / 4,
            _ => nearest,
        }
    };
    let mut others: Vec<usize> = (0..entries.len()).collect();
    others.sort_by_key(|&place| distance(place));
    critical.iter().copied().chain(joined).chain(others).collect()
}

/// What joins several entries to one: a call or a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thread {
    /// An API call.
    Call(u64),
    /// A signal.
    Signal(u32),
}

impl Thread {
    pub(crate) const fn of(what: &Happening) -> Option<Self> {
        match what {
            Happening::SignalSent { signal }
            | Happening::SignalArrives { signal }
            | Happening::SignalAnswered { signal, .. } => Some(Self::Signal(*signal)),
            Happening::CallSent { call, .. }
            | Happening::CallCommitted { call, .. }
            | Happening::CallAnswered { call, .. } => Some(Self::Call(*call)),
            Happening::WatchEvent
            | Happening::Fault
            | Happening::Crash
            | Happening::Restart
            | Happening::Pause
            | Happening::Resume => None,
        }
    }
}

/// How many runs of entries are left out between and around the `shown` ones, out of `total`.
fn gaps(shown: &[usize], total: usize) -> usize {
    let mut next = 0;
    let mut gaps = 0;
    for &place in shown {
        gaps += usize::from(place > next);
        next = place + 1;
    }
    gaps + usize::from(total > next)
}
