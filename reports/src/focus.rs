//! Selects the entries of a timeline to show when there is not enough room for all of them.
use crate::timeline::{Entry, Happening, Timeline};

/// Indexes of the entries to show, ascending. Together with one row (or column) per gap they take at most `room`.
///
/// Entries are added by relevance while there is room: first the evidence of the violation, then the other entries of
/// the same calls and signals, then those nearest to the evidence; commits and faults count as four times nearer.
pub(crate) fn focus(timeline: &Timeline, room: usize) -> Vec<usize> {
    let entries = &timeline.entries;
    let mut shown: Vec<usize> = Vec::new();
    for index in by_relevance(timeline) {
        let Err(slot) = shown.binary_search(&index) else { continue };
        shown.insert(slot, index);
        if shown.len() + gaps(&shown, entries.len()) > room {
            shown.remove(slot);
        }
    }
    shown
}

fn by_relevance(timeline: &Timeline) -> Vec<usize> {
    let entries = &timeline.entries;
    let indexes = |wanted: &dyn Fn(&Entry) -> bool| -> Vec<usize> {
        entries.iter().enumerate().filter(|(_, entry)| wanted(entry)).map(|(index, _)| index).collect()
    };
    let evidence = indexes(&|entry| entry.critical);
    let critical: Vec<usize> = evidence.into_iter().chain(timeline.pair.iter().copied()).collect();
    let joined: Vec<Thread> = critical.iter().filter_map(|&index| Thread::of(&entries[index].what)).collect();
    let joined = indexes(&|entry| Thread::of(&entry.what).is_some_and(|thread| joined.contains(&thread)));
    let distance = |index: usize| {
        let nearest = critical.iter().map(|&other| index.abs_diff(other)).min().unwrap_or(index);
        match entries[index].what {
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
    others.sort_by_key(|&index| distance(index));
    critical.iter().copied().chain(joined).chain(others).collect()
}

/// The call or signal that several entries belong to.
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

/// Number of gaps between and around the `shown` entries, out of `total`.
fn gaps(shown: &[usize], total: usize) -> usize {
    let mut next = 0;
    let mut gaps = 0;
    for &index in shown {
        gaps += usize::from(index > next);
        next = index + 1;
    }
    gaps + usize::from(total > next)
}
