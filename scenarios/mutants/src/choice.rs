//! The choice of a run among the generated mutants, and which of their places it reached.
//!
//! A run is one thread. The first replica that starts in it sets the choice.
use crate::{
    generated_table::GENERATED,
    scale::{self, Scale},
};
use std::cell::Cell;

/// Choices between two events of a run after which nothing more will happen: usually there are some hundred.
const CHOICES_MAX: u32 = 2_000_000;
/// The same once that has happened in a run: it is known by then.
const CHOICES_MAX_AGAIN: u32 = 20_000;
const WORDS: usize = GENERATED.len().div_ceil(u64::BITS as usize);

thread_local! {
    static ACTIVE: Cell<u16> = const { Cell::new(u16::MAX) };
    static MADE: Cell<u32> = const { Cell::new(0) };
    static MOST: Cell<u32> = const { Cell::new(CHOICES_MAX) };
    static REACHED: [Cell<u64>; WORDS] = const { [const { Cell::new(0) }; WORDS] };
}

/// Sets the mutant of this thread, by its number; `None` for the unchanged copy.
pub(crate) fn set(number: Option<u16>) {
    ACTIVE.set(number.unwrap_or(u16::MAX));
    MADE.set(0);
    MOST.set(CHOICES_MAX);
}

/// Something has happened in the run of this thread: what the replicas do is not a loop without end.
pub fn note_event() {
    MADE.set(0);
}

/// The numbers of the mutants whose places this thread reached since the last call, ascending.
pub fn take_reached() -> Vec<u16> {
    let words: Vec<u64> = REACHED.with(|words| words.iter().map(Cell::take).collect());
    let bits = |(word, bits): (usize, u64)| {
        (0..u64::BITS).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| (word as u32 * u64::BITS + bit) as u16)
    };
    words.into_iter().enumerate().flat_map(bits).collect()
}

/// Whether the mutant with this number is the one to run.
///
/// A mutant may loop without ever waiting for anything. It panics then, as a watchdog of a real process would end it.
pub(crate) fn active(number: u16) -> bool {
    REACHED.with(|words| {
        let word = &words[usize::from(number) / u64::BITS as usize];
        word.set(word.get() | 1 << (u32::from(number) % u64::BITS));
    });
    let made = MADE.get() + 1;
    MADE.set(made);
    if made >= MOST.get() {
        MADE.set(0);
        MOST.set(CHOICES_MAX_AGAIN);
        assert!(std::thread::panicking(), "the protocol loops without end");
    }
    ACTIVE.get() == number
}

/// `condition`, negated by this mutant.
pub(crate) fn flipped(number: u16, condition: bool) -> bool {
    active(number) != condition
}

/// A constant, half or twice as large by these mutants.
pub(crate) fn scaled<T: Scale>(half: u16, twice: u16, value: T) -> T {
    scale::scaled(half, twice, value, active)
}
