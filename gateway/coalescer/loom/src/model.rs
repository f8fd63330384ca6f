//! What threads do to a queue, and what must hold in every interleaving of it.
//!
//! - An item that was accepted is taken exactly once, or dropped by a leader that left early; never both, never neither.
//! - Two never write for one key at a time.
//! - When all threads are done the table is empty: nobody is left behind by a leader that ends.
//! - Never more items wait than the limits say, and a key with few is not refused because of one with many.
//!
//! Bookkeeping is in `RefCell`s, which loom does not see: it must not add interleavings. (All its threads are coroutines of one.)
//! That two writers never meet is asked of loom's own `Cell`, which fails unless one access happened before the other.
use crate::queue::{Coalescer, Full, Joined, Leadership, Limits};
use loom::{cell::Cell, sync::Arc, thread};
use std::{cell::RefCell, rc::Rc};

/// A queue to be explored: production's, or one with a flaw.
pub trait Queue: Sized + 'static {
    /// The right to take a key's items.
    type Lead: Lead;
    /// An empty one.
    fn new(limits: Limits) -> Self;
    /// Adds an item; `Err` when it did not fit, `Some` when the caller leads now.
    fn join(queue: &Arc<Self>, key: &'static str, item: Item) -> Result<Option<Self::Lead>, Item>;
    /// Items waiting, and keys that are led.
    fn census(&self) -> (usize, usize);
}

/// See [`Leadership`].
pub trait Lead {
    /// The next items; `None` ends the leadership.
    fn take(&mut self, max: usize) -> Option<Vec<Item>>;
}

impl Queue for Coalescer<Item> {
    type Lead = Leadership<Item>;

    fn new(limits: Limits) -> Self {
        Coalescer::new(limits)
    }

    fn join(queue: &Arc<Self>, key: &'static str, item: Item) -> Result<Option<Self::Lead>, Item> {
        match Coalescer::join(queue, key, item) {
            Ok(Joined::Lead(lead)) => Ok(Some(lead)),
            Ok(Joined::Queued) => Ok(None),
            Err(Full(item)) => Err(item),
        }
    }

    fn census(&self) -> (usize, usize) {
        (self.waiting(), self.led())
    }
}

impl Lead for Leadership<Item> {
    fn take(&mut self, max: usize) -> Option<Vec<Item>> {
        Leadership::take(self, max)
    }
}

/// What became of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Fate {
    accepted: bool,
    taken: u8,
    dropped: bool,
}

/// A signal, as the queue sees it: something that must be taken or dropped.
#[derive(Debug)]
pub struct Item {
    number: usize,
    fates: Rc<RefCell<Vec<Fate>>>,
}

impl Drop for Item {
    fn drop(&mut self) {
        self.fates.borrow_mut()[self.number].dropped = true;
    }
}

/// One thread's part.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// The key that it joins.
    pub key: &'static str,
    /// How many items it adds, one after the other.
    pub items: usize,
    /// Once it leads, it drops its leadership after this many batches.
    pub leaves_after: Option<usize>,
    /// Whether its items must be accepted.
    pub must_fit: bool,
}

impl Part {
    /// Adds `items` to `key` and serves whatever it leads to the end.
    pub const fn serving(key: &'static str, items: usize) -> Self {
        Self { key, items, leaves_after: None, must_fit: true }
    }
}

/// A search: what threads do, and how much may wait meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Play {
    /// The queue's limits.
    pub limits: Limits,
    /// One thread each.
    pub parts: &'static [Part],
    /// Another thread looks, once, at how much waits. It costs many interleavings.
    pub watched: bool,
}

/// What all threads share.
struct Stage<Q> {
    queue: Arc<Q>,
    /// What the writers of each key write.
    written: [(&'static str, Cell<u8>); 2],
    fates: Rc<RefCell<Vec<Fate>>>,
}

/// Plays it once, in the interleaving that loom is at.
///
/// # Panics
/// When one of the properties does not hold.
pub fn play<Q: Queue>(Play { limits, parts, watched }: Play) {
    let items = parts.iter().map(|part| part.items).sum();
    let fates = Rc::new(RefCell::new(vec![Fate::default(); items]));
    let written = [("a", Cell::new(0)), ("b", Cell::new(0))];
    let stage = Rc::new(Stage { queue: Arc::new(Q::new(limits)), written, fates: fates.clone() });
    let mut first = 0;
    let spawn = |part: &Part| {
        let (stage, part, number) = (stage.clone(), *part, first);
        first += part.items;
        thread::spawn(move || (number..number + part.items).for_each(|number| act(&stage, part, number)))
    };
    let threads: Vec<_> = parts.iter().map(spawn).collect();
    if watched {
        let (waiting, _) = stage.queue.census();
        assert!(waiting <= limits.total, "{waiting} items wait, {} may", limits.total);
    }
    threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
    assert_eq!(stage.queue.census(), (0, 0), "somebody was left behind");
    drop(stage);
    let leaves = parts.iter().any(|part| part.leaves_after.is_some());
    for (number, fate) in fates.borrow().iter().enumerate() {
        let settled = fate.taken == 1 || (fate.taken == 0 && (leaves || !fate.accepted));
        assert!(settled && fate.dropped, "item {number} ended as {fate:?}");
    }
}

fn act<Q: Queue>(stage: &Stage<Q>, part: Part, number: usize) {
    let item = Item { number, fates: stage.fates.clone() };
    match Q::join(&stage.queue, part.key, item) {
        Ok(lead) => {
            stage.fates.borrow_mut()[number].accepted = true;
            if let Some(lead) = lead {
                serve(stage, part, lead);
            }
        }
        Err(item) => assert!(!part.must_fit, "item {} was refused", item.number),
    }
}

fn serve<Q: Queue>(stage: &Stage<Q>, part: Part, mut lead: Q::Lead) {
    let mut batches = 0;
    while part.leaves_after != Some(batches) {
        let Some(batch) = lead.take(2) else { return };
        batches += 1;
        assert!((1..=2).contains(&batch.len()), "a batch of {}", batch.len());
        // Fails if another leader of this key did so neither before nor after.
        let (_, written) = stage.written.iter().find(|(key, _)| *key == part.key).expect("a known key");
        written.set(written.get() + 1);
        batch.iter().for_each(|item| stage.fates.borrow_mut()[item.number].taken += 1);
    }
}
