//! The table of keys being led and the items waiting behind each leader.
//!
//! A key is in the table exactly while somebody leads it. Items are dropped outside the lock: their destructors may wake
//! other tasks, which may come back here.
use crate::sync::{Arc, Mutex};
use std::collections::{BTreeMap, VecDeque};

/// How much may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Items waiting behind one key. Never more than what all together leave free.
    pub per_key: usize,
    /// Items waiting behind all keys together.
    pub total: usize,
}

impl Limits {
    /// How many items may wait behind one key while `waiting` wait behind all.
    ///
    /// A key may hold as much as is still free, so that n busy keys leave an n+1st of the room to others: none of them, nor all
    /// together, can fill it. (Switches share packet buffers so: Choudhury and Hahne's dynamic thresholds, with factor 1.)
    fn share(self, waiting: usize) -> usize {
        self.per_key.min(self.total.saturating_sub(waiting))
    }
}

/// Batches items per key behind one leader each.
#[derive(Debug)]
pub struct Coalescer<T> {
    limits: Limits,
    table: Mutex<Table<T>>,
}

#[derive(Debug)]
struct Table<T> {
    waiting: BTreeMap<String, VecDeque<T>>,
    total: usize,
}

/// What became of an item that was accepted.
#[derive(Debug)]
pub enum Joined<T> {
    /// Nobody led the key: the caller leads it now, and its item is the first to take.
    Lead(Leadership<T>),
    /// The item waits for the leader's next batch.
    Queued,
}

/// The item did not fit, and comes back.
#[derive(Debug, PartialEq, Eq)]
pub struct Full<T>(pub T);

/// The right and the duty to take a key's items until none is left.
///
/// Dropping it before [`Leadership::take`] answered `None` (a panic, an aborted task) drops the waiting items and frees the key.
#[derive(Debug)]
pub struct Leadership<T> {
    coalescer: Arc<Coalescer<T>>,
    key: String,
    leading: bool,
}

impl<T> Coalescer<T> {
    /// An empty table.
    pub fn new(limits: Limits) -> Self {
        Self { limits, table: Mutex::new(Table { waiting: BTreeMap::new(), total: 0 }) }
    }

    /// Adds `item` behind `key`.
    ///
    /// # Errors
    /// [`Full`] with the item when a limit is reached; nobody starts to lead then.
    pub fn join(coalescer: &Arc<Self>, key: &str, item: T) -> Result<Joined<T>, Full<T>> {
        let mut table = coalescer.table.lock();
        let share = coalescer.limits.share(table.total);
        if let Some(queue) = table.waiting.get_mut(key) {
            if queue.len() >= share {
                return Err(Full(item));
            }
            queue.push_back(item);
            table.total += 1;
            return Ok(Joined::Queued);
        }
        if share == 0 {
            return Err(Full(item));
        }
        table.waiting.insert(key.to_owned(), VecDeque::from([item]));
        table.total += 1;
        Ok(Joined::Lead(Leadership { coalescer: Arc::clone(coalescer), key: key.to_owned(), leading: true }))
    }

    /// Items waiting behind all keys.
    pub fn waiting(&self) -> usize {
        self.table.lock().total
    }

    /// Keys that are led.
    pub fn led(&self) -> usize {
        self.table.lock().waiting.len()
    }

    fn take(&self, key: &str, max: usize) -> Option<Vec<T>> {
        let mut table = self.table.lock();
        let queue = table.waiting.get_mut(key)?;
        if queue.is_empty() {
            table.waiting.remove(key);
            return None;
        }
        let batch: Vec<T> = queue.drain(..max.max(1).min(queue.len())).collect();
        table.total -= batch.len();
        Some(batch)
    }

    fn abandon(&self, key: &str) -> VecDeque<T> {
        let mut table = self.table.lock();
        let queue = table.waiting.remove(key).unwrap_or_default();
        table.total -= queue.len();
        queue
    }
}

impl<T> Leadership<T> {
    /// The key that is led.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The next items in the order they came, at least one and at most `max` (0 means 1); `None` when none waits, and from
    /// that moment the next to join leads.
    pub fn take(&mut self, max: usize) -> Option<Vec<T>> {
        if !self.leading {
            return None;
        }
        let batch = self.coalescer.take(&self.key, max);
        self.leading = batch.is_some();
        batch
    }
}

impl<T> Drop for Leadership<T> {
    fn drop(&mut self) {
        if self.leading {
            let abandoned = self.coalescer.abandon(&self.key);
            drop(abandoned);
        }
    }
}
