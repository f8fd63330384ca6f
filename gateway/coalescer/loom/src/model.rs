//! What threads do to a queue, and what must hold in every interleaving.
//!
//! - An accepted item is taken exactly once, or dropped by a leader that left early; never both, never neither.
//! - A key never has two writers at the same time.
//! - When all threads are done the table is empty: a leader that ends leaves no item behind.
//! - The number of waiting items stays within the limits, and a key with few items is not refused because of one with
//!   many.
//!
//! Bookkeeping is in `RefCell`s, which loom does not see, so that it adds no interleavings. (All threads of loom are
//! coroutines of one thread.) Loom's own `Cell` checks that two writers never overlap: it fails unless one access
//! happened before the other.
use crate::queue::{Coalescer, Full, Joined, Leadership, Limits};
use loom::{cell::Cell, sync::Arc, thread};
use std::{cell::RefCell, rc::Rc};

/// A queue to be explored: production's, or one with a flaw.
pub trait Queue: Sized + 'static {
    /// The right to take a key's items.
    type Lead: Lead;
    /// An empty queue.
    fn new(limits: Limits) -> Self;
    /// Adds an item; `Err` if it did not fit, `Some` if the caller leads now.
    fn join(queue: &Arc<Self>, key: &'static str, item: Item) -> Result<Option<Self::Lead>, Item>;
    /// Number of waiting items, and of keys with a leader.
    fn census(&self) -> (usize, usize);
}

/// A [`Leadership`], of the shipped queue or a flawed one.
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

/// The outcome of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct ItemOutcome {
    accepted: bool,
    taken: u8,
    dropped: bool,
}

/// An item of the queue, which must be taken or dropped.
#[derive(Debug)]
pub struct Item {
    number: usize,
    outcomes: Rc<RefCell<Vec<ItemOutcome>>>,
}

impl Drop for Item {
    fn drop(&mut self) {
        self.outcomes.borrow_mut()[self.number].dropped = true;
    }
}

/// The work of one thread.
#[derive(Debug, Clone, Copy)]
pub struct Worker {
    /// The key that the thread joins.
    pub key: &'static str,
    /// How many items the thread adds, one after the other.
    pub items: usize,
    /// After how many batches the thread, once it leads, drops its leadership.
    pub leaves_after: Option<usize>,
    /// Whether its items must be accepted.
    pub must_fit: bool,
}

impl Worker {
    /// Adds `items` to `key`, and if it leads the key, serves it to the end.
    pub const fn serving(key: &'static str, items: usize) -> Self {
        Self { key, items, leaves_after: None, must_fit: true }
    }
}

/// A model: what threads do, and how many items may wait meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Model {
    /// The queue's limits.
    pub limits: Limits,
    /// The workers, one for each thread.
    pub workers: &'static [Worker],
    /// Whether another thread looks, once, at how many items wait. This costs many interleavings.
    pub watched: bool,
}

/// The state that all threads share.
struct SharedState<Q> {
    queue: Arc<Q>,
    /// The cell that the writers of each key write.
    written: [(&'static str, Cell<u8>); 2],
    outcomes: Rc<RefCell<Vec<ItemOutcome>>>,
}

/// Runs the model once, in loom's current interleaving, and checks its properties.
///
/// # Panics
/// If one of the properties does not hold.
pub fn check<Q: Queue>(Model { limits, workers, watched }: Model) {
    let items = workers.iter().map(|worker| worker.items).sum();
    let outcomes = Rc::new(RefCell::new(vec![ItemOutcome::default(); items]));
    let written = [("a", Cell::new(0)), ("b", Cell::new(0))];
    let shared = Rc::new(SharedState { queue: Arc::new(Q::new(limits)), written, outcomes: outcomes.clone() });
    let mut first = 0;
    let spawn = |worker: &Worker| {
        let (shared, worker, number) = (shared.clone(), *worker, first);
        first += worker.items;
        thread::spawn(move || (number..number + worker.items).for_each(|number| work(&shared, worker, number)))
    };
    let threads: Vec<_> = workers.iter().map(spawn).collect();
    if watched {
        let (waiting, _) = shared.queue.census();
        assert!(waiting <= limits.total, "{waiting} items wait, {} may", limits.total);
    }
    threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
    assert_eq!(shared.queue.census(), (0, 0), "an item was left behind");
    drop(shared);
    let leaves = workers.iter().any(|worker| worker.leaves_after.is_some());
    for (number, outcome) in outcomes.borrow().iter().enumerate() {
        let complete = outcome.taken == 1 || (outcome.taken == 0 && (leaves || !outcome.accepted));
        assert!(complete && outcome.dropped, "item {number} ended as {outcome:?}");
    }
}

fn work<Q: Queue>(shared: &SharedState<Q>, worker: Worker, number: usize) {
    let item = Item { number, outcomes: shared.outcomes.clone() };
    match Q::join(&shared.queue, worker.key, item) {
        Ok(lead) => {
            shared.outcomes.borrow_mut()[number].accepted = true;
            if let Some(lead) = lead {
                serve(shared, worker, lead);
            }
        }
        Err(item) => assert!(!worker.must_fit, "item {} was refused", item.number),
    }
}

fn serve<Q: Queue>(shared: &SharedState<Q>, worker: Worker, mut lead: Q::Lead) {
    let mut batches = 0;
    while worker.leaves_after != Some(batches) {
        let Some(batch) = lead.take(2) else { return };
        batches += 1;
        assert!((1..=2).contains(&batch.len()), "a batch of {}", batch.len());
        // Fails if another leader of this key writes at the same time.
        let (_, written) = shared.written.iter().find(|(key, _)| *key == worker.key).expect("a known key");
        written.set(written.get() + 1);
        batch.iter().for_each(|item| shared.outcomes.borrow_mut()[item.number].taken += 1);
    }
}
